// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is printed of a connection, and why connections ended.
 */
#include <errno.h>
#include <string.h>

#include "xtcp-ss.h"

/* As ss calls them. */
const char *state_word(uint8_t state)
{
	static const char *const words[XTCP_STATES] = {
		[XTCP_ESTABLISHED] = "ESTAB", [XTCP_SYN_SENT] = "SYN-SENT",
		[XTCP_SYN_RCVD] = "SYN-RECV", [XTCP_FIN_WAIT_1] = "FIN-WAIT-1",
		[XTCP_FIN_WAIT_2] = "FIN-WAIT-2",
		[XTCP_TIME_WAIT] = "TIME-WAIT", [XTCP_CLOSED] = "UNCONN",
		[XTCP_CLOSE_WAIT] = "CLOSE-WAIT", [XTCP_LAST_ACK] = "LAST-ACK",
		[XTCP_LISTEN] = "LISTEN", [XTCP_CLOSING] = "CLOSING",
	};

	return state < XTCP_STATES && words[state] ? words[state] : "?";
}

/* Valid until the next call but three. */
static char *scratch(void)
{
	static char text[4][128];
	static unsigned int at;

	return text[at++ % 4];
}

const char *end_text(const struct xtcp_diag_msg *m, bool local)
{
	const __be32 *addr = local ? m->local : m->foreign;
	uint16_t port = ntohs(local ? m->local_port : m->foreign_port);
	bool any = !(addr[0] | addr[1] | addr[2] | addr[3]);
	char text[INET6_ADDRSTRLEN] = "*", *to = scratch();

	if (m->version == 4 && (local || !any))
		inet_ntop(AF_INET, addr, text, sizeof(text));
	else if (m->version == 6 && !any)
		inet_ntop(AF_INET6, addr, text, sizeof(text));
	if (!port)
		snprintf(to, 128, "%s:*", text);
	else
		snprintf(to, 128, m->version == 6 && !any ? "[%s]:%u" : "%s:%u",
			 text, port);
	return to;
}

/* The two largest units: 3d4h, 2h5m, 1m30s, 12s, 850ms */
const char *time_text(uint64_t ms)
{
	uint64_t s = ms / 1000;
	char *to = scratch();

	if (ms < 1000)
		snprintf(to, 128, "%lums", (unsigned long)ms);
	else if (s < 60)
		snprintf(to, 128, "%lus", (unsigned long)s);
	else if (s < 3600)
		snprintf(to, 128, "%lum%lus", (unsigned long)(s / 60),
			 (unsigned long)(s % 60));
	else if (s < 86400)
		snprintf(to, 128, "%luh%lum", (unsigned long)(s / 3600),
			 (unsigned long)(s / 60 % 60));
	else
		snprintf(to, 128, "%lud%luh", (unsigned long)(s / 86400),
			 (unsigned long)(s / 3600 % 24));
	return to;
}

void show_header(const struct asked *a)
{
	if (a->req.what == XTCP_DIAG_WHAT_ENDED)
		show_ended_header();
	else
		printf("%-10s %7s %7s %23s %23s %8s %-12s %s\n", "State",
		       "Recv-Q", "Send-Q", "Local Address:Port",
		       "Peer Address:Port", "Since", "Opened", "Closing");
}

static void show_timer(const struct xtcp_diag_msg *m)
{
	static const char *const names[] = {
		"", "on", "keepalive", "timewait", "persist",
	};

	if (m->timer && m->timer < sizeof(names) / sizeof(names[0]))
		printf(" timer:(%s,%s,%u)", names[m->timer],
		       time_text(m->timer_ms), m->retries);
}

void show_processes(const struct process *p)
{
	uint32_t inode = p ? p->inode : 0;
	const char *before = " users:(";

	for (; p; p = p->next) {
		if (p->inode != inode)
			continue;
		printf("%s(\"%s\",pid=%d,fd=%d)", before, p->name, p->pid,
		       p->fd);
		before = ",";
	}
	if (inode)
		putchar(')');
}

static void show_info(const struct xtcp_info *i)
{
	if (!i)
		return;
	printf("\n\t reason:%s mss:%u rto:%.3g rtt:%.3g/%.3g cwnd:%u",
	       i->xtcpi_reason_name, i->xtcpi_mss, i->xtcpi_rto_us / 1000.0,
	       i->xtcpi_srtt_us / 1000.0, i->xtcpi_rttvar_us / 1000.0,
	       i->xtcpi_cwnd);
	if (i->xtcpi_ssthresh && i->xtcpi_ssthresh != UINT32_MAX)
		printf(" ssthresh:%u", i->xtcpi_ssthresh);
	printf(" retrans:%u/%u snd_wnd:%u rcv_wnd:%u", i->xtcpi_retries,
	       i->xtcpi_retransmits, i->xtcpi_snd_wnd, i->xtcpi_rcv_wnd);
	printf(" segs_out:%u segs_in:%u", i->xtcpi_segs_out,
	       i->xtcpi_segs_in);
	printf(" bytes_sent:%llu bytes_acked:%llu bytes_received:%llu",
	       i->xtcpi_bytes_sent, i->xtcpi_bytes_acked,
	       i->xtcpi_bytes_received);
	if (i->xtcpi_iss || i->xtcpi_irs)
		printf(" iss:%u irs:%u snd_una:%u snd_nxt:%u rcv_nxt:%u",
		       i->xtcpi_iss, i->xtcpi_irs, i->xtcpi_snd_una,
		       i->xtcpi_snd_nxt, i->xtcpi_rcv_nxt);
}

static void show_memory(const uint32_t *mem)
{
	if (!mem)
		return;
	printf("\n\t skmem:(r%u,rb%u,t%u,tb%u,f%u,w%u,o%u,bl%u,d%u)",
	       mem[SK_MEMINFO_RMEM_ALLOC], mem[SK_MEMINFO_RCVBUF],
	       mem[SK_MEMINFO_WMEM_ALLOC], mem[SK_MEMINFO_SNDBUF],
	       mem[SK_MEMINFO_FWD_ALLOC], mem[SK_MEMINFO_WMEM_QUEUED],
	       mem[SK_MEMINFO_OPTMEM], mem[SK_MEMINFO_BACKLOG],
	       mem[SK_MEMINFO_DROPS]);
}

void show_row(const struct asked *a, const struct row *row)
{
	const struct xtcp_diag_msg *m = row->m;

	printf("%-10s %7u %7u %23s %23s %8s %-12s %s", state_word(m->state),
	       m->rqueue, m->wqueue, end_text(m, true), end_text(m, false),
	       time_text(m->state_ms), xtcp_opened_name(m->opened),
	       xtcp_closing_name(m->closing));
	if (m->protocol == IPPROTO_TCP)
		printf(" wire:tcp");
	show_timer(m);
	if (a->processes && row->who)
		show_processes(row->who);
	else if (a->processes && m->form == XTCP_DIAG_FORM_SOCKET && !m->inode)
		printf(" orphan");
	show_info(row->info);
	show_memory(row->meminfo);
	putchar('\n');
}

static const char *reason_text(const char *name)
{
	int i;

	for (i = 1; i < XTCP_REASONS; i++)
		if (!strcmp(name, xtcp_reason_name(i)))
			return xtcp_reason_text(i);
	return "";
}

/* How often each reason was counted in this namespace; those that never were
 * are left out.
 */
void show_reasons(void)
{
	FILE *f = fopen("/proc/net/xtcp_stat", "r");
	unsigned long long n;
	char name[64];

	if (!f)
		die("/proc/net/xtcp_stat: %s", strerror(errno));
	while (fscanf(f, "%63s %llu", name, &n) == 2)
		if (n && *reason_text(name))
			printf("%10llu %-20s %s\n", n, name, reason_text(name));
	fclose(f);
}
