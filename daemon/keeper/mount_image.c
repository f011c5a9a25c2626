/* SPDX-License-Identifier: MIT */
#include "keeper/mount_image.h"

#include "base/exits.h"
#include "base/log.h"
#include "base/mount_plan.h"
#include "keeper/launch.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPTIONS_WORD "rootflags="

/* What a user at a terminal would not wait for. A later word replaces it. */
static char contact[] = "rd.blob.contact=30";

/* What is asked for: argv holds URL, DIR, words. Returns an exit status; prints why unless it is EXIT_DONE. */
static int take_words(int argc, char **argv, char *root, char **words_out, unsigned *count_out,
		      const char **options_out)
{
	unsigned count = 0;

	words_out[count++] = root;
	words_out[count++] = contact;
	*options_out = "";
	for (int i = 2; i < argc; i++) {
		if (strncmp(argv[i], OPTIONS_WORD, strlen(OPTIONS_WORD)) == 0) {
			*options_out = argv[i] + strlen(OPTIONS_WORD);
			continue;
		}
		if (strncmp(argv[i], "rd.blob.", 8) != 0) {
			fprintf(stderr, "mount-image: %s: is no word of blobroot: see blobroot.cmdline(7)\n",
				argv[i]);
			return EXIT_USAGE;
		}
		if (count == WORDS_MAX) {
			fprintf(stderr, "mount-image: %s: is one word too many\n", argv[i]);
			return EXIT_USAGE;
		}
		words_out[count++] = argv[i];
	}
	*count_out = count;
	return EXIT_DONE;
}

/* Starts the keeper, which serves until tree is closed here. Returns an exit status; text_out: as launch_wait. */
static int serve(struct launch *launch, unsigned count, char **words, int argc, char **argv, char *text_out)
{
	int status, answer;
	pid_t pid;

	status = launch_read(launch, (int)count, words, text_out);
	if (status == EXIT_DONE)
		status = launch_prepare(launch, text_out);
	launch_forget(launch);
	if (status != EXIT_DONE)
		return status;
	pid = launch_keeper(launch, argc, argv, &answer);
	if (pid < 0) {
		snprintf(text_out, LAUNCH_WHY_MAX, "keeper: cannot start: %s", strerror(-pid));
		return EXIT_TEMPORARY;
	}
	status = launch_wait(answer, text_out);
	if (status == EXIT_DONE)
		launch_write_pid(launch, pid);
	return status;
}

static int run(struct launch *launch, unsigned count, char **words, const char *dir, const char *options,
	       int argc, char **argv)
{
	char text[LAUNCH_WHY_MAX];
	struct mount_plan plan;
	char path[PATH_MAX];
	struct stat st;
	int status;

	/* The working directory changes. */
	if (!realpath(dir, path) || stat(path, &st) || !S_ISDIR(st.st_mode)) {
		fprintf(stderr, "mount-image: %s: is no directory\n", dir);
		return EXIT_PERMANENT;
	}
	status = serve(launch, count, words, argc, argv, text);
	if (status == EXIT_DONE && !mount_plan_parse(text, &plan)) {
		snprintf(text, sizeof(text), "keeper: it does not say how to mount the image");
		status = EXIT_TEMPORARY;
	}
	if (status == EXIT_DONE)
		status = launch->transport->mount(launch->tree, &plan, path, options, text);
	if (status != EXIT_DONE)
		fprintf(stderr, "%s\n", text);
	return status;
}

int mount_image_main(int argc, char **argv)
{
	static const struct option long_options[] = {{"store", required_argument, NULL, 's'},
						     {"run", required_argument, NULL, 'r'},
						     {"etc", required_argument, NULL, 'e'},
						     {NULL, 0, NULL, 0}};
	static struct launch launch;
	char root[CMDLINE_WORD_MAX], *words[WORDS_MAX];
	const char *options;
	unsigned count;
	int c, status;

	launch.etc = "/etc";
	launch.is_native = true;
	optind = 2;
	while ((c = getopt_long(argc, argv, "+", long_options, NULL)) != -1) {
		if (c == 'r')
			launch.run_path = optarg;
		else if (c == 'e')
			launch.etc = optarg;
		else if (c == 's')
			launch.store = optarg;
		else
			return EXIT_USAGE;
	}
	if (argc - optind < 2) {
		fprintf(stderr,
			"usage: blobrootd mount-image [--store DIR] [--run DIR] [--etc DIR] URL DIR [WORD..]\n");
		return EXIT_USAGE;
	}
	if (geteuid() != 0) {
		fprintf(stderr, "mount-image: only root can mount\n");
		return EXIT_PERMANENT;
	}
	/* A longer URL is refused for its length: cmdline.h. */
	snprintf(root, sizeof(root), "root=blob:%s", argv[optind]);
	status = take_words(argc - optind, argv + optind, root, words, &count, &options);
	if (status != EXIT_DONE)
		return status;
	log_open();
	return run(&launch, count, words, argv[optind + 1], options, argc, argv);
}
