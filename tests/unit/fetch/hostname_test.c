/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fetch/hostname.h"

static bool covers(const char *name, const char *host)
{
	return hostname_is_covered(host, name, strlen(name));
}

CASE(a_name_covers_itself_in_either_case)
{
	ATF_CHECK(covers("a.example", "a.example"));
	ATF_CHECK(covers("A.Example", "a.eXAMPLE"));
	ATF_CHECK(covers("localhost", "localhost"));
	ATF_CHECK(covers("a.example", "a.example."));
	ATF_CHECK(!covers("a.example.", "a.example"));
	ATF_CHECK(!covers("example", "a.example"));
	ATF_CHECK(!covers("a.example", "b.a.example"));
	ATF_CHECK(!covers("", ""));
	ATF_CHECK(!covers("", "a"));
	/* A NUL ends no name. */
	ATF_CHECK(!hostname_is_covered("a.example", "a.example\0.evil", 15));
	ATF_CHECK(!hostname_is_covered("a.example", "a.example\0", 10));
	/* IDN is a matter of its ASCII form alone. */
	ATF_CHECK(covers("xn--br-via.example", "xn--br-via.example"));
	ATF_CHECK(!covers("b\xc3\xa4r.example", "xn--br-via.example"));
}

CASE(a_wildcard_is_one_whole_label_in_front_of_two)
{
	ATF_CHECK(covers("*.a.example", "b.a.example"));
	ATF_CHECK(covers("*.A.example", "b.a.EXAMPLE"));
	ATF_CHECK(covers("*.a.example", "b.a.example."));
	ATF_CHECK(!covers("*.a.example", "a.example"));
	ATF_CHECK(!covers("*.a.example", ".a.example"));
	ATF_CHECK(!covers("*.a.example", "c.b.a.example"));
	ATF_CHECK(!covers("*.example", "a.example"));
	ATF_CHECK(!covers("*.", "a."));
	ATF_CHECK(!covers("*", "a"));
	ATF_CHECK(!covers("*..", "a.."));
	ATF_CHECK(!covers("*.*.example", "c.b.example"));
	ATF_CHECK(!covers("b*.a.example", "bc.a.example"));
	ATF_CHECK(!covers("*b.a.example", "cb.a.example"));
	ATF_CHECK(!covers("b.*.example", "b.a.example"));
	/* Not even itself. */
	ATF_CHECK(!covers("b*.a.example", "b*.a.example"));
}

CASE(no_name_covers_an_address)
{
	uint8_t address[16];

	ATF_CHECK(!covers("127.0.0.1", "127.0.0.1"));
	ATF_CHECK(!covers("*.0.0.1", "127.0.0.1"));
	ATF_CHECK(!covers("::1", "::1"));
	EQ(4u, hostname_address("127.0.0.1", address));
	EQ(127, address[0]);
	EQ(16u, hostname_address("::1", address));
	EQ(1, address[15]);
	EQ(0u, hostname_address("a.example", address));
	EQ(0u, hostname_address("127.0.0.1.", address));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_name_covers_itself_in_either_case);
	ATF_TP_ADD_TC(tp, a_wildcard_is_one_whole_label_in_front_of_two);
	ATF_TP_ADD_TC(tp, no_name_covers_an_address);
	return atf_no_error();
}
