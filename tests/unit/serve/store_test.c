/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "serve/store.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static _Alignas(4096) char block[4096];

CASE(a_full_store_is_told_from_a_failing_one)
{
	struct store full = {.fd = open("/dev/full", O_WRONLY)}, none = {.fd = -1};

	EQ(-ENOSPC, store_write(&full, block, 0, 4096));
	EQ(-EIO, store_write(&none, block, 0, 4096));
	store_close(&full);
	store_close(&none);
}

CASE(what_was_written_is_found_by_its_holes)
{
	struct store store = {.fd = open("file", O_RDWR | O_CREAT, 0600)};
	uint64_t start, until;

	EQ(0, store_write(&store, block, 1 << 20, 4096));
	EQ(4096 + (1 << 20), lseek(store.fd, 0, SEEK_END));
	EQ(0, store_next_data(&store, 0, &start, &until));
	EQ(1 << 20, start);
	EQ(4096 + (1 << 20), until);
	EQ(-ENXIO, store_next_data(&store, until, &start, &until));
	store_close(&store);
	EQ(-1, store.fd);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_full_store_is_told_from_a_failing_one);
	ATF_TP_ADD_TC(tp, what_was_written_is_found_by_its_holes);
	return atf_no_error();
}
