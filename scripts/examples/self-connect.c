// SPDX-License-Identifier: GPL-2.0-only
/*
 * self-connect: a client whose own port is the one that it calls. Nobody listens
 * there, and yet connect() succeeds: its SYN meets itself, as in a simultaneous
 * open. A client that tries a local port again and again gets there by chance,
 * and then takes its own words for the server's; so it looks whom it has.
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "family.h"

static int with_itself(int fd)
{
	struct sockaddr_in own = {}, peer = {};
	socklen_t len = sizeof(own);

	if (getsockname(fd, (struct sockaddr *)&own, &len) ||
	    getpeername(fd, (struct sockaddr *)&peer, &len))
		err(1, "names");
	return own.sin_port == peer.sin_port &&
	       own.sin_addr.s_addr == peer.sin_addr.s_addr;
}

int main(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(33333),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	char text[100] = {};
	int fd = stream_socket();

	if (fd < 0)
		err(1, "socket");
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)))
		err(1, "connect");
	if (write(fd, "who is there?", 13) != 13 ||
	    recv(fd, text, 13, MSG_WAITALL) != 13)
		err(1, "talk");
	printf("the server says: %s\n", text);
	printf("the server is %s\n", with_itself(fd) ? "this client" :
	       "somebody else");
	return close(fd);
}
