/* SPDX-License-Identifier: MIT */
/*
 * libatf's checks for the unit tests' fakes (tests/unit/rig.h and what it stands on) outside of a unit test.
 *
 * Flow: a fake checks what it is given; here a failed check ends the process, as any other finding does.
 * Process: tests
 * Source: atf-c(3)
 */
#ifndef BLOBROOT_SHIM_ATF_C_H
#define BLOBROOT_SHIM_ATF_C_H

#include "fuzz.h"

#define ATF_REQUIRE_MSG        MUST
#define ATF_REQUIRE(condition) MUST(condition, "must be")
#define ATF_CHECK_MSG          ATF_REQUIRE_MSG
#define ATF_CHECK(condition)   ATF_REQUIRE(condition)

#define ATF_REQUIRE_EQ_MSG(want, got, ...) MUST((want) == (got), __VA_ARGS__)
#define ATF_CHECK_EQ_MSG                   ATF_REQUIRE_EQ_MSG

#endif
