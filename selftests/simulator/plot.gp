# SPDX-License-Identifier: GPL-2.0-only
# Plots a run, or a sweep. scripts/simulate sets: folder, name; sweep, the key that
# it is over, or ""; flows, those traced; finite, sections whose flows just end.

set datafile separator "\t"
set datafile missing NaN
set key top right opaque samplen 2 font ",9"
set title font ",11"
set tics font ",9"
set rmargin 3
# of the summary the lines of all flows
sweeps = "< grep -v ^# '" . folder . "/summary.tsv' | awk 'NR == 1 || $2 == \"all\"'"
series = folder . "/series.tsv"
trace = folder . "/trace.tsv"
per_flow = folder . "/flows.tsv"

set multiplot layout 2,2 title name font ",13"
if (sweep ne "") {
	set xlabel sweep font ",10"
	set offsets 0.3, 0.3, 0, 0
	set yrange [0:0.01<*]
	set style data linespoints

	set title "goodput, Mbit/s"
	plot sweeps using 0:(column("goodput_bps") / 1e6):xticlabels(stringcolumn("value")) pt 7 notitle
	set title "segments sent again, %"
	plot sweeps using 0:(column("retransmits_pct")):xticlabels(stringcolumn("value")) pt 7 lc 2 notitle
	set title "wait in the queue, ms"
	set key top left
	plot sweeps using 0:(column("wait_p95_ms")):xticlabels(stringcolumn("value")) pt 7 lc 3 title "95 of 100 below", \
		sweeps using 0:(column("wait_mean_ms")) pt 6 lc 4 title "mean"
	set title "time-outs"
	plot sweeps using 0:(column("timeouts")):xticlabels(stringcolumn("value")) pt 7 lc 7 notitle
} else {
	set xlabel "s" offset 0,0.5 font ",10"
	set yrange [0:0.01<*]
	set title "congestion window, kB"
	if (words(flows) > 0) {
		plot for [f in flows] trace using (column("t_s")):(strcol("flow") eq f ? column("cwnd") / 1e3 : NaN) with lines title f noenhanced
	} else {
		set multiplot next
	}
	set title "queue, kB"
	plot series using (column("t_s")):(column("queue_bytes") / 1e3) with lines lc 3 title "to the server", \
		series using (column("t_s")):(column("back_queue_bytes") / 1e3) with lines lc 4 title "to the users"
	set title "goodput of all flows, Mbit/s"
	plot series using (column("t_s")):(column("goodput_bps") / 1e6) with lines lc 2 notitle
	if (words(finite) > 0) {
		set title "share of the connections that were done within"
		set key bottom right
		set yrange [0:1]
		plot for [g in finite] per_flow using (strcol("outcome") eq "done" && strcol("group") eq g ? column("done_s") - column("begin_s") : NaN):(1) smooth cnorm with steps title g noenhanced
	} else {
		set title "round-trip time, ms"
		plot for [f in flows] trace using (column("t_s")):(strcol("flow") eq f ? column("srtt_ms") : NaN) with lines title f noenhanced
	}
}
unset multiplot
