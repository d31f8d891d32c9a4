// SPDX-License-Identifier: GPL-2.0-only
/*
 * XTCP: TCP's life cycle as a loadable module. Init and exit, floor by floor.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/net.h>

#include "compat.h"
#include "observe/observe.h"
#include "socket/sock.h"

static int family = AF_XTCP;
module_param(family, int, 0444);
MODULE_PARM_DESC(family, "protocol family number, one that no other module uses");

static struct net_proto_family xtcp_family __ro_after_init = {
	.create	= xtcp_create,
	.owner	= THIS_MODULE,
};

static int __net_init net_init(struct net *net)
{
	struct xtcp_net *xn = xtcp_net(net);
	int err, made;

	xn->net = net;
	xtcp_settings_default(&xn->settings);
	xtcp_secret_init(xn);
	xtcp_ended_init(xn);
	err = xtcp_rules_init(xn);
	if (err)
		return err;
	xn->counters = alloc_percpu(struct xtcp_counters);
	if (!xn->counters) {
		err = -ENOMEM;
		goto out_rules;
	}
	for (made = 0; made < XTCP_WIRES; made++) {
		err = xtcp_table_init(&xn->table[made], net, made,
				      &xtcp_table_ops);
		if (err)
			goto out_tables;
	}
	err = xtcp_observe_init(xn);
	if (err)
		goto out_tables;
	return 0;
out_tables:
	while (made--)
		xtcp_table_exit(&xn->table[made]);
	free_percpu(xn->counters);
out_rules:
	xtcp_rules_exit(xn);
	return err;
}

static void __net_exit net_exit(struct net *net)
{
	struct xtcp_net *xn = xtcp_net(net);
	int i;

	xtcp_observe_exit(xn);
	for (i = 0; i < XTCP_WIRES; i++) {
		xtcp_table_flush(&xn->table[i], xtcp_small_netns_gone);
		xtcp_table_exit(&xn->table[i]);
	}
	xtcp_fast_cache_exit(xn);
	xtcp_ended_exit(xn);
	free_percpu(xn->counters);
	xtcp_rules_exit(xn);
}

static void __net_exit net_pre_exit(struct net *net)
{
	struct xtcp_net *xn = xtcp_net(net);
	int i;

	for (i = 0; i < XTCP_WIRES; i++)
		xtcp_table_stop(&xn->table[i]);
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.pre_exit = net_pre_exit,
	.exit = net_exit,
	.id = &xtcp_net_id,
	.size = sizeof(struct xtcp_net),
};

static int register_family(void)
{
	int err;

	xtcp_family.family = family;
	/* The kernel's own check lets negative numbers pass. */
	err = family > 0 ? sock_register(&xtcp_family) : -EINVAL;
	if (err == -EEXIST)
		pr_err("protocol family %d is taken by another module; load with family=N, N below %d and free, and build programs with -DAF_XTCP=N\n",
		       family, AF_MAX);
	else if (err)
		pr_err("protocol family %d cannot be registered: family= takes numbers from 1 to %d\n",
		       family, AF_MAX - 1);
	return err;
}

static int __init xtcp_init(void)
{
	int err;

	err = xtcp_table_module_init();
	if (err)
		return err;
	err = xtcp_sock_module_init(family);
	if (err)
		goto out_table;
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto out_sock;
	err = xtcp_wire_init(&xtcp_input_ops);
	if (err)
		goto out_net;
	err = register_family();
	if (err)
		goto out_wire;
	err = xtcp_diag_init(family);
	if (err)
		goto out_family;
	pr_info("protocol family %d, IP protocol %d\n", family, IPPROTO_XTCP);
	return 0;
out_family:
	sock_unregister(family);
out_wire:
	xtcp_wire_exit();
out_net:
	unregister_pernet_subsys(&net_ops);
out_sock:
	xtcp_sock_module_exit();
out_table:
	xtcp_table_module_exit();
	return err;
}

static void __exit xtcp_exit(void)
{
	xtcp_diag_exit();
	sock_unregister(family);
	xtcp_wire_exit();
	unregister_pernet_subsys(&net_ops);
	xtcp_table_module_exit();
	/* Sockets that were closed are freed by RCU. */
	rcu_barrier();
	xtcp_sock_module_exit();
}

module_init(xtcp_init);
module_exit(xtcp_exit);

MODULE_DESCRIPTION("TCP's life cycle as a protocol family of its own");
MODULE_LICENSE("GPL");
MODULE_SOFTDEP("pre: nf_defrag_ipv6");
