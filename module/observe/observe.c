// SPDX-License-Identifier: GPL-2.0-only
#include <linux/random.h>
#include <linux/slab.h>

#include "observe/internal.h"

int xtcp_observe_init(struct xtcp_net *xn)
{
	struct xtcp_observe *ob = kzalloc(sizeof(*ob), GFP_KERNEL);
	int err;

	if (!ob)
		return -ENOMEM;
	get_random_bytes(&ob->cookie_key, sizeof(ob->cookie_key));
	err = xtcp_sysctl_init(xn, ob);
	if (err)
		goto out_free;
	err = xtcp_proc_init(xn, ob);
	if (err)
		goto out_sysctl;
	xn->observe = ob;
	return 0;
out_sysctl:
	xtcp_sysctl_exit(ob);
out_free:
	kfree(ob);
	return err;
}

void xtcp_observe_exit(struct xtcp_net *xn)
{
	xtcp_proc_exit(xn);
	xtcp_sysctl_exit(xn->observe);
	kfree(xn->observe);
}
