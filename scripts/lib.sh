# SPDX-License-Identifier: GPL-2.0-only
# What the scripts here share; sourced by bash, never run.
# shellcheck shell=bash

# shellcheck disable=SC2034 # for those who source this
XTCP_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Things that take long to make (unpacked sources, initramfs images, results
# of probes) outlive a checkout, so they lie outside it.
if [ -z "${XTCP_CACHE:-}" ]; then
	if [ -n "${XDG_CACHE_HOME:-}" ]; then
		XTCP_CACHE=$XDG_CACHE_HOME/xtcp
	elif [ "$(id -u)" = 0 ]; then
		XTCP_CACHE=/var/cache/xtcp
	else
		XTCP_CACHE=$HOME/.cache/xtcp
	fi
fi
export XTCP_CACHE

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }

# Where scripts/debug-kernel keeps what it built: debug_kernel RELEASE
debug_kernel() { echo "$XTCP_CACHE/kernels/$1"; }

# kernel_image RELEASE, kernel_build RELEASE: what to boot, what to build with
kernel_image() {
	local d
	d=$(debug_kernel "$1")
	if [ -e "$d/vmlinuz" ]; then echo "$d/vmlinuz"
	else echo "/boot/vmlinuz-$1"; fi
}

kernel_build() {
	local d
	d=$(debug_kernel "$1")
	if [ -e "$d/vmlinuz" ]; then echo "$d"
	else echo "/lib/modules/$1/build"; fi
}

# installed_kernel 6.1|6.12|kasan|kcsan|RELEASE: prints the newest installed
# release that has an image to boot, modules and headers to build with.
installed_kernel() {
	local d r found=
	case $1 in
	kasan|kcsan) set -- "$("$XTCP_TOP/scripts/debug-kernel" --name "$1")" ;;
	esac
	if [ -e "$(debug_kernel "$1")/vmlinuz" ]; then
		echo "$1"
		return
	fi
	for d in $(printf '%s\n' "/lib/modules/$1".*-cloud-amd64 \
			"/lib/modules/$1" | sort -V); do
		r=${d##*/}
		if [ -e "/boot/vmlinuz-$r" ] && [ -e "$d/kernel" ] &&
		   [ -e "$d/build/Makefile" ]; then
			found=$r
		fi
	done
	[ -n "$found" ] && echo "$found"
}

# need_kernel VERSION: the same, or a message that says what to do.
need_kernel() {
	case $1 in
	kasan|kcsan) "$XTCP_TOP/scripts/debug-kernel" "$1"; return ;;
	esac
	installed_kernel "$1" ||
		die "no kernel $1 with its headers is installed; run" \
		    "scripts/deps $1"
}
