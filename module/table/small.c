// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections without a socket, and how they and sockets take each other's
 * place in the table.
 */
#include <linux/hash.h>
#include <linux/slab.h>

#include "table/internal.h"
#include "table/saved.h"

static struct kmem_cache *small_cache[2];

int xtcp_small_module_init(void)
{
	small_cache[0] = kmem_cache_create("xtcp_small4", XTCP_SMALL4_SIZE, 0,
					   0, NULL);
	if (!small_cache[0])
		return -ENOMEM;
	small_cache[1] = kmem_cache_create("xtcp_small6", XTCP_SMALL6_SIZE, 0,
					   0, NULL);
	if (small_cache[1])
		return 0;
	kmem_cache_destroy(small_cache[0]);
	return -ENOMEM;
}

void xtcp_small_module_exit(void)
{
	kmem_cache_destroy(small_cache[1]);
	kmem_cache_destroy(small_cache[0]);
}

struct xtcp_small *xtcp_small_alloc(const struct xtcp_tuple *tuple, int bound,
				    gfp_t gfp)
{
	bool v6 = tuple->family == AF_INET6;
	struct xtcp_small *s = kmem_cache_alloc(small_cache[v6], gfp);

	if (!s)
		return NULL;
	INIT_HLIST_NODE(&s->wheel);
	memset(&s->record, 0, sizeof(s->record));
	s->listener_id = 0;
	xtcp_entry_init(&s->entry, tuple, bound);
	return s;
}

void xtcp_small_free(struct xtcp_small *s)
{
	kmem_cache_free(small_cache[s->entry.family == AF_INET6], s);
}

static void small_free_rcu(struct rcu_head *head)
{
	xtcp_small_free(container_of(head, struct xtcp_small, rcu));
}

void xtcp_small_bury(struct xtcp_small *s)
{
	xtcp_saved_free(xtcp_saved_take(s));
	call_rcu(&s->rcu, small_free_rcu);
}

static spinlock_t *small_lock(struct xtcp_table *t, const struct xtcp_small *s)
{
	return &t->locks[hash_ptr(s, 16) & t->lock_mask];
}

void xtcp_small_lock(struct xtcp_table *t, struct xtcp_small *s)
	__acquires(xtcp_small)
{
	spin_lock_bh(small_lock(t, s));
}

void xtcp_small_unlock(struct xtcp_table *t, struct xtcp_small *s)
	__releases(xtcp_small)
{
	spin_unlock_bh(small_lock(t, s));
}

static void small_count_half_open(struct xtcp_table *t, u32 id, bool up)
{
	struct xtcp_listener *l;

	rcu_read_lock();
	l = xtcp_listener_get(t, id);
	if (l && up)
		atomic_inc(&l->half_open);
	else if (l)
		atomic_dec_if_positive(&l->half_open);
	rcu_read_unlock();
}

/* What the table does for an entry as long as it has this form. */
static void small_form_begin(struct xtcp_table *t, struct xtcp_small *s,
			     enum xtcp_form form)
{
	WRITE_ONCE(s->entry.form, form);
	atomic_inc(&t->count[form]);
	if (form == XTCP_FORM_HALF_OPEN)
		small_count_half_open(t, s->listener_id, true);
}

static void small_form_end(struct xtcp_table *t, struct xtcp_small *s)
{
	enum xtcp_form form = s->entry.form;

	atomic_dec(&t->count[form]);
	if (form == XTCP_FORM_HALF_OPEN)
		small_count_half_open(t, s->listener_id, false);
}

static bool small_has_port(enum xtcp_form form)
{
	return form == XTCP_FORM_FIN_WAIT_2 || form == XTCP_FORM_TIME_WAIT;
}

/* Nobody finds it any more; those who have found it see that it is dead. */
static void small_die(struct xtcp_table *t, struct xtcp_small *s)
{
	small_form_end(t, s);
	if (small_has_port(s->entry.form))
		xtcp_port_unlinger(t, &s->entry);
	WRITE_ONCE(s->entry.form, XTCP_FORM_DEAD);
	xtcp_wheel_del(&t->wheels, s);
	xtcp_small_bury(s);
}

void xtcp_small_timer(struct xtcp_table *t, struct xtcp_small *s)
{
	if (s->record.timer == XTCP_LIFE_NONE)
		xtcp_wheel_del(&t->wheels, s);
	else
		xtcp_wheel_mod(&t->wheels, s);
}

int xtcp_small_insert(struct xtcp_table *t, struct xtcp_small *s)
{
	int err;

	if (!xtcp_listener_get(t, s->listener_id))
		return -ENOENT;
	/* Who finds it early waits until it is complete. */
	xtcp_small_lock(t, s);
	WRITE_ONCE(s->entry.form, XTCP_FORM_HALF_OPEN);
	err = xtcp_conn_insert(t, &s->entry);
	if (!err) {
		small_form_begin(t, s, XTCP_FORM_HALF_OPEN);
		xtcp_small_timer(t, s);
	}
	xtcp_small_unlock(t, s);
	return err;
}

void xtcp_small_set_form(struct xtcp_table *t, struct xtcp_small *s,
			 enum xtcp_form form)
{
	/* A new opening has no port of its own, but its listener has. */
	if (small_has_port(s->entry.form) && !small_has_port(form))
		xtcp_port_unlinger(t, &s->entry);
	small_form_end(t, s);
	small_form_begin(t, s, form);
}

void xtcp_small_remove(struct xtcp_table *t, struct xtcp_small *s)
{
	xtcp_conn_delete(t, &s->entry);
	small_die(t, s);
}

void xtcp_small_to_full(struct xtcp_table *t, struct xtcp_small *s,
			struct xtcp_entry *e)
{
	WRITE_ONCE(e->form, XTCP_FORM_FULL);
	if (xtcp_conn_replace(t, &s->entry, e))
		atomic_inc(&t->count[XTCP_FORM_FULL]);
	else
		WRITE_ONCE(e->form, XTCP_FORM_NONE);
	small_die(t, s);
}

/*
 * Where and under which claim it is found later must be what it was, whatever
 * the program has done to the socket since (SO_BINDTODEVICE).
 */
static void small_inherit(struct xtcp_entry *new, const struct xtcp_entry *old)
{
	new->ifindex = old->ifindex;
	if (new->family != AF_INET6) {
		new->key4 = old->key4;
		return;
	}
	new->key6 = old->key6;
	new->hash = old->hash;
}

void xtcp_full_to_small(struct xtcp_table *t, struct xtcp_entry *e,
			struct xtcp_binding *b, struct xtcp_small *s,
			enum xtcp_form form)
{
	xtcp_small_lock(t, s);
	small_inherit(&s->entry, e);
	WRITE_ONCE(s->entry.form, form);
	if (xtcp_conn_replace(t, e, &s->entry)) {
		WRITE_ONCE(e->form, XTCP_FORM_NONE);
		atomic_dec(&t->count[XTCP_FORM_FULL]);
		small_form_begin(t, s, form);
		xtcp_port_linger(t, b);
		xtcp_small_timer(t, s);
		xtcp_small_unlock(t, s);
		return;
	}
	xtcp_small_unlock(t, s);
	xtcp_small_free(s);
	xtcp_unbind(t, b);
}
