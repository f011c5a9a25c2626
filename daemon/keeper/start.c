/* SPDX-License-Identifier: MIT */
#include "keeper/start.h"

#include "base/exits.h"
#include "base/layout.h"
#include "base/log.h"
#include "keeper/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * For a service manager that treats the keeper as a service's main process (systemd's Type=forking,
 * PIDFile=). Written whole or not at all: it may be read at any time. Errors: -errno.
 */
static int write_pid(int run, pid_t pid)
{
	static const char unfinished[] = LAYOUT_PID ".new";
	int fd = openat(run, unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644),
	    err = 0;

	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%d\n", (int)pid) < 0 || fchmod(fd, 0644))
		err = -errno;
	close(fd);
	if (!err && renameat(run, unfinished, run, LAYOUT_PID))
		err = -errno;
	return err;
}

static int run(struct launch *launch, int argc, char **argv, int words_at)
{
	char why[NOTICE_TEXT_MAX];
	int answer = -1, err, status;
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
	err = status == EXIT_DONE ? write_pid(launch->run, pid) : 0;
	if (err)
		log_error("%.400s/" LAYOUT_PID ": %s", launch->run_path, strerror(-err));
	return status;
}

int start_main(int argc, char **argv)
{
	static const struct option options[] = {{"store", required_argument, NULL, 's'},
						{"run", required_argument, NULL, 'r'},
						{"etc", required_argument, NULL, 'e'},
						{NULL, 0, NULL, 0}};
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
		else
			return EXIT_USAGE;
	}
	return run(&launch, argc, argv, optind);
}
