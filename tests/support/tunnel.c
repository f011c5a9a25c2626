/*
 * SPDX-License-Identifier: MIT
 *
 * tunnel PORT [STATUS]
 *
 * The tests' CONNECT proxy: takes connections on a port of 127.0.0.1's that is free, and ties each to PORT there,
 * whatever host it asks for: a name that only the proxy knows. With STATUS it refuses each with that. Prints its port,
 * then the first line of each request.
 *
 * Source: RFC 9110, 9.3.6
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MAX = 8192, PIECE = 65536 };

static struct sockaddr_in loopback(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

/* Up to the empty line, and no byte of what follows. Returns false at an end before that. */
static int read_head(int fd, char *head_out)
{
	size_t len = 0;

	while (len < HEAD_MAX - 1 && read(fd, head_out + len, 1) == 1) {
		head_out[++len] = '\0';
		if (len >= 4 && strcmp(head_out + len - 4, "\r\n\r\n") == 0)
			return 1;
	}
	return 0;
}

/* What one side says the other hears, until either ends. */
static void tie(int a, int b)
{
	struct pollfd sides[2] = {{.fd = a, .events = POLLIN}, {.fd = b, .events = POLLIN}};
	static char piece[PIECE];

	while (poll(sides, 2, -1) > 0) {
		for (int i = 0; i < 2; i++) {
			ssize_t len = sides[i].revents ? read(sides[i].fd, piece, sizeof(piece)) : 0;

			if (sides[i].revents && len <= 0)
				return;
			for (ssize_t at = 0, put; at < len; at += put)
				if ((put = write(sides[1 - i].fd, piece + at, (size_t)(len - at))) <= 0)
					return;
		}
	}
}

static void serve(int client, int port, const char *status)
{
	struct sockaddr_in address = loopback(port);
	char head[HEAD_MAX];
	int server;

	if (!read_head(client, head))
		return;
	printf("%.*s\n", (int)strcspn(head, "\r\n"), head);
	fflush(stdout);
	if (status || strncmp(head, "CONNECT ", 8) != 0) {
		dprintf(client, "HTTP/1.1 %s No\r\nContent-Length: 0\r\n\r\n", status ? status : "405");
		return;
	}
	server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof(address))) {
		dprintf(client, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
		return;
	}
	dprintf(client, "HTTP/1.1 200 OK\r\n\r\n");
	tie(client, server);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = loopback(0);
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc < 2)
		return 2;
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) || listen(fd, 64) ||
	    getsockname(fd, (struct sockaddr *)&address, &len)) {
		perror("tunnel");
		return 1;
	}
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int client = accept(fd, NULL, NULL);

		if (client >= 0 && fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGTERM);
			serve(client, atoi(argv[1]), argv[2]);
			_exit(0);
		}
		close(client);
	}
}
