# SPDX-License-Identifier: GPL-2.0-only
# The page of make bench. scripts/bench sets: ratios, the table; about, a line.

set datafile separator "\t"
set datafile missing ""
set key top right samplen 2 font ",9"
set title font ",11"
set tics font ",9"
set style fill solid 0.8
set style data boxes
# lines of the table for which the awk condition holds
of(condition) = "< awk -F'\t' 'NR > 1 && !/^#/ && (" . condition . ")' " . ratios

cpu = '$6 == "instructions" && $5 == "ns" && $2 == "lo" && $3 == 4 && '
tests = "bulk-1 bulk-8 bulk-both-1 bulk-both-8 ping-pong-1 ping-pong-4k crr connect-close accept"
order = 'function at(t, i) { i = index(" ' . tests . ' ", " " t " "); return i }'

set multiplot layout 1,1 title about font ",13"
set yrange [0:*]
set grid y
set ylabel "speed, host's TCP = 1"
set title "instructions on lo, IPv4"
set xtics rotate by -25
plot of(cpu . '$4 == "xtcp"') using ($0 * 4):10:(0.9):xticlabels(1) title "XTCP, native wire", \
	of(cpu . '$4 == "xtcp-tcp"') using ($0 * 4 + 1):10:(0.9) title "XTCP, TCP wire", \
	1 with lines lc "black" notitle
unset multiplot
