// SPDX-License-Identifier: GPL-2.0-only
/*
 * half-open ADDRESS: waits for a server that says nothing. If it dies, or the
 * way to it, without a word, this end would wait for ever: the connection is
 * half-open. Keep-alive asks, after a second of silence, three times.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "family.h"

static void keep_alive(int fd)
{
	int on = 1, second = 1, times = 3;

	if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &second, sizeof(int)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &second, sizeof(int)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof(int)) ||
	    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)))
		err(1, "keep-alive");
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(33333),
	};
	int fd = stream_socket();
	char byte;

	if (fd < 0 || argc < 2 || !inet_aton(argv[1], &address.sin_addr))
		err(1, "half-open ADDRESS");
	keep_alive(fd);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		err(1, "connect");
	puts("connected");
	fflush(stdout);
	if (read(fd, &byte, 1) < 0)
		printf("half-open: %s\n", strerror(errno));
	else
		puts("the server has closed, or sent something");
	return close(fd);
}
