/* SPDX-License-Identifier: MIT */
#include "client.h"

#include "exits.h"
#include "mount_plan.h"
#include "start.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { STATUS_MAX = 8192 };

/* Our erofs.ko has it (hooks/modules/patches): its on-demand mode survives a read that is partly cached. */
#define SPLIT_READ_MARKER "/sys/fs/erofs/features/fscache_split_read"

static int read_status(const char *run_path, char *text_out)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err = 0;
	size_t have = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", run_path, START_CONTROL) >=
	    sizeof(address.sun_path))
		err = -ENAMETOOLONG;
	else if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		err = -errno;
	while (!err && have < STATUS_MAX - 1 &&
	       (got = read(fd, text_out + have, STATUS_MAX - 1 - have)) != 0) {
		if (got > 0)
			have += (size_t)got;
		else if (errno != EINTR)
			err = -errno;
	}
	close(fd);
	text_out[have] = '\0';
	return err;
}

/* The value of key, cut at its line's end, in text; NULL if it is not there. */
static char *find_value(char *text, const char *key)
{
	size_t len = strlen(key);

	for (char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (strncmp(line, key, len) == 0 && line[len] == '=') {
			line[strcspn(line, "\n")] = '\0';
			return line + len + 1;
		}
	}
	return NULL;
}

static const char *take_options(int argc, char **argv)
{
	static const struct option options[] = {{"run", required_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
	const char *run_path = START_RUN_DIR;
	int c;

	optind = 2;
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c != 'r')
			return NULL;
		run_path = optarg;
	}
	return run_path;
}

static int ask(const char *run_path, char *text_out)
{
	int err = read_status(run_path, text_out);

	if (!err)
		return EXIT_DONE;
	fprintf(stderr, "%s/%s: no blobrootd answers: %s\n", run_path, START_CONTROL, strerror(-err));
	return EXIT_TEMPORARY;
}

int client_status_main(int argc, char **argv)
{
	const char *run_path = take_options(argc, argv);
	char text[STATUS_MAX] = "", *value;
	int status;

	if (!run_path || argc - optind > 1)
		return EXIT_USAGE;
	status = ask(run_path, text);
	if (status != EXIT_DONE)
		return status;
	if (argc == optind) {
		fputs(text, stdout);
		return EXIT_DONE;
	}
	value = find_value(text, argv[optind]);
	if (!value) {
		fprintf(stderr, "status: %s: no such key\n", argv[optind]);
		return EXIT_PERMANENT;
	}
	puts(value);
	return EXIT_DONE;
}

static const char *mount_explain(int err)
{
	switch (err) {
	case ENODEV:
		return "the kernel has no EROFS: the module erofs.ko is not in this initramfs";
	case EINVAL:
	case ENOENT:
	case ENOTBLK:
		return "the kernel's erofs.ko lacks on-demand mode (CONFIG_EROFS_FS_ONDEMAND), or does not "
		       "know a mount "
		       "option or feature of this image: build the modules with `make modules KVER=..`";
	default:
		return strerror(err);
	}
}

int client_mount_main(int argc, char **argv)
{
	const char *run_path = take_options(argc, argv);
	char text[STATUS_MAX] = "", options[1024], *plan_text;
	struct mount_plan plan;
	int status;

	if (!run_path || argc - optind < 1 || argc - optind > 2)
		return EXIT_USAGE;
	status = ask(run_path, text);
	if (status != EXIT_DONE)
		return status;
	plan_text = find_value(text, "mount");
	if (!plan_text || !mount_plan_parse(plan_text, &plan)) {
		fprintf(stderr, "mount: the image is not ready\n");
		return EXIT_TEMPORARY;
	}
	if (plan.is_compressed && access(SPLIT_READ_MARKER, F_OK)) {
		fprintf(stderr,
			"kernel: its on-demand EROFS hangs on compressed images: build the modules with "
			"`make modules KVER=..`, or the image without compression\n");
		return EXIT_PERMANENT;
	}
	snprintf(options, sizeof(options), "%s%s%s", plan.options, argc - optind == 2 ? "," : "",
		 argc - optind == 2 ? argv[optind + 1] : "");
	if (mount(plan.source, argv[optind], "erofs", MS_RDONLY, options)) {
		fprintf(stderr, "mount: %s\n", mount_explain(errno));
		return errno == EIO ? EXIT_TEMPORARY : EXIT_PERMANENT;
	}
	return EXIT_DONE;
}
