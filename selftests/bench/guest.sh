#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh PART [ARGUMENT]...: what scripts/bench runs in a guest. Beside it lie the program,
# bench, and xtcp.ko. Prints bench's lines.

set -eu
here=$(dirname "$0")
bench=$here/bench
# Longer than TIME_WAIT: each run meets empty tables. An idle guest's clock jumps.
settle=65000
exchanges=(ping-pong-1 ping-pong-4k crr connect-close accept)
bulk=(bulk-1 bulk-8 bulk-both-1 bulk-both-8)

# equal_terms [PREFIX]...: on loopback stacks may else take over TIME_WAIT
# entries, the host's TCP would remember a path's window, and as small as this
# guest is allow few entries.
equal_terms() {
	local name

	"$@" sysctl -qw net.ipv4.tcp_no_metrics_save=1
	for name in tw_reuse=0 max_tw_buckets=2000000 max_syn_backlog=1024; do
		"$@" sysctl -qw net.ipv4.tcp_$name net.xtcp.$name
	done
}

# Two hosts, server and client, and a link between them.
two_hosts() {
	local host

	ip link add v-server address 02:00:00:00:00:01 type veth \
		peer name v-client address 02:00:00:00:00:02
	for host in server client; do
		ip netns add $host
		ip link set v-$host netns $host
		ip -n $host link set lo up
		ip -n $host link set v-$host up
	done
	ip -n server addr add 10.0.0.1/24 dev v-server
	ip -n client addr add 10.0.0.2/24 dev v-client
	ip -n server addr add fd00::1/64 dev v-server nodad
	ip -n client addr add fd00::2/64 dev v-client nodad
	for host in server client; do
		equal_terms ip netns exec $host
	done
	ip netns exec client ping -qc 1 10.0.0.1 >/dev/null
	ip netns exec client ping -qc 1 fd00::1 >/dev/null
}

# between LINK OPTION|TEST...: from one host to the other
between() {
	"$bench" --link "$1" --server-ns /run/netns/server \
		--client-ns /run/netns/client --settle-ms $settle "${@:2}"
}

on_lo() {
	"$bench" --link lo --settle-ms $settle "$@"
	"$bench" --link lo --settle-ms $settle --ipv6 "$@"
}

on_veth() {
	between veth --rounds 2 --address 10.0.0.1 "$@"
	between veth --rounds 2 --address fd00::1 --ipv6 "$@"
}

part_exchanges() {
	on_lo "${exchanges[@]}"
	two_hosts
	on_veth "${exchanges[@]}"
}

part_bulk() {
	settle=100	# TIME_WAIT does not matter here
	on_lo "${bulk[@]}"
	two_hosts
	on_veth "${bulk[@]}"
	ip link set lo mtu 1500
	"$bench" --link lo-1500 --rounds 2 "${bulk[@]}"
	"$bench" --link lo-1500 --rounds 2 --ipv6 "${bulk[@]}"
}

three=(--families "xtcp,tcp,xtcp-tcp")

# turnover PORTS ROUNDS: until so many are used up, and after
turnover() {
	local reuse

	sysctl -qw net.ipv4.ip_local_port_range="20000 $((19999 + $1))"
	for reuse in 0 1; do
		sysctl -qw net.ipv4.tcp_tw_reuse=$reuse net.xtcp.tw_reuse=$reuse
		"$bench" "${three[@]}" --link lo --rounds "$2" \
			--settle-ms $settle turnover-client=$(($1 + 1)):$reuse \
			turnover-server=$(($1 + 1)):$reuse
	done
}

part_turnover() {
	turnover 4000 1
}

# Answers to hosts that are not there go to the client, which drops them.
nobody() {
	ip -n server route add 10.1.0.0/16 via 10.0.0.2
	ip -n server route add fd01::/16 via fd00::2
}

part_memory() {
	local ip

	two_hosts
	nobody
	for ip in "" --ipv6; do
		# shellcheck disable=SC2086 # none, if it is empty
		"$bench" --link lo --rounds 1 --settle-ms $settle $ip idle
		# shellcheck disable=SC2086
		"$bench" "${three[@]}" --link lo --rounds 1 \
			--settle-ms $settle $ip time-wait
	done
	ip netns exec server sysctl -qw net.ipv4.tcp_max_syn_backlog=100000 \
		net.xtcp.max_syn_backlog=100000 net.core.somaxconn=100000
	between veth --address 10.0.0.1 --rounds 1 "${three[@]}" half-open
	between veth --address fd00::1 --ipv6 --rounds 1 "${three[@]}" half-open
}

# beside COUNT...: the same exchange beside so many idle connections
beside() {
	local count

	for count; do
		"$bench" "${three[@]}" --link lo --rounds 1 --settle-ms $settle \
			"ping-pong-beside:$count" "crr-beside:$count"
	done
}

part_idle() {
	beside 0 1000 10000
}

part_idle_scale() {
	beside 0 100000 500000
}

# A million connections take longer than a minute, which the host's TIME_WAIT
# lasts: so fewer there, and longer here.
part_time_wait_scale() {
	"$bench" --families tcp --link lo --rounds 1 time-wait=300000
	sysctl -qw net.xtcp.msl_ms=300000
	"$bench" --families xtcp,xtcp-tcp --link lo --rounds 1 \
		--settle-ms 650000 time-wait=1000000
}

part_turnover_scale() {
	turnover 28000 1
}

part_flood() {
	local times

	two_hosts
	nobody
	for times in 0 1 10 100; do
		between veth --address 10.0.0.1 --rounds 1 "${three[@]}" \
			"syn-flood:$times"
	done
}

# A road between the two, whose router makes packets wait, get lost, overtake.
road_built=
build_road() {
	local host

	[ -z "$road_built" ] || return 0
	road_built=1
	modprobe sch_netem
	modprobe sch_tbf
	for host in server client; do
		ip netns add $host
	done
	ip netns add router
	ip link add v-client netns client type veth peer name r-client netns router
	ip link add v-server netns server type veth peer name r-server netns router
	ip netns exec router sysctl -qw net.ipv4.ip_forward=1
	ip -n router addr add 10.0.1.1/24 dev r-client
	ip -n router addr add 10.0.2.1/24 dev r-server
	ip -n client addr add 10.0.1.2/24 dev v-client
	ip -n server addr add 10.0.2.2/24 dev v-server
	# What the road does it does to single segments.
	for host in client server; do
		ip netns exec $host ethtool -K v-$host tso off gso off gro off
		ip netns exec router ethtool -K r-$host tso off gso off gro off
		ip -n $host link set lo up
		ip -n $host link set v-$host up
		ip -n router link set r-$host up
		equal_terms ip netns exec $host
	done
	ip -n client route add default via 10.0.1.1
	ip -n server route add default via 10.0.2.1
	ip netns exec client ping -qc 1 10.0.2.2 >/dev/null
}

# road MBIT RTT_MS LOSS_PERCENT REORDERED_PERCENT: a queue of one round trip
road() {
	local half queue

	half=$(awk "BEGIN { print $2 / 2 }")
	queue=$((125 * $1 * $2 > 30000 ? 125 * $1 * $2 : 30000))
	ip netns exec router tc qdisc replace dev r-client root netem \
		limit 100000 delay "${half}ms"
	ip netns exec router tc qdisc replace dev r-server root handle 1: \
		netem limit 100000 delay "${half}ms" loss "$3%" \
		${4:+reorder "$4%"}
	ip netns exec router tc qdisc replace dev r-server parent 1:1 \
		handle 2: tbf rate "$1mbit" burst 3100 limit $queue
}

# Packets may be long here, and of many segments one ACK tells.
part_fetch() {
	local host

	two_hosts
	modprobe sch_netem
	for host in server client; do
		ip netns exec $host tc qdisc replace dev v-$host root netem \
			limit 10000 delay 10ms rate 100mbit
	done
	between 20ms --address 10.0.0.1 --rounds 2 "${three[@]}" \
		fetch:10000 fetch:100000 fetch:1000000 fetch:10000000
}

# path ROUNDS RTT_MS LOSS_PERCENT [REORDERED_PERCENT]
path() {
	local link=$2ms-$3%${4:+-reordered}

	build_road
	road 10 "$2" "$3" "${4:-}"
	between "$link" --address 10.0.2.2 --settle-ms 1000 --rounds "$1" \
		"${three[@]}" goodput
	between "$link" --address 10.0.2.2 --settle-ms 1000 --rounds "$1" \
		--families xtcp,xtcp-tcp sharing
}

part_paths() {
	path 2 1 0
	path 2 20 0
	path 2 20 1
	path 2 20 0.1 1
	path 2 100 0.1
	path 2 100 3
}

part_paths_scale() {
	local rtt loss reordered

	for rtt in 1 20 100; do
		for loss in 0 0.1 1 3; do
			for reordered in "" 1; do
				path 10 $rtt $loss $reordered
			done
		done
	done
}

# By the clock on the wall, for what one CPU's instructions do not tell.
part_wall() {
	"$bench" --link lo --rounds 3 ping-pong-1=300 crr=100 \
		connect-close=100 bulk-1=256 bulk-8=256
	# SCTP of 6.1 shares no port among one-to-one sockets; AF_UNIX has none.
	"$bench" "${three[@]}" --link lo --rounds 3 acceptors:1 acceptors:2
}

# part_profile FAMILIES TEST lo|lo6|veth|veth6: the measured part is marked for
# scripts/profile
part_profile() {
	local -a how=(--rounds 1 --marks --families "$1" "$2")

	case $3 in
	lo)	"$bench" "${how[@]}" ;;
	lo6)	"$bench" --ipv6 "${how[@]}" ;;
	veth)	two_hosts
		between veth --address 10.0.0.1 "${how[@]}" ;;
	veth6)	two_hosts
		between veth --address fd00::1 --ipv6 "${how[@]}" ;;
	*)	echo "no such link: $3" >&2
		return 1 ;;
	esac
	cat /proc/kallsyms >/run/out/kallsyms
	cat /sys/module/xtcp/sections/.text >/run/out/text
}

insmod "$here/xtcp.ko"
modprobe -q sctp || echo "# note: this kernel has no SCTP"
ip link set lo up
equal_terms
"part_${1//-/_}" "${@:2}"
