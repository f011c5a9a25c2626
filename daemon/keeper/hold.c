/* SPDX-License-Identifier: MIT */
#include "keeper/hold.h"

#include "base/exits.h"
#include "keeper/client.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

/* Linux 4.4 and 5.14; musl's headers may be older. */
#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

/* mincore(2) needs a byte for each page. */
enum { PAGES_A_LOOK = 16384 };

static uint64_t find_limit(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? 0 : (uint64_t)info.totalram * info.mem_unit / HOLD_PART;
}

/*
 * Touches the pages that are there, at most limit bytes of them: each stays locked from then on. One that is dropped
 * between the look and the touch is fetched again, or, if that fails, passed over.
 */
static uint64_t touch_present(uint8_t *map, uint64_t len, uint64_t page, uint64_t limit)
{
	static unsigned char present[PAGES_A_LOOK];
	uint64_t held = 0;

	for (uint64_t off = 0; off < len; off += PAGES_A_LOOK * page) {
		uint64_t pages = (len - off + page - 1) / page;

		pages = pages < PAGES_A_LOOK ? pages : PAGES_A_LOOK;
		if (mincore(map + off, pages * page, present))
			continue;
		for (uint64_t i = 0, end; i < pages && held < limit; i = end) {
			for (end = i; end < pages && present[end] & 1 && held + (end - i) * page < limit;)
				end++;
			if (end > i &&
			    madvise(map + off + i * page, (end - i) * page, MADV_POPULATE_READ) == 0)
				held += (end - i) * page;
			end += end == i;
		}
	}
	return held;
}

/* Returns how many bytes are held, or -errno. */
static int64_t hold(int tree, const char *name)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	int file = openat(tree, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), err = 0;
	struct stat st;
	void *map = NULL;

	if (file < 0)
		return -errno;
	if (fstat(file, &st) ||
	    (map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, file, 0)) == MAP_FAILED)
		err = -errno;
	close(file);
	/* Pages that are not touched are not read for it. */
	if (!err && syscall(SYS_mlock2, map, (size_t)st.st_size, MLOCK_ONFAULT))
		err = -errno;
	/* The mapping ends with the process. */
	return err ? err : (int64_t)touch_present(map, (uint64_t)st.st_size, page, find_limit());
}

int hold_main(int argc, char **argv)
{
	const char *run_path = client_take_run(argc, argv);
	struct client_image image;
	int64_t held = 0;
	int status;

	if (!run_path || argc > optind)
		return EXIT_USAGE;
	status = client_find_image(run_path, &image);
	if (status != EXIT_DONE)
		return status;
	if (image.tree >= 0 && image.is_paged)
		held = hold(image.tree, image.plan.source);
	if (image.tree >= 0)
		close(image.tree);
	if (held < 0) {
		fprintf(stderr, "hold: %s\n", strerror((int)-held));
		return EXIT_TEMPORARY;
	}
	printf("held=%" PRId64 "\n", held);
	fclose(stdout);
	for (;;)
		pause();
}
