/* SPDX-License-Identifier: MIT */
/* How large a store in memory is: what rd.blob.cache= says, or a share of what is available. */
#include "unit.h"

#include "base/exits.h"
#include "base/words.h"
#include "keeper/room.h"

static char why[WORDS_WHY_MAX];

static void gives(uint64_t free_kib, const char *cache, uint64_t kib)
{
	uint64_t got = 1;

	EQ(EXIT_DONE, room_of_ram(cache, free_kib, &got, why));
	EQ(kib, got);
}

static void refuses(uint64_t free_kib, const char *cache, const char *expected)
{
	uint64_t got;

	EQ(EXIT_PERMANENT, room_of_ram(cache, free_kib, &got, why));
	ATF_CHECK_STREQ(expected, why);
}

CASE(without_a_size_it_takes_two_fifths_of_what_is_available)
{
	gives(1000000, "ram", 400000);
	gives(40960, "ram", 16384);
	refuses(40957, "ram",
		"too little memory: 39 MB available, two fifths of it for the store, which needs 16 MB");
	refuses(0, "ram",
		"too little memory: 0 MB available, two fifths of it for the store, which needs 16 MB");
}

CASE(a_size_is_taken_as_it_stands)
{
	gives(1000000, "ram:64M", 65536);
	gives(1000000, "ram:64m", 65536);
	gives(1000000, "ram:20000K", 20000);
	gives(1000000, "ram:20000k", 20000);
	gives(2000000, "ram:1G", 1048576);
	gives(1000000, "ram:67108864", 65536);
	gives(1000000, "ram:25%", 250000);
	gives(1000000, "ram:100%", 1000000);
	gives(1000000, "ram:0064M", 65536);
}

CASE(a_size_that_cannot_be_right_is_refused)
{
	refuses(500000, "ram:1G", "rd.blob.cache=ram:1G: too little memory: 488 MB available");
	refuses(500000, "ram:101%", "rd.blob.cache=ram:101%: too little memory: 488 MB available");
	refuses(500000, "ram:999999999999%",
		"rd.blob.cache=ram:999999999999%: too little memory: 488 MB available");
	refuses(500000, "ram:999999999999G",
		"rd.blob.cache=ram:999999999999G: too little memory: 488 MB available");
	refuses(500000, "ram:15M", "rd.blob.cache=ram:15M: too small: the store needs 16 MB");
	refuses(500000, "ram:0", "rd.blob.cache=ram:0: too small: the store needs 16 MB");
}

CASE(what_is_not_in_memory_takes_none)
{
	gives(1000, "page", 0);
	gives(1000, "/dev/ram0", 0);
	gives(1000, "LABEL=ram", 0);
}

CASE(the_kernel_says_what_is_available)
{
	ATF_CHECK(room_available_kib() > 1024);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, without_a_size_it_takes_two_fifths_of_what_is_available);
	ATF_TP_ADD_TC(tp, a_size_is_taken_as_it_stands);
	ATF_TP_ADD_TC(tp, a_size_that_cannot_be_right_is_refused);
	ATF_TP_ADD_TC(tp, what_is_not_in_memory_takes_none);
	ATF_TP_ADD_TC(tp, the_kernel_says_what_is_available);
	return atf_no_error();
}
