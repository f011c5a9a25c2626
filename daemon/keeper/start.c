/* SPDX-License-Identifier: MIT */
#include "keeper/start.h"

#include "base/exits.h"
#include "base/layout.h"
#include "base/log.h"
#include "keeper/launch.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static int run(struct launch *launch, int argc, char **argv, int words_at)
{
	char why[LAUNCH_WHY_MAX];
	int answer = -1, status;
	pid_t pid;

	log_open();
	status = launch_read(launch, argc - words_at, argv + words_at, why);
	if (status == EXIT_DONE)
		status = launch_prepare(launch, why);
	/* They include keys and passwords: freed before the fork. */
	launch_forget(launch);
	if (status != EXIT_DONE) {
		fprintf(stderr, "%s\n", why);
		return status;
	}
	if (launch->config.is_insecure && !launch->config.roothash[0])
		log_error("image: rd.blob.insecure: nothing vouches for %.400s: whoever controls the "
			  "network controls this host",
			  launch->config.url);
	pid = launch_keeper(launch, argc, argv, &answer);
	if (pid < 0) {
		fprintf(stderr, "keeper: cannot start: %s\n", strerror(-pid));
		return EXIT_TEMPORARY;
	}
	status = launch_wait(answer, why);
	if (status != EXIT_DONE)
		fprintf(stderr, "%s\n", why);
	else
		launch_write_pid(launch, pid);
	return status;
}

int start_main(int argc, char **argv)
{
	static const struct option options[] = {
		{"store", required_argument, NULL, 's'},  {"run", required_argument, NULL, 'r'},
		{"etc", required_argument, NULL, 'e'},    {"transport", required_argument, NULL, 't'},
		{"alone", no_argument, NULL, 'a'},        {"keep", no_argument, NULL, 'k'},
		{"proven", required_argument, NULL, 'p'}, {NULL, 0, NULL, 0}};
	static struct launch launch;
	int c;

	/* At run time: an initialiser for one member would put all 64 KiB into the program's file. */
	launch.run_path = LAYOUT_RUN;
	launch.etc = "/etc";
	launch.keeps_tree = true;
	/* argv[1] is the role. */
	optind = 2;
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c == 's')
			launch.store = optarg;
		else if (c == 'r')
			launch.run_path = optarg;
		else if (c == 'e')
			launch.etc = optarg;
		else if (c == 'a')
			launch.is_alone = true;
		else if (c == 'p')
			launch.proven = optarg;
		else if (c == 'k')
			launch.is_kept = true;
		else if (c == 't')
			launch.transport_name = optarg;
		else
			return EXIT_USAGE;
	}
	return run(&launch, argc, argv, optind);
}
