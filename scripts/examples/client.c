// SPDX-License-Identifier: GPL-2.0-only
/* client ADDRESS: sends the numbers 1 to 10 and waits for the server's close. */
#include <arpa/inet.h>
#include <err.h>
#include <sys/socket.h>
#include <unistd.h>

#include "family.h"
#include "step.h"

int main(int argc, char **argv)
{
	struct sockaddr_in server = {
		.sin_family = AF_INET, .sin_port = htons(33333),
	};
	char ten[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	int fd = stream_socket();

	if (fd < 0 || argc < 2 || !inet_aton(argv[1], &server.sin_addr))
		err(1, "client ADDRESS");
	step("connect");
	if (connect(fd, (struct sockaddr *)&server, sizeof(server)))
		err(1, "connect");
	step("write 10 bytes");
	if (write(fd, ten, sizeof(ten)) != sizeof(ten))
		err(1, "write");
	step("read until the end");
	while (read(fd, ten, sizeof(ten)) > 0)
		;
	step("close");
	return close(fd);
}
