/* SPDX-License-Identifier: MIT */
#include "keeper/hold.h"

#include "base/exits.h"
#include "keeper/client.h"
#include "keeper/pin.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

static uint64_t find_limit(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? 0 : (uint64_t)info.totalram * info.mem_unit / HOLD_PART;
}

/* Returns how many bytes are held, or -errno. */
static int64_t hold(int tree, const char *name)
{
	int file = openat(tree, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), err = 0;
	struct stat st;
	void *map = NULL;

	if (file < 0)
		return -errno;
	if (fstat(file, &st) ||
	    (map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, file, 0)) == MAP_FAILED)
		err = -errno;
	close(file);
	/* The mapping ends with the process. */
	return err ? err : pin_present(map, (uint64_t)st.st_size, find_limit());
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
