# SPDX-License-Identifier: GPL-2.0-only
# The page of make bench. scripts/bench sets folder: a table for each panel, a row
# for each group of bars, a column for each family; panels.gp, what else is known.

load folder . "/panels.gp"
set datafile separator "\t"
set datafile missing NaN
set key outside top right horizontal samplen 1 font ",9" noenhanced
set tmargin 4
set tics font ",8"
set xtics rotate by -20 noenhanced
set style data histograms
set style histogram clustered gap 1.5
set style fill solid 0.85 noborder
set grid y
set rmargin 6
colour(i) = word("#1b6ca8 #63b7e6 #d9822b #8a8a8a #bdbdbd", i)

set multiplot layout (count + 1) / 2, 2 title about font ",13" noenhanced
do for [i = 1:count] {
	table = sprintf("%s/%d.tsv", folder, i)
	colours = value(sprintf("colours_%d", i))
	level = value(sprintf("line_%d", i))
	set label 1 value(sprintf("title_%d", i)) at graph 0, graph 1.06 font ",11" noenhanced
	unset logscale y
	set yrange [0:*]
	if (value(sprintf("log_%d", i))) {
		set yrange [*:*]
		set logscale y
	}
	plot for [c = 2:words(colours) + 1] table using c:xticlabels(1) lc rgb colour(int(word(colours, c - 1))) title columnheader(c), \
		level > 0 ? level : NaN with lines lc "black" notitle
}
unset multiplot
