/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XTCP_OBSERVE_INTERNAL_H
#define XTCP_OBSERVE_INTERNAL_H

#include "observe/observe.h"
#include "socket/sock.h"

/* What one of the two tables in /proc shows. */
struct xtcp_proc {
	struct xtcp_net *xn;
	u8 family;
};

/* What a namespace has to be looked at with. */
struct xtcp_observe {
	struct ctl_table_header *sysctls;
	struct ctl_table *table;
	struct xtcp_proc v4;
	struct xtcp_proc v6;
};

int xtcp_sysctl_init(struct xtcp_net *xn, struct xtcp_observe *ob);
void xtcp_sysctl_exit(struct xtcp_observe *ob);
int xtcp_proc_init(struct xtcp_net *xn, struct xtcp_observe *ob);
void xtcp_proc_exit(struct xtcp_net *xn);

#endif
