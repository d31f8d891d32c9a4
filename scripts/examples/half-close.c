// SPDX-License-Identifier: GPL-2.0-only
/*
 * half-close server
 * half-close ADDRESS
 *
 * The client ends its direction and goes on reading; the server reads to that
 * end, and only then answers: what it answers, it could not know before.
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "family.h"

static struct sockaddr_in address = { .sin_family = AF_INET };

static int serve(int fd)
{
	char text[100];
	ssize_t n;
	int client, sum = 0, yes = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(fd, 1))
		err(1, "listen");
	client = accept(fd, NULL, NULL);
	if (client < 0)
		err(1, "accept");
	while ((n = read(client, text, sizeof(text))) > 0)
		sum += n;
	dprintf(client, "%d bytes came\n", sum);
	return close(client);
}

static int ask(int fd)
{
	static const char lines[] = "one\ntwo\nthree\n";
	char text[100];
	ssize_t n;

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		err(1, "connect");
	if (write(fd, lines, strlen(lines)) < 0 || shutdown(fd, SHUT_WR))
		err(1, "write");
	while ((n = read(fd, text, sizeof(text))) > 0)
		fwrite(text, 1, n, stdout);
	return close(fd);
}

int main(int argc, char **argv)
{
	int fd = stream_socket();

	address.sin_port = htons(33333);
	if (fd < 0 || argc < 2)
		err(1, "half-close server, or ADDRESS");
	if (!strcmp(argv[1], "server"))
		return serve(fd);
	if (!inet_aton(argv[1], &address.sin_addr))
		errx(1, "no address: %s", argv[1]);
	return ask(fd);
}
