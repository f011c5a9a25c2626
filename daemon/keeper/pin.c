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

int64_t pin_present(void *map, uint64_t len, uint64_t limit, uint64_t *present_out)
{
	static unsigned char present[PAGES_A_LOOK];
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), held = 0;

	*present_out = 0;
	/* Pages that are not touched are not read for it: not by the lock, and not by the kernel's read-ahead. */
	if (syscall(SYS_mlock2, map, (size_t)len, MLOCK_ONFAULT) || madvise(map, (size_t)len, MADV_RANDOM))
		return -errno;
	for (uint64_t off = 0; off < len; off += PAGES_A_LOOK * page) {
		uint8_t *at = (uint8_t *)map + off;
		uint64_t pages = (len - off + page - 1) / page;

		pages = pages < PAGES_A_LOOK ? pages : PAGES_A_LOOK;
		if (mincore(at, pages * page, present))
			continue;
		for (uint64_t i = 0; i < pages; i++) {
			if (!(present[i] & 1))
				continue;
			*present_out += page;
			if (held + page <= limit && madvise(at + i * page, page, MADV_POPULATE_READ) == 0)
				held += page;
		}
	}
	return (int64_t)held;
}
