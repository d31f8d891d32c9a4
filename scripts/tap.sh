# SPDX-License-Identifier: GPL-2.0-only
# TAP for the checks: each finding is a line; no line, no fault.
# shellcheck shell=bash

. "${BASH_SOURCE[0]%/*}/lib.sh"
cd "$XTCP_TOP" || exit 1

# verdict at the end of a pipe must count in this shell; and a grep in the
# middle that finds nothing is good news.
shopt -s lastpipe
set +o pipefail

tap_count=0
tap_failed=0

# verdict NAME: what stands on standard input speaks against it.
verdict() {
	local findings

	findings=$(cat)
	tap_count=$((tap_count + 1))
	if [ -z "$findings" ]; then
		echo "ok $tap_count $1"
		return
	fi
	tap_failed=1
	echo "not ok $tap_count $1"
	printf '%s\n' "$findings" | head -n 500 | sed 's/^/# /'
}

# skip NAME REASON
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count $1 # SKIP $2"
}

tap_end() {
	echo "1..$tap_count"
	exit $tap_failed
}

# files PATTERN...: the project's files, those not yet committed as well
# shellcheck disable=SC2120 # none: all of them
files() {
	local f

	git ls-files -co --exclude-standard -- "$@" | while read -r f; do
		[ ! -f "$f" ] || echo "$f"
	done
}
