# SPDX-License-Identifier: GPL-2.0-only
#
# `make help` lists what this file can do. Kbuild tells the kernel's build
# system what the module is made of.

# 6.1 or 6.12: Debian's kernels, in the guest; kasan or kcsan: the debug
# kernels. Empty: the running kernel.
SHELL := /bin/bash
KERNEL ?=
# Some of the tests: TESTS="socket/opening packet/abort"
TESTS ?=
# 1: socket() may load the installed module by itself
AUTOLOAD ?=

KRELEASE ?= $(if $(KERNEL),$(shell . scripts/lib.sh; installed_kernel $(KERNEL)),$(shell uname -r))
KDIR ?= $(shell . scripts/lib.sh; kernel_build $(KRELEASE))
# Each kernel has its own folder: a copy made of links, so that one checkout
# serves several kernels at once and stays clean.
O := $(CURDIR)/build/$(KRELEASE)
W ?= 1
C ?= 0
# 0: each file for itself, which is built again sooner and runs slower.
WHOLE ?= 1

export KERNEL WHOLE

all: module tools

help:
	@echo 'make              build xtcp.ko for the running kernel'
	@echo '                  (KERNEL=6.1 or 6.12: for that Debian kernel;'
	@echo '                  WHOLE=0: file by file, sooner built again but slower)'
	@echo 'make demo         watch a connection live, in a guest'
	@echo 'make check        build and run all tests, in a guest'
	@echo '                  TESTS="socket/opening packet/abort": only some'
	@echo 'make replay       let the machine in user space take a guest'"'"'s steps again'
	@echo 'make check-debug  the same, failing allocations and a soak, in a kernel'
	@echo '                  that watches memory and locks (built at first: long)'
	@echo 'make check-kcsan  the same in one that finds data races'
	@echo 'make fuzz         fuzz the pure floors, FUZZ_SECONDS=600 each;'
	@echo '                  ENGINE=afl: with AFL++ instead of libFuzzer'
	@echo 'make tools        build xtcp-ss, and xtcp-run, which runs programs on XTCP'
	@echo 'make interop      many programs on XTCP, each against each: a table'
	@echo 'make install      module, headers, xtcp-ss, xtcp-run, manual pages'
	@echo '                  (AUTOLOAD=1: socket() may load the module)'
	@echo 'make uninstall    remove them'
	@echo 'make deps         install the Debian packages that are missing'
	@echo 'make selftests    build the tests'
	@echo 'make docs         bring the generated parts of Documentation/ up to date'
	@echo 'make ladders      run each scenario and put its ladder into them'
	@echo 'make simulate     many connections over a bottleneck: tables and plots'
	@echo '                  (SCENARIO="cut churn"; scripts/simulate --help)'
	@echo 'make bench        measure XTCP beside the host'"'"'s TCP: tables and a page'
	@echo '                  (BENCH="bulk exchanges"; scripts/bench --help)'
	@echo 'make bench-scale  the same with many connections, and on many paths: long'
	@echo 'make profile      where the instructions of a test go, by function'
	@echo '                  (BENCH="crr bulk-1"; scripts/profile --help)'
	@echo 'make mutants      break module/ in small ways: do the tests notice?'
	@echo '                  (MUTANTS=20 or all; FILE=module/machine/flow.c)'
	@echo 'make explore      every short story of two ends and a network, deeper than'
	@echo '                  make check goes (SCENARIO=NAME, WORLDS=N)'
	@echo 'make clean        remove what was built'
	@echo
	@echo 'scripts/vm COMMAND          run a command in a guest'
	@echo 'scripts/selftest TEST...    run tests in a guest'
	@echo 'scripts/xtcp-lab NAME       run a row of the life cycle and show it'

module: $(O)/xtcp.ko
	@cp -u $(O)/xtcp.ko xtcp.ko

$(O)/xtcp.ko: farm
	@[ -e $(KDIR)/Makefile ] || { \
		echo "no headers of kernel $(KRELEASE) at $(KDIR):" \
		     "KERNEL=6.1 builds for Debian's 6.1 (make deps first)"; \
		exit 1; }
	+@flock $(O).lock $(MAKE) -s -C $(KDIR) M=$(O) W=$(W) C=$(C) modules

# What operators use.
tools:
	+@$(MAKE) -s -C tools/xtcp-ss OUT=$(CURDIR)/build/tools
	+@$(MAKE) -s -C tools/xtcp-run OUT=$(CURDIR)/build/tools

farm:
	@mkdir -p $(O)
	@find $(O) -xtype l -delete
	@cp -asn $(CURDIR)/module $(CURDIR)/Kbuild $(O)/

deps:
	@scripts/deps $(KERNEL)

selftests:
	+$(MAKE) -C selftests

# INTEROP="sessions web:asyncio": only those
interop:
	@scripts/interop $(INTEROP)

check:
	@scripts/check $(TESTS)

# Goes on from where the last one was; what it found is in build/selftests/fuzz.
fuzz:
	+@$(MAKE) -s --no-print-directory -C selftests/fuzz ENGINE=$(or $(ENGINE),libfuzzer) \
		FUZZ_SECONDS=$(or $(FUZZ_SECONDS),600) run

replay:
	@scripts/replay $(TESTS)

# KASAN, lockdep, kmemleak; KCSAN: built at the first time, which takes long.
check-debug:
	@scripts/debug-check kasan $(TESTS)

check-kcsan:
	@scripts/debug-check kcsan $(TESTS)

demo:
	@scripts/demo

# Some of the scenarios: SCENARIO="cut churn"
simulate:
	@scripts/simulate $(SCENARIO)

# Some parts of it: BENCH="bulk exchanges"
bench:
	@scripts/bench $(BENCH)

bench-scale:
	@scripts/bench --scale $(BENCH)

# Some tests: BENCH="crr bulk-1"
profile:
	@scripts/profile $(BENCH)

# Those parts of Documentation/ that are made from the source.
docs:
	@scripts/gen-docs
	+@$(MAKE) -s -C selftests/machine OUT=$(CURDIR)/build/selftests/machine docs

# selftests/machine: user space, no guest. Takes half an hour.
explore:
	+@$(MAKE) --no-print-directory -C selftests/machine \
		OUT=$(CURDIR)/build/selftests/machine explore

# Those parts that come from real runs: takes a while.
ladders:
	@scripts/xtcp-lab --ladders
	+@$(MAKE) --no-print-directory docs

# How many, or all of one file.
MUTANTS ?= 250
FILE ?=

mutants:
	@scripts/mutants $(MUTANTS) $(if $(FILE),--file $(FILE))

MODDIR := $(DESTDIR)/lib/modules/$(KRELEASE)/updates
HEADERS := $(DESTDIR)/usr/include/linux
SBIN := $(DESTDIR)/usr/sbin
SHARE := $(DESTDIR)/usr/share/xtcp
MAN := $(DESTDIR)/usr/share/man
ALIAS := $(DESTDIR)/etc/modprobe.d/xtcp.conf

install: module tools
	install -D -m 644 $(O)/xtcp.ko $(MODDIR)/xtcp.ko
	strip --strip-debug $(MODDIR)/xtcp.ko
	install -D -m 644 -t $(HEADERS) $(wildcard module/uapi/linux/*.h)
	install -D -m 755 -t $(SBIN) build/tools/xtcp-ss
	install -D -m 644 -t $(SHARE) tools/wireshark/xtcp.lua
	install -D -m 644 -t $(MAN)/man7 Documentation/xtcp.7
	install -D -m 644 -t $(MAN)/man8 Documentation/xtcp-ss.8
	@if [ "$(AUTOLOAD)" = 1 ]; then \
		mkdir -p $(dir $(ALIAS)); \
		scripts/family-alias >$(ALIAS); \
		echo "socket() will load xtcp: $(ALIAS)"; \
	else \
		rm -f $(ALIAS); \
	fi
	+@$(MAKE) -s -C tools/xtcp-run OUT=$(CURDIR)/build/tools install
	depmod $(if $(DESTDIR),-b $(DESTDIR)) $(KRELEASE)

uninstall:
	rm -f $(MODDIR)/xtcp.ko $(ALIAS) $(SBIN)/xtcp-ss \
		$(addprefix $(HEADERS)/,$(notdir $(wildcard module/uapi/linux/*.h))) \
		$(SHARE)/xtcp.lua $(MAN)/man7/xtcp.7 $(MAN)/man8/xtcp-ss.8
	+@$(MAKE) -s -C tools/xtcp-run uninstall
	depmod $(if $(DESTDIR),-b $(DESTDIR)) $(KRELEASE)

clean:
	rm -rf build xtcp.ko

.PHONY: all help module tools interop farm deps selftests check fuzz replay demo docs explore ladders mutants simulate bench bench-scale profile install uninstall clean
