/* SPDX-License-Identifier: MIT */
#include "base/rdnss.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* RFC 8106: type, length in units of 8 bytes, 2 reserved, 4 of lifetime; then addresses. */
enum { RDNSS_TYPE = 25, RDNSS_HEAD = 8, UNIT = 8 };

/* RFC 4861, 4.2: a router advertisement. */
enum { ROUTER_ADVERTISEMENT = 134 };

bool rdnss_decode(const uint8_t *message, size_t len, struct rdnss *rdnss_out)
{
	static const uint8_t never[4];
	struct nlmsghdr head;
	struct nduseroptmsg option;
	const uint8_t *at = message + NLMSG_HDRLEN + sizeof(option);
	size_t size;

	if (len < NLMSG_HDRLEN + sizeof(option) + RDNSS_HEAD)
		return false;
	memcpy(&head, message, sizeof(head));
	memcpy(&option, message + NLMSG_HDRLEN, sizeof(option));
	if (head.nlmsg_type != RTM_NEWNDUSEROPT || option.nduseropt_icmp_type != ROUTER_ADVERTISEMENT)
		return false;
	size = (size_t)at[1] * UNIT;
	if (at[0] != RDNSS_TYPE || size < RDNSS_HEAD || size > option.nduseropt_opts_len ||
	    size > len - (NLMSG_HDRLEN + sizeof(option)))
		return false;
	*rdnss_out = (struct rdnss){.ifindex = (unsigned)option.nduseropt_ifindex};
	if (memcmp(at + 4, never, sizeof(never)) == 0)
		return false;
	for (size_t off = RDNSS_HEAD; off + sizeof(struct in6_addr) <= size && rdnss_out->count < RDNSS_MAX;
	     off += sizeof(struct in6_addr)) {
		struct in6_addr *server = &rdnss_out->servers[rdnss_out->count];

		memcpy(server, at + off, sizeof(*server));
		if (!IN6_IS_ADDR_LOOPBACK(server) && !IN6_IS_ADDR_UNSPECIFIED(server) &&
		    !IN6_IS_ADDR_MULTICAST(server))
			rdnss_out->count++;
	}
	return rdnss_out->count > 0;
}

static bool is_taken(const struct rdnss_known *known, unsigned ifindex, const struct in6_addr *server)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < known->count; i++) {
		if (known->rows[i].ifindex != ifindex)
			continue;
		taken++;
		if (taken == RDNSS_MAX || IN6_ARE_ADDR_EQUAL(&known->rows[i].server, server))
			return true;
	}
	return known->count == RDNSS_KNOWN_MAX;
}

void rdnss_keep_new(struct rdnss *rdnss, struct rdnss_known *known)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < rdnss->count; i++) {
		if (is_taken(known, rdnss->ifindex, &rdnss->servers[i]))
			continue;
		known->rows[known->count].ifindex = rdnss->ifindex;
		known->rows[known->count++].server = rdnss->servers[i];
		rdnss->servers[kept++] = rdnss->servers[i];
	}
	rdnss->count = kept;
}
