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

# equal_terms [PREFIX]...: loopback's stacks may else take over TIME_WAIT entries,
# and the host's TCP would remember a path's window.
equal_terms() {
	"${@}" sysctl -qw net.ipv4.tcp_tw_reuse=0 \
		net.xtcp.tw_reuse=0 net.ipv4.tcp_no_metrics_save=1
}

# Two hosts, server and client, and a link between them.
two_hosts() {
	local host

	ip link add v-server type veth peer name v-client
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
	between veth --address 10.0.0.1 "$@"
	between veth --address fd00::1 --ipv6 "$@"
}

part_exchanges() {
	on_lo "${exchanges[@]}"
	two_hosts
	on_veth "${exchanges[@]}"
}

part_bulk() {
	on_lo "${bulk[@]}"
	two_hosts
	on_veth "${bulk[@]}"
	ip link set lo mtu 1500
	"$bench" --link lo-1500 --settle-ms $settle "${bulk[@]}"
	"$bench" --link lo-1500 --settle-ms $settle --ipv6 "${bulk[@]}"
}

# By the clock on the wall, for what one CPU's instructions do not tell.
part_wall() {
	"$bench" --link lo --rounds 5 ping-pong-1=1000 \
		crr=300 connect-close=300 bulk-1=1024 bulk-8=1024
}

# part_profile FAMILIES TEST: the measured part is marked for scripts/profile
part_profile() {
	"$bench" --rounds 1 --marks --families "$1" "$2"
	cat /proc/kallsyms >/run/out/kallsyms
	cat /sys/module/xtcp/sections/.text >/run/out/text
}

insmod "$here/xtcp.ko"
modprobe -q sctp || echo "# note: this kernel has no SCTP"
ip link set lo up
equal_terms
"part_$1" "${@:2}"
