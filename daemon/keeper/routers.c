/* SPDX-License-Identifier: MIT */
#include "keeper/routers.h"

#include "base/exits.h"
#include "base/rdnss.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* The number of a link, not its name: to resolve a name the engine would need a system call that it may not make. */
static void print(const struct rdnss *rdnss)
{
	char iface[IF_NAMESIZE], address[INET6_ADDRSTRLEN];

	if (!if_indextoname(rdnss->ifindex, iface))
		return;
	for (unsigned i = 0; i < rdnss->count; i++) {
		if (!inet_ntop(AF_INET6, &rdnss->servers[i], address, sizeof(address)))
			continue;
		printf("%s %s", iface, address);
		if (IN6_IS_ADDR_LINKLOCAL(&rdnss->servers[i]))
			printf("%%%u", rdnss->ifindex);
		putchar('\n');
	}
	fflush(stdout);
}

int routers_main(void)
{
	struct sockaddr_nl us = {.nl_family = AF_NETLINK, .nl_groups = 1u << (RTNLGRP_ND_USEROPT - 1)};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	static uint8_t message[8192];
	static struct rdnss_known known;
	struct sockaddr_nl from = {0};
	struct rdnss rdnss;
	ssize_t len;

	if (fd < 0 || bind(fd, (struct sockaddr *)&us, sizeof(us)) < 0) {
		perror("blobrootd: routers: rtnetlink");
		return EXIT_PERMANENT;
	}
	for (;;) {
		socklen_t from_len = sizeof(from);

		len = recvfrom(fd, message, sizeof(message), 0, (struct sockaddr *)&from, &from_len);
		/* ENOBUFS: some were lost. Routers repeat themselves. */
		if (len < 0 && errno != EINTR && errno != ENOBUFS)
			break;
		/* Only the kernel has port 0. */
		if (len > 0 && from.nl_pid == 0 && rdnss_decode(message, (size_t)len, &rdnss)) {
			rdnss_keep_new(&rdnss, &known);
			print(&rdnss);
		}
	}
	close(fd);
	return EXIT_TEMPORARY;
}
