// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is printed of a connection that ended before both ends had closed it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "xtcp-ss.h"

#define CGROUPS		"/sys/fs/cgroup"
#define CGROUP_ROOT	1
#define FILEID_KERNFS	0xfe

/* Who or what ended it. */
const char *ender_text(uint8_t reason)
{
	switch (reason) {
	case XTCP_R_REFUSED:
	case XTCP_R_RESET_BY_PEER:
	case XTCP_R_DATA_AFTER_CLOSE:
		return "peer";
	case XTCP_R_ABORTED:
	case XTCP_R_UNREAD_DATA:
	case XTCP_R_CLOSED_BEFORE_OPEN:
	case XTCP_R_LISTENER_GONE:
		return "program";
	case XTCP_R_SYN_TIMEOUT:
	case XTCP_R_SYN_ACK_TIMEOUT:
	case XTCP_R_RETRANSMIT_TIMEOUT:
	case XTCP_R_USER_TIMEOUT:
	case XTCP_R_KEEPALIVE_TIMEOUT:
	case XTCP_R_PROBE_TIMEOUT:
	case XTCP_R_FIN_WAIT_2_OVER:
		return "timer";
	case XTCP_R_UNREACHABLE:
		return "icmp";
	case XTCP_R_ADMIN:
		return "admin";
	default:
		return "limit";
	}
}

/* As the program that is asked for has it; any case will do. */
uint8_t reason_of(const char *name)
{
	int i;

	for (i = 1; i < XTCP_REASONS; i++)
		if (!strcasecmp(name, xtcp_reason_name(i)))
			return i;
	die("no reason is called %s", name);
}

/* Where the cgroup is, for those who may look; else its number. */
const char *cgroup_text(uint64_t id)
{
	static char path[512];
	struct {
		struct file_handle h;
		uint64_t id;
	} f = { { sizeof(id), FILEID_KERNFS }, 0 };
	char link[32];
	ssize_t n = -1;
	int mount, fd;

	memcpy(f.h.f_handle, &id, sizeof(id));
	mount = open(CGROUPS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = open_by_handle_at(mount, &f.h, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, path, sizeof(path) - 1);
		close(fd);
	}
	if (mount >= 0)
		close(mount);
	path[n > 0 ? n : 0] = 0;
	if (!strncmp(path, CGROUPS "/", strlen(CGROUPS) + 1))
		return path + strlen(CGROUPS);
	snprintf(path, sizeof(path), "%llu", (unsigned long long)id);
	return path;
}

void show_ended_header(void)
{
	printf("%8s %-17s %-8s %-10s %23s %23s %8s %10s %10s\n", "Ago",
	       "Reason", "By", "State", "Local Address:Port",
	       "Peer Address:Port", "Lasted", "Sent", "Received");
}

static void show_owner(const struct row *row)
{
	if (row->m->form != XTCP_DIAG_FORM_SOCKET)
		return;
	printf(" uid:%u", row->m->uid);
	if (row->ended.cgroup > CGROUP_ROOT)
		printf(" cgroup:%s", cgroup_text(row->ended.cgroup));
}

void show_ended(const struct asked *a, const struct row *row)
{
	static const char *const rsts[] = { "", " rst:sent", " rst:received" };
	const struct xtcp_diag_msg *m = row->m;
	const struct xtcp_diag_ended *e = &row->ended;

	printf("%8s %-17s %-8s %-10s %23s %23s %8s %10llu %10llu",
	       time_text(e->ago_ms), xtcp_reason_name(m->reason),
	       ender_text(m->reason), state_word(m->state), end_text(m, true),
	       end_text(m, false), time_text(m->state_ms), e->bytes_sent,
	       e->bytes_received);
	if (m->protocol == IPPROTO_TCP)
		printf(" wire:tcp");
	if (e->rst < sizeof(rsts) / sizeof(rsts[0]))
		printf("%s", rsts[e->rst]);
	if (m->rqueue)
		printf(" unread:%u", m->rqueue);
	if (m->wqueue)
		printf(" unacked:%u", m->wqueue);
	if (m->retries)
		printf(" retrans:%u", m->retries);
	show_owner(row);
	if (a->processes)
		show_processes(row->who);
	putchar('\n');
}
