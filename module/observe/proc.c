// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/net/xtcp, /proc/net/xtcp6: the columns of /proc/net/tcp, and XTCP's own
 * behind them. /proc/net/xtcp_stat: counters by name.
 */
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "observe/internal.h"
#include "table/walk.h"

static void print_end(struct seq_file *seq, u8 family,
		      const union xtcp_addr *addr, __be16 port)
{
	if (family == AF_INET)
		seq_printf(seq, "%08X:%04X ", (__force u32)addr->v4,
			   ntohs(port));
	else
		seq_printf(seq, "%08X%08X%08X%08X:%04X ",
			   (__force u32)addr->v6.s6_addr32[0],
			   (__force u32)addr->v6.s6_addr32[1],
			   (__force u32)addr->v6.s6_addr32[2],
			   (__force u32)addr->v6.s6_addr32[3], ntohs(port));
}

/* Our own columns; readers of TCP's stop before them. */
static void print_ours(struct seq_file *seq, const struct xtcp_record *r,
		       u8 wire)
{
	u32 ms = r->since_ms ? xtcp_now_ms() - r->since_ms : 0;

	seq_printf(seq, " %s %s %s %u %s\n",
		   wire == XTCP_WIRE_TCP ? "tcp" : "native",
		   xtcp_opened_name(r->opened), xtcp_closing_name(r->closing),
		   ms, xtcp_reason_name(r->reason));
}

static void print_stream(struct seq_file *seq, const struct xtcp_sight *l)
{
	const struct xtcp_sock *x = xtcp_sk(l->sk);
	const struct xtcp_stream *st = &x->stream;
	u32 mss = max(x->stream.cc.mss, 1u);
	int ssthresh = st->cc.ssthresh >= XTCP_SSTHRESH_NONE ? -1 :
		       st->cc.ssthresh / mss;

	seq_printf(seq, " %lu %lu %u %u %d",
		   usecs_to_jiffies(xtcp_rtt_rto_us(&st->rtt)),
		   usecs_to_jiffies(st->delack.delay_us),
		   st->delack.quick << 1 | st->delack.interactive,
		   st->cc.cwnd / mss,
		   l->state == XTCP_LISTEN ? 0 : ssthresh);
}

static void print_line(struct seq_file *seq, const struct xtcp_sight *l,
		       loff_t n)
{
	u64 now_us = xtcp_now_us();
	u64 left = l->when_us > now_us ? l->when_us - now_us : 0;

	seq_printf(seq, "%4lld: ", n);
	print_end(seq, l->t.family, &l->t.laddr, l->t.lport);
	print_end(seq, l->t.family, &l->t.faddr, l->t.fport);
	seq_printf(seq, "%02X %08X:%08X %02X:%08lX %08X %5u %8u %lu %d %pK",
		   l->state, l->tx, l->rx, l->timer,
		   l->timer ? jiffies_to_clock_t(usecs_to_jiffies(left)) : 0UL,
		   l->rec.retries,
		   l->sk ? from_kuid_munged(current_user_ns(), l->uid) : 0,
		   l->probes, l->inode, l->refs, l->pointer);
	if (l->sk)
		print_stream(seq, l);
	else
		seq_puts(seq, " 0 0 0 0 -1");
	print_ours(seq, &l->rec, l->t.wire);
}

static int show(struct seq_file *seq, void *v)
{
	const struct xtcp_walk *w = seq->private;
	struct xtcp_sight l;

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "  sl  local_address ");
		seq_puts(seq, w->family == AF_INET ? "rem_address   " :
			 "                        remote_address                        ");
		seq_puts(seq, "st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode");
		seq_puts(seq, " refs pointer rto ato quick|inter cwnd ssthresh wire opened closing ms_in_state reason\n");
		return 0;
	}
	if (w->listener)
		xtcp_look_listener(w->listener, &l);
	else if (!xtcp_look(w->t, w->entry, &l))
		return SEQ_SKIP;
	print_line(seq, &l, w->pos);
	return 0;
}

/* Line 0 is the heading; the walk counts from the line after it. */
static void *seq_start(struct seq_file *seq, loff_t *pos)
	__acquires(RCU)
{
	struct xtcp_walk *w = seq->private;
	struct xtcp_walk *at = xtcp_walk_start(w, *pos ? *pos - 1 : 0);

	return *pos ? (void *)at : SEQ_START_TOKEN;
}

static void *next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct xtcp_walk *w = seq->private;
	loff_t line = *pos - 1;

	++*pos;
	if (v == SEQ_START_TOKEN)
		return w->listener || w->entry ? w : NULL;
	return xtcp_walk_next(w, &line);
}

static void stop(struct seq_file *seq, void *v)
	__releases(RCU)
{
	xtcp_walk_stop(seq->private);
}

static const struct seq_operations seq_ops = {
	.start = seq_start,
	.next = next,
	.stop = stop,
	.show = show,
};

/*
 * An open file needs no reference to its namespace: when that ends, its /proc
 * entries go first, and whatever still has one open is released with them.
 */
static int open_table(struct inode *inode, struct file *file)
{
	const struct xtcp_proc *p = pde_data(inode);
	struct xtcp_walk *w;

	w = __seq_open_private(file, &seq_ops, sizeof(*w));
	if (!w)
		return -ENOMEM;
	xtcp_walk_open(w, xtcp_table_first(p->xn), xtcp_table_last(p->xn),
		       p->family);
	return 0;
}

static const struct proc_ops table_ops = {
	.proc_open = open_table,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = seq_release_private,
};

static u64 total(const struct xtcp_net *xn, int counter)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(xn->counters, cpu)->count[counter];
	return sum;
}

static const char *const counter_names[] = {
#define XTCP_COUNTER(name, counter, text) [XTCP_C_##name] = #counter,
#include "socket/counters.def"
#undef XTCP_COUNTER
};

static int show_stat(struct seq_file *seq, void *v)
{
	const struct xtcp_net *xn = xtcp_net(seq_file_single_net(seq));
	int i;

	for (i = 1; i < XTCP_REASONS; i++)
		seq_printf(seq, "%s %llu\n", xtcp_reason_name(i),
			   total(xn, i));
	for (i = XTCP_REASONS; i < XTCP_COUNTERS; i++)
		seq_printf(seq, "%s %llu\n", counter_names[i], total(xn, i));
	seq_printf(seq, "Orphans %d\n", atomic_read(&xn->orphans));
	seq_printf(seq, "HalfOpen %d\n",
		   xtcp_count_form(xn, XTCP_FORM_HALF_OPEN));
	seq_printf(seq, "TimeWait %d\n",
		   xtcp_count_form(xn, XTCP_FORM_TIME_WAIT));
	return 0;
}

int xtcp_proc_init(struct xtcp_net *xn, struct xtcp_observe *ob)
{
	struct proc_dir_entry *dir = xn->net->proc_net;

	ob->v4 = (struct xtcp_proc) { .xn = xn, .family = AF_INET };
	ob->v6 = (struct xtcp_proc) { .xn = xn, .family = AF_INET6 };
	if (!proc_create_data("xtcp", 0444, dir, &table_ops, &ob->v4))
		return -ENOMEM;
	if (!proc_create_data("xtcp6", 0444, dir, &table_ops, &ob->v6))
		goto out_v4;
	if (!proc_create_net_single("xtcp_stat", 0444, dir, show_stat, NULL))
		goto out_v6;
	return 0;
out_v6:
	remove_proc_entry("xtcp6", dir);
out_v4:
	remove_proc_entry("xtcp", dir);
	return -ENOMEM;
}

void xtcp_proc_exit(struct xtcp_net *xn)
{
	remove_proc_entry("xtcp_stat", xn->net->proc_net);
	remove_proc_entry("xtcp6", xn->net->proc_net);
	remove_proc_entry("xtcp", xn->net->proc_net);
}
