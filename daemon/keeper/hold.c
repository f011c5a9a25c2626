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

/* Returns how many bytes are held, of how many, or -errno. name: the engine's, which may have been taken over. */
static int64_t hold(int tree, const char *name, uint64_t *present_out)
{
	int file = strchr(name, '/') ? (errno = EINVAL, -1)
				     : openat(tree, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int err = 0;
	struct stat st;
	void *map = NULL;

	if (file < 0)
		return -errno;
	if (fstat(file, &st) ||
	    (map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, file, 0)) == MAP_FAILED)
		err = -errno;
	close(file);
	/* The mapping ends with the process. */
	return err ? err : pin_present(map, (uint64_t)st.st_size, find_limit(), present_out);
}

int hold_main(int argc, char **argv)
{
	const char *run_path = client_take_run(argc, argv);
	struct client_image image;
	uint64_t present = 0;
	int64_t held = 0;
	int status, oom;

	if (!run_path || argc > optind)
		return EXIT_USAGE;
	status = client_find_image(run_path, &image);
	if (status != EXIT_DONE)
		return status;
	if (image.tree >= 0 && image.is_paged)
		held = hold(image.tree, image.plan.source, &present);
	if (image.tree >= 0)
		close(image.tree);
	if (held < 0) {
		fprintf(stderr, "hold: %s\n", strerror((int)-held));
		return EXIT_TEMPORARY;
	}
	/* Of all processes that could go for want of memory it frees the most, and is needed then. */
	oom = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (oom >= 0) {
		(void)!write(oom, "-1000", 5);
		close(oom);
	}
	printf("held=%" PRId64 " of=%" PRIu64 "\n", held, present);
	fclose(stdout);
	for (;;)
		pause();
}
