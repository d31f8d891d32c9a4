// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a table as a whole.
 */
#include <linux/mutex.h>
#include <linux/sched.h>

#include "table/internal.h"
#include "table/saved.h"

/* Of xtcp_table_use(): seldom and short. */
static DEFINE_MUTEX(table_use_mutex);

static void table_expired(struct xtcp_wheels *all, struct xtcp_small *s)
{
	struct xtcp_table *t = container_of(all, struct xtcp_table, wheels);

	t->ops->expired(t, s);
}

int xtcp_table_init(struct xtcp_table *t, struct net *net, u8 wire,
		    const struct xtcp_table_ops *ops)
{
	int err;

	t->net = net;
	t->wire = wire;
	t->ops = ops;
	t->wheels.expired = table_expired;
	xtcp_listeners_init(t);
	xtcp_reserve_init(&t->reserve);
	err = alloc_bucket_spinlocks(&t->locks, &t->lock_mask, 1024, 64,
				     GFP_KERNEL);
	if (err)
		return err;
	err = xtcp_ports_init(&t->ports);
	if (err)
		goto no_ports;
	err = xtcp_conn_init(t);
	if (!err)
		return 0;
	xtcp_ports_exit(t);
no_ports:
	free_bucket_spinlocks(t->locks);
	return err;
}

int xtcp_table_use(struct xtcp_table *t)
{
	int err;

	/* Who sees it set sees what was made before it was. */
	if (smp_load_acquire(&t->ready))
		return 0;
	mutex_lock(&table_use_mutex);
	err = xtcp_wheels_alloc(&t->wheels);
	if (!err)
		err = xtcp_ports_use(&t->ports);
	if (!err)
		err = xtcp_reserve_use(t);
	if (!err) {
		/* Pairs with the look at it above. */
		smp_store_release(&t->ready, true);
	}
	mutex_unlock(&table_use_mutex);
	return err;
}

static void flush_conns(struct xtcp_table *t, struct rhashtable *conns,
			void (*fn)(struct xtcp_table *t, struct xtcp_small *s))
{
	struct rhashtable_iter iter;
	struct xtcp_entry *e;

	rhashtable_walk_enter(conns, &iter);
	rhashtable_walk_start(&iter);
	while ((e = rhashtable_walk_next(&iter))) {
		if (IS_ERR(e))
			continue;
		if (!xtcp_entry_full(e))
			fn(t, xtcp_small(e));
		if (!need_resched())
			continue;
		rhashtable_walk_stop(&iter);
		cond_resched();
		rhashtable_walk_start(&iter);
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
}

void xtcp_table_flush(struct xtcp_table *t,
		      void (*fn)(struct xtcp_table *t, struct xtcp_small *s))
{
	flush_conns(t, &t->conns[0], fn);
	flush_conns(t, &t->conns[1], fn);
}

void xtcp_table_stop(struct xtcp_table *t)
{
	xtcp_reserve_stop(t);
}

void xtcp_table_exit(struct xtcp_table *t)
{
	xtcp_wheels_stop(&t->wheels);
	xtcp_conn_exit(t);
	xtcp_listeners_exit(t);
	xtcp_ports_exit(t);
	xtcp_reserve_exit(t);
	xtcp_wheels_free(&t->wheels);
	free_bucket_spinlocks(t->locks);
}

int xtcp_table_module_init(void)
{
	int err;

	xtcp_conn_module_init();
	err = xtcp_small_module_init();
	if (err)
		return err;
	err = xtcp_port_module_init();
	if (err)
		goto out_small;
	err = xtcp_saved_module_init();
	if (err)
		goto out_port;
	return 0;
out_port:
	xtcp_port_module_exit();
out_small:
	xtcp_small_module_exit();
	return err;
}

void xtcp_table_module_exit(void)
{
	/* The last entries wait for RCU; their caches wait for them. */
	rcu_barrier();
	xtcp_saved_module_exit();
	xtcp_port_module_exit();
	xtcp_small_module_exit();
}
