/* SPDX-License-Identifier: MIT */
#include "keeper/pin.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 4.4 and 5.14; musl's headers may be older. */
#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

/* mincore(2) needs a byte for each page. */
enum { PAGES_A_LOOK = 1024 };

int64_t pin_present(void *map, uint64_t len, uint64_t limit)
{
	static unsigned char present[PAGES_A_LOOK];
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), left = limit / page, held = 0;

	/* Pages that are not touched are not read for it. */
	if (syscall(SYS_mlock2, map, (size_t)len, MLOCK_ONFAULT))
		return -errno;
	for (uint64_t off = 0; off < len && left > 0; off += PAGES_A_LOOK * page) {
		uint8_t *at = (uint8_t *)map + off;
		uint64_t pages = (len - off + page - 1) / page;

		pages = pages < PAGES_A_LOOK ? pages : PAGES_A_LOOK;
		if (mincore(at, pages * page, present))
			continue;
		for (uint64_t i = 0, end; i < pages && left > 0; i = end) {
			for (end = i; end < pages && present[end] & 1 && end - i < left;)
				end++;
			if (end == i) {
				end++;
			} else if (madvise(at + i * page, (end - i) * page, MADV_POPULATE_READ) == 0) {
				held += (end - i) * page;
				left -= end - i;
			}
		}
	}
	return (int64_t)held;
}
