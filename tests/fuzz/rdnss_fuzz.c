/* SPDX-License-Identifier: MIT */
/*
 * The name servers in a router's announcement, as the kernel passes them on.
 *
 * Input: a netlink message: RTM_NEWNDUSEROPT (68), struct nduseroptmsg, the option. The corpus is of one server at most.
 */
#include "fuzz.h"

#include "base/rdnss.h"

int fuzz_one(const uint8_t *data, size_t size)
{
	struct rdnss rdnss;

	if (!rdnss_decode(data, size, &rdnss))
		return 0;
	MUST(rdnss.count >= 1 && rdnss.count <= RDNSS_MAX, "%u servers", rdnss.count);
	for (unsigned i = 0; i < rdnss.count; i++)
		MUST(!IN6_IS_ADDR_MULTICAST(&rdnss.servers[i]) && !IN6_IS_ADDR_UNSPECIFIED(&rdnss.servers[i]),
		     "nobody's address");
	return 0;
}
