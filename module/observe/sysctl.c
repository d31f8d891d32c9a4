// SPDX-License-Identifier: GPL-2.0-only
/*
 * net.xtcp.*, from settings.def.
 */
#include <linux/slab.h>

#include "compat.h"
#include "observe/internal.h"

/* Least and most of each setting, by the same names. */
#define XTCP_SETTING(name, def, min, max, unit, text) \
	static int name##_least = (min); static int name##_most = (max);
#include "socket/settings.def"
#undef XTCP_SETTING

/* Writing anything but 0 resets what no process holds; reads as 0. */
static int abort_orphans(XTCP_CTL_CONST struct ctl_table *table, int write,
			 void *buffer, size_t *len, loff_t *pos)
{
	int val = 0;
	struct ctl_table mine = { .data = &val, .maxlen = sizeof(val) };
	int err = proc_dointvec(&mine, write, buffer, len, pos);

	if (!err && write && val)
		xtcp_abort_orphans(table->extra1);
	return err;
}

/* As the kernel's own; then sockets are told that a setting has changed. */
static int write_setting(XTCP_CTL_CONST struct ctl_table *table, int write,
			 void *buffer, size_t *len, loff_t *pos)
{
	int err = proc_dointvec_minmax(table, write, buffer, len, pos);

	if (!err && write)
		/* What was written comes first: policy.c asks in that order. */
		smp_store_release(&xtcp_generation, xtcp_generation + 1);
	return err;
}

/* It takes memory. Without it all stays as it was. */
static int ended_kept(XTCP_CTL_CONST struct ctl_table *table, int write,
		      void *buffer, size_t *len, loff_t *pos)
{
	struct xtcp_net *xn = container_of(table->data, struct xtcp_net,
					   settings.ended_kept);
	int kept = READ_ONCE(xn->settings.ended_kept);
	struct ctl_table mine = {
		.data = &kept,
		.maxlen = sizeof(kept),
		.extra1 = table->extra1,
		.extra2 = table->extra2,
	};
	int err = proc_dointvec_minmax(&mine, write, buffer, len, pos);

	return err || !write ? err : xtcp_ended_resize(xn, kept);
}

/* By name; what is open keeps what it has. */
static int congestion_control(XTCP_CTL_CONST struct ctl_table *table,
			      int write, void *buffer, size_t *len, loff_t *pos)
{
	struct xtcp_settings *s = table->extra1;
	char name[XTCP_CC_NAME_MAX];
	struct ctl_table mine = { .data = name, .maxlen = sizeof(name) };
	const struct xtcp_cc_ops *cc = READ_ONCE(s->cc);
	int err;

	strscpy(name, cc->name, sizeof(name));
	err = proc_dostring(&mine, write, buffer, len, pos);
	if (err || !write)
		return err;
	cc = xtcp_cc_find(name);
	if (!cc)
		return -ENOENT;
	WRITE_ONCE(s->cc, cc);
	/* Likewise */
	smp_store_release(&xtcp_generation, xtcp_generation + 1);
	return 0;
}

static const struct ctl_table template[] = {
#define XTCP_SETTING(name, def, min, max, unit, text) { \
	.procname = #name, \
	.data = (void *)offsetof(struct xtcp_settings, name), \
	.maxlen = sizeof(int), \
	.mode = 0644, \
	.proc_handler = write_setting, \
	.extra1 = &name##_least, \
	.extra2 = &name##_most, \
},
#include "socket/settings.def"
#undef XTCP_SETTING
	{
		.procname = "rmem",
		.data = (void *)offsetof(struct xtcp_settings, rmem),
		.maxlen = 3 * sizeof(int),
		.mode = 0644,
		.proc_handler = proc_dointvec_minmax,
		.extra1 = SYSCTL_ONE,
	},
	{
		.procname = "wmem",
		.data = (void *)offsetof(struct xtcp_settings, wmem),
		.maxlen = 3 * sizeof(int),
		.mode = 0644,
		.proc_handler = proc_dointvec_minmax,
		.extra1 = SYSCTL_ONE,
	},
	{
		.procname = "notsent_lowat",
		.data = (void *)offsetof(struct xtcp_settings, notsent_lowat),
		.maxlen = sizeof(unsigned int),
		.mode = 0644,
		.proc_handler = proc_douintvec,
	},
};

/* Behind the settings: two of their own, and the empty one that ends it. */
#define SETTINGS	ARRAY_SIZE(template)

int xtcp_sysctl_init(struct xtcp_net *xn, struct xtcp_observe *ob)
{
	struct ctl_table *t;
	int i;

	t = kcalloc(SETTINGS + 3, sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	for (i = 0; i < SETTINGS; i++) {
		t[i] = template[i];
		t[i].data = (char *)&xn->settings + (size_t)t[i].data;
		if (t[i].data == &xn->settings.ended_kept)
			t[i].proc_handler = ended_kept;
	}
	t[i].procname = "abort_orphans";
	t[i].mode = 0644;
	t[i].proc_handler = abort_orphans;
	t[i++].extra1 = xn;
	t[i].procname = "congestion_control";
	t[i].mode = 0644;
	t[i].proc_handler = congestion_control;
	t[i++].extra1 = &xn->settings;
	ob->sysctls = xtcp_register_sysctl(xn->net, "net/xtcp", t, i);
	if (!ob->sysctls) {
		kfree(t);
		return -ENOMEM;
	}
	ob->table = t;
	return 0;
}

void xtcp_sysctl_exit(struct xtcp_observe *ob)
{
	unregister_net_sysctl_table(ob->sysctls);
	kfree(ob->table);
}
