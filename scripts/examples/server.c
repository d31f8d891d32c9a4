// SPDX-License-Identifier: GPL-2.0-only
/* server: reads the ten numbers of one client, sleeps a moment, and closes. */
#include <arpa/inet.h>
#include <err.h>
#include <sys/socket.h>
#include <unistd.h>

#include "family.h"
#include "step.h"

int main(void)
{
	struct sockaddr_in any = {
		.sin_family = AF_INET, .sin_port = htons(33333),
	};
	int fd = stream_socket();
	char ten[10];
	int client, i, yes = 1;

	if (fd < 0)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	step("bind and listen");
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, 1))
		err(1, "listen");
	step("accept");
	client = accept(fd, NULL, NULL);
	if (client < 0)
		err(1, "accept");
	step("read 10 bytes");
	if (recv(client, ten, sizeof(ten), MSG_WAITALL) != sizeof(ten))
		err(1, "read");
	for (i = 0; i < 10; i++)
		printf("%d%c", ten[i], i < 9 ? ' ' : '\n');
	step("sleep 2 s");
	sleep(2);
	step("close");
	close(client);
	step("close the listener");
	return close(fd);
}
