# SPDX-License-Identifier: GPL-2.0-only
#
# $(call xtcp-layout,MODULE): a number that changes with the layout and the
# meaning of what a step takes and gives. Who wrote steps down and who reads
# them must agree on it.

xtcp-layout-files := record.h segment.h machine.h states.def events.def \
	reasons.def
xtcp-layout = $(shell cat $(xtcp-layout-files:%=$(1)/machine/%) | \
	cksum | cut -d' ' -f1)u
