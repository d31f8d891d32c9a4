/* SPDX-License-Identifier: GPL-2.0-only */
/* A stream socket of XTCP; with TCP in the environment, of the host's TCP. */
#include <linux/xtcp.h>
#include <stdlib.h>
#include <sys/socket.h>

static inline int stream_socket(void)
{
	return socket(getenv("TCP") ? AF_INET : AF_XTCP, SOCK_STREAM, 0);
}
