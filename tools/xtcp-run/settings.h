/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What xtcp-run tells the library, by one variable of the environment:
 *
 *	XTCP_RUN="family=19 protocol=6 listen-only except=22,8000-8010"
 *
 * so that every program which the first one starts gets it as well.
 */
#ifndef XTCP_RUN_SETTINGS_H
#define XTCP_RUN_SETTINGS_H

#include <stdbool.h>

#define RUN_VARIABLE	"XTCP_RUN"
#define RUN_PORTS	65536

struct run_settings {
	int family;
	int protocol;		/* without XTCP_IPV6 */
	bool listen_only;
	bool connect_only;
	bool excepting;		/* some bit of except[] is set */
	unsigned char except[RUN_PORTS / 8];
};

/* Which ports stay with the host; false: the text is no list of ports. */
bool run_parse_except(struct run_settings *s, const char *text);

/* The whole variable; false: it is not one that xtcp-run has written. */
bool run_parse(struct run_settings *s, const char *text);

static inline bool run_excepted(const struct run_settings *s, unsigned int port)
{
	return s->except[port / 8] & (1U << port % 8);
}

#endif
