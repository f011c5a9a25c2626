/* SPDX-License-Identifier: MIT */
/*
 * What every unit test shares: a short way to write a case.
 *
 * Flow: X_test.c includes it first.
 * Process: tests
 * Source: atf-c(3)
 */
#ifndef BLOBROOT_UNIT_H
#define BLOBROOT_UNIT_H

#include <atf-c.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A case whose name says it all. */
#define CASE(name)                                                                                           \
	ATF_TC_WITHOUT_HEAD(name);                                                                           \
	ATF_TC_BODY(name, tc)

/* In a case's body, for those that have a long form: see tests/long/also. */
#define LONG_OR_SHORT(in_long, in_short)                                                                     \
	(atf_tc_get_config_var_as_bool_wd(tc, "long", false) ? (in_long) : (in_short))

/* One that needs a sentence more in `kyua list -v`. */
#define CASE_ABOUT(name, about)                                                                              \
	ATF_TC(name);                                                                                        \
	ATF_TC_HEAD(name, tc)                                                                                \
	{                                                                                                    \
		atf_tc_set_md_var(tc, "descr", "%s", about);                                                 \
	}                                                                                                    \
	ATF_TC_BODY(name, tc)

#define EQ(want, got) ATF_CHECK_EQ_MSG((want), (got), "%lld, not %lld", (long long)(got), (long long)(want))
#define MUST_EQ(want, got)                                                                                   \
	ATF_REQUIRE_EQ_MSG((want), (got), "%lld, not %lld", (long long)(got), (long long)(want))

/* libatf keeps its lists until the end, and the leak sanitizer must not call that ours. */
__attribute__((weak, used)) const char *__lsan_default_suppressions(void);
__attribute__((weak, used)) const char *__lsan_default_suppressions(void)
{
	return "leak:atf_tp_get_tcs\nleak:atf_list_\nleak:atf_map_\n";
}

__attribute__((weak, used)) const char *__lsan_default_options(void);
__attribute__((weak, used)) const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

#endif
