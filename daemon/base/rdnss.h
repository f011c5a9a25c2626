/* SPDX-License-Identifier: MIT */
/*
 * The name servers in a router's announcement (RDNSS), as the kernel passes it on: Linux sets addresses and routes by
 * itself, and leaves this option to user space.
 *
 * Flow: routers.c reads a netlink message -> rdnss_decode -> a line for each server
 * Process: neither; short-lived. Pure
 * Source: RFC 8106, 5.1; include/uapi/linux/rtnetlink.h, struct nduseroptmsg, of Linux 6.12
 */
#ifndef BLOBROOT_RDNSS_H
#define BLOBROOT_RDNSS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RDNSS_MAX = 3, /* a resolv.conf has no more */
	RDNSS_KNOWN_MAX = 64,
};

struct rdnss {
	unsigned ifindex;
	unsigned count;
	struct in6_addr servers[RDNSS_MAX];
};

/*
 * Decodes one netlink message of len bytes. Returns false if it is anything else, is malformed, or names servers that are
 * not to be used any more (a lifetime of 0). A server may be one of the link only (fe80::): that link is ifindex.
 */
bool rdnss_decode(const uint8_t *message, size_t len, struct rdnss *rdnss_out);

/* The servers that were taken before. */
struct rdnss_known {
	unsigned count;
	struct {
		unsigned ifindex;
		struct in6_addr server;
	} rows[RDNSS_KNOWN_MAX];
};

/*
 * Leaves only those servers in rdnss that are not in known, and adds them to it. A router may announce other ones for ever:
 * no more than RDNSS_MAX of an interface are taken, the first ones, and RDNSS_KNOWN_MAX of all.
 */
void rdnss_keep_new(struct rdnss *rdnss, struct rdnss_known *known);

#endif
