/* SPDX-License-Identifier: MIT */
/* Pages that are in the page cache are pinned there, up to a limit, and those that are not are not read for it. */
#include "unit.h"

#include "keeper/pin.h"

#include <sys/mman.h>
#include <unistd.h>

/* More than it looks at in one go, and less than anybody may lock. */
enum { PAGES = 1500 };

static uint8_t *map;
static uint64_t page;

/* In a file in memory, a page that was never written is none of the page cache's. */
static int make_file(void)
{
	int file = memfd_create("file", MFD_CLOEXEC);

	page = (uint64_t)sysconf(_SC_PAGESIZE);
	ATF_REQUIRE(file >= 0 && ftruncate(file, (off_t)(PAGES * page)) == 0);
	map = mmap(NULL, PAGES * page, PROT_READ, MAP_SHARED, file, 0);
	ATF_REQUIRE(map != MAP_FAILED);
	return file;
}

static void put_pages(int file, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++)
		MUST_EQ(1, pwrite(file, "x", 1, (off_t)(i * page)));
}

/* In bytes: of the mapping, what cannot be taken away. */
static uint64_t count_locked(void)
{
	FILE *maps = fopen("/proc/self/smaps", "re");
	unsigned long long kib = UINT64_MAX, start = 0, from, to;
	char line[512];

	ATF_REQUIRE(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%llx-%llx", &from, &to) == 2)
			start = from;
		else if (start == (uintptr_t)map && sscanf(line, "Locked: %llu", &kib) == 1)
			break;
	}
	fclose(maps);
	return kib * 1024;
}

static uint64_t found;

static int64_t pin(uint64_t limit)
{
	return pin_present(map, PAGES * page, limit, &found);
}

static uint64_t count_present(void)
{
	static unsigned char present[PAGES];
	uint64_t count = 0;

	MUST_EQ(0, mincore(map, PAGES * page, present));
	for (unsigned i = 0; i < PAGES; i++)
		count += present[i] & 1;
	return count;
}

CASE(what_is_there_is_pinned_and_nothing_else_is_read)
{
	int file = make_file();

	put_pages(file, 0, 3);
	put_pages(file, 100, 1);
	put_pages(file, 1020, 10);
	put_pages(file, PAGES - 1, 1);
	MUST_EQ(15 * page, pin(UINT64_MAX));
	/* Pages, not the mapping. */
	MUST_EQ(15 * page, count_locked());
	MUST_EQ(15, count_present());
}

CASE(a_limit_is_not_passed)
{
	int file = make_file();

	put_pages(file, 0, 3);
	put_pages(file, 900, 500);
	MUST_EQ(0, pin(0));
	MUST_EQ(0, pin(page - 1));
	MUST_EQ(3 * page, pin(3 * page));
	MUST_EQ(100 * page, pin(100 * page + 1));
	MUST_EQ(503 * page, found);
	MUST_EQ(503 * page, pin(504 * page));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_is_there_is_pinned_and_nothing_else_is_read);
	ATF_TP_ADD_TC(tp, a_limit_is_not_passed);
	return atf_no_error();
}
