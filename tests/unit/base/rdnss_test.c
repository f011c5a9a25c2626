/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/rdnss.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* What the kernel passes on for this option: RTM_NEWNDUSEROPT of interface 7. */
static size_t say(uint8_t *message, const uint8_t *option, size_t len)
{
	struct nlmsghdr head = {.nlmsg_type = RTM_NEWNDUSEROPT};
	struct nduseroptmsg user = {
		.nduseropt_family = AF_INET6, .nduseropt_ifindex = 7, .nduseropt_icmp_type = 134};

	user.nduseropt_opts_len = (unsigned short)len;
	memcpy(message, &head, sizeof(head));
	memcpy(message + NLMSG_HDRLEN, &user, sizeof(user));
	memcpy(message + NLMSG_HDRLEN + sizeof(user), option, len);
	return NLMSG_HDRLEN + sizeof(user) + len;
}

/* An option of the servers in text, which are separated by blanks. */
static size_t option_of(uint8_t *option, const char *text, uint32_t lifetime)
{
	char copy[512], *rest = copy, *word;
	size_t len = 8;

	snprintf(copy, sizeof(copy), "%s", text);
	memset(option, 0, 8);
	option[0] = 25;
	lifetime = htonl(lifetime);
	memcpy(option + 4, &lifetime, 4);
	while ((word = strsep(&rest, " "))) {
		MUST_EQ(1, inet_pton(AF_INET6, word, option + len));
		len += 16;
	}
	option[1] = (uint8_t)(len / 8);
	return len;
}

/* The servers that come out, in text. */
static const char *servers(const char *text, uint32_t lifetime)
{
	static char out[256];
	uint8_t option[512], message[1024];
	char address[INET6_ADDRSTRLEN];
	struct rdnss rdnss;

	if (!rdnss_decode(message, say(message, option, option_of(option, text, lifetime)), &rdnss))
		return "none";
	EQ(7u, rdnss.ifindex);
	out[0] = '\0';
	for (unsigned i = 0; i < rdnss.count; i++) {
		inet_ntop(AF_INET6, &rdnss.servers[i], address, sizeof(address));
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s", i ? " " : "", address);
	}
	return out;
}

CASE(the_name_servers_of_an_announcement_come_out)
{
	ATF_CHECK_STREQ("2001:db8::53", servers("2001:db8::53", 600));
	ATF_CHECK_STREQ("2001:db8::53 fd00::1", servers("2001:db8::53 fd00::1", 0xffffffff));
	ATF_CHECK_STREQ("2001::1 2001::2 2001::3", servers("2001::1 2001::2 2001::3 2001::4", 600));
	/* What dnsmasq announces by default: its address on the link. */
	ATF_CHECK_STREQ("fe80::1", servers("fe80::1", 600));
}

CASE(servers_that_cannot_be_used_do_not)
{
	ATF_CHECK_STREQ("none", servers("2001:db8::53", 0));
	ATF_CHECK_STREQ("none", servers(":: ::1 ff02::1", 600));
	ATF_CHECK_STREQ("2001:db8::53", servers("ff02::1 2001:db8::53", 600));
}

CASE(nothing_else_is_taken_for_one)
{
	uint8_t option[512], message[1024];
	size_t len = say(message, option, option_of(option, "2001:db8::53", 600));
	size_t head = NLMSG_HDRLEN + sizeof(struct nduseroptmsg);
	struct rdnss rdnss;

	ATF_CHECK(rdnss_decode(message, len, &rdnss));
	for (size_t shorter = 0; shorter < len; shorter++)
		ATF_CHECK(!rdnss_decode(message, shorter, &rdnss));
	/* DNSSL; longer than the message; shorter than its head; longer than the options. */
	for (unsigned i = 0; i < 3; i++) {
		static const uint8_t at[] = {0, 1, 1}, bad[] = {31, 4, 0};
		uint8_t was = message[head + at[i]];

		message[head + at[i]] = bad[i];
		ATF_CHECK(!rdnss_decode(message, len, &rdnss));
		message[head + at[i]] = was;
	}
	/* Another kind of message: a link that is up. */
	((struct nlmsghdr *)(void *)message)->nlmsg_type = RTM_NEWLINK;
	ATF_CHECK(!rdnss_decode(message, len, &rdnss));
}

/* In known after interface ifindex has announced 2001::first .. 2001::last, one after the other; the number that was new. */
static unsigned announce(struct rdnss_known *known, unsigned ifindex, unsigned first, unsigned last)
{
	unsigned fresh = 0;

	for (unsigned i = first; i <= last; i++) {
		struct rdnss rdnss = {.ifindex = ifindex, .count = 1};

		rdnss.servers[0].s6_addr[0] = 0x20;
		rdnss.servers[0].s6_addr[14] = (uint8_t)(i >> 8);
		rdnss.servers[0].s6_addr[15] = (uint8_t)i;
		rdnss_keep_new(&rdnss, known);
		fresh += rdnss.count;
	}
	return fresh;
}

CASE(a_server_is_taken_once_and_no_router_has_more_than_three)
{
	struct rdnss_known known = {0};
	struct rdnss rdnss = {.ifindex = 7, .count = 3};

	EQ(2u, announce(&known, 7, 1, 2));
	EQ(0u, announce(&known, 7, 1, 2));
	EQ(1u, announce(&known, 7, 1, 1000));
	EQ(3u, announce(&known, 8, 1, 1000));
	EQ(6u, known.count);
	/* Of one announcement the new ones are left, in their order. */
	memset(&known, 0, sizeof(known));
	EQ(1u, announce(&known, 7, 2, 2));
	for (unsigned i = 0; i < 3; i++) {
		rdnss.servers[i].s6_addr[0] = 0x20;
		rdnss.servers[i].s6_addr[15] = (uint8_t)(i + 1);
	}
	rdnss_keep_new(&rdnss, &known);
	EQ(2u, rdnss.count);
	EQ(1u, rdnss.servers[0].s6_addr[15]);
	EQ(3u, rdnss.servers[1].s6_addr[15]);
	/* Nor do more interfaces than a host has grow the table. */
	for (unsigned ifindex = 9; ifindex < 1000; ifindex++)
		announce(&known, ifindex, 1, 3);
	EQ((unsigned)RDNSS_KNOWN_MAX, known.count);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_server_is_taken_once_and_no_router_has_more_than_three);
	ATF_TP_ADD_TC(tp, the_name_servers_of_an_announcement_come_out);
	ATF_TP_ADD_TC(tp, servers_that_cannot_be_used_do_not);
	ATF_TP_ADD_TC(tp, nothing_else_is_taken_for_one);
	return atf_no_error();
}
