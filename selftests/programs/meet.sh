# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# meet.sh PORT HOST OTHER: nc from PORT to OTHER, again until it gets through.

port=$1 host=$2 other=$3
for ((i = 0; i < 3000; i++)); do
	if text=$(echo "from $port" | nc -N -p "$port" "$host" "$other" 2>&1) &&
	   [ -n "$text" ]; then
		echo "$text"
		exit 0
	fi
done
echo "nobody came"
exit 1
