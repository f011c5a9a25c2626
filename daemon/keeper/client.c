/* SPDX-License-Identifier: MIT */
#include "keeper/client.h"

#include "base/exits.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/mount_plan.h"
#include "base/notice.h"
#include "base/rights.h"
#include "keeper/answer.h"
#include "keeper/launch.h"
#include "transport/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

const char *client_take_run(int argc, char **argv)
{
	static const struct option options[] = {{"run", required_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
	const char *run_path = LAYOUT_RUN;
	int c;

	optind = 2;
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c != 'r')
			return NULL;
		run_path = optarg;
	}
	return run_path;
}

int client_status_main(int argc, char **argv)
{
	const char *run_path = client_take_run(argc, argv);
	char value[ANSWER_TEXT_MAX];
	struct answer answer;
	int status;

	if (!run_path || argc - optind > 1)
		return EXIT_USAGE;
	status = answer_get(run_path, &answer);
	if (status != EXIT_DONE)
		return status;
	answer_end(&answer);
	if (argc == optind) {
		fputs(answer.text, stdout);
		return EXIT_DONE;
	}
	if (!answer_find(&answer, argv[optind], value, sizeof(value))) {
		fprintf(stderr, "status: %s: no such key\n", argv[optind]);
		return EXIT_PERMANENT;
	}
	puts(value);
	return EXIT_DONE;
}

int client_find_image(const char *run_path, struct client_image *image_out)
{
	char plan[NOTICE_TEXT_MAX], cache[8];
	struct answer answer;
	int status = answer_get(run_path, &answer);

	if (status != EXIT_DONE)
		return status;
	image_out->tree = answer_take(&answer, "tree");
	answer_end(&answer);
	if (!answer_find(&answer, "mount", plan, sizeof(plan)) || !mount_plan_parse(plan, &image_out->plan)) {
		fprintf(stderr, "mount: the image is not ready\n");
		return EXIT_TEMPORARY;
	}
	if (!answer_find(&answer, "transport", image_out->transport, sizeof(image_out->transport)))
		image_out->transport[0] = '\0';
	image_out->is_paged = answer_find(&answer, "cache", cache, sizeof(cache)) &&
			      (strcmp(cache, "page") == 0 || strcmp(cache, "disk") == 0);
	return EXIT_DONE;
}

int client_mount_main(int argc, char **argv)
{
	const char *run_path = client_take_run(argc, argv);
	const struct transport *transport;
	struct client_image image;
	char why[TRANSPORT_WHY_MAX];
	int status;

	if (!run_path || argc - optind < 1 || argc - optind > 2)
		return EXIT_USAGE;
	log_open();
	status = client_find_image(run_path, &image);
	if (status != EXIT_DONE)
		return status;
	transport = transport_find(image.transport);
	if (!transport) {
		fprintf(stderr,
			"mount: another version of blobrootd runs: its transport is not known here\n");
		return EXIT_PERMANENT;
	}
	status = transport->mount(image.tree, &image.plan, argv[optind],
				  argc - optind == 2 ? argv[optind + 1] : "", why);
	if (status != EXIT_DONE)
		fprintf(stderr, "%s\n", why);
	return status;
}

/* From 6.3 on a kernel may refuse to execute a memfd without this; older ones do not know the flag. */
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

static int program_memfd(void)
{
	int fd = memfd_create("blobrootd", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	return fd < 0 && errno == EINVAL ? memfd_create("blobrootd", MFD_CLOEXEC | MFD_ALLOW_SEALING) : fd;
}

/* Copies the file to a sealed memfd, which nobody can change any more. Returns it, or -errno. */
static int program_copy(const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), to = from < 0 ? -1 : program_memfd(), err = 0;
	char buf[65536];
	ssize_t got = 0;

	if (from < 0 || to < 0)
		err = -errno;
	while (!err && (got = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)got) != got)
			err = -ENOMEM;
	if (!err && (got < 0 || fchmod(to, 0500) ||
		     fcntl(to, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)))
		err = -errno;
	if (from >= 0)
		close(from);
	if (err && to >= 0)
		close(to);
	return err ? err : to;
}

/* Sends one datagram with the program, and the pipe for the keeper's answer. Errors: -errno. */
static int send_program(const char *run_path, int program, int told)
{
	static const char text[] = "upgrade";
	int fd = answer_connect(run_path, LAYOUT_UPGRADE, SOCK_DGRAM);
	ssize_t sent;

	if (fd < 0)
		return fd;
	sent = rights_send(fd, text, sizeof(text), (int[]){program, told}, 2);
	close(fd);
	return sent < 0 ? (int)sent : 0;
}

int client_upgrade_main(int argc, char **argv)
{
	const char *run_path = client_take_run(argc, argv), *path;
	char answer[NOTICE_TEXT_MAX];
	int program, pipe_fds[2], err;

	if (!run_path || argc - optind != 1)
		return EXIT_USAGE;
	path = argv[optind];
	program = program_copy(path);
	if (program < 0 || pipe2(pipe_fds, O_CLOEXEC)) {
		fprintf(stderr, "upgrade: %s: %s\n", path, strerror(program < 0 ? -program : errno));
		return EXIT_PERMANENT;
	}
	err = send_program(run_path, program, pipe_fds[1]);
	close(program);
	close(pipe_fds[1]);
	if (err) {
		fprintf(stderr, "%s/%s: no blobrootd answers: %s\n", run_path, LAYOUT_UPGRADE,
			strerror(-err));
		return EXIT_TEMPORARY;
	}
	fprintf(stderr, "upgrade: %s: ", path);
	err = launch_wait(pipe_fds[0], answer);
	fprintf(stderr, "%s\n", err == EXIT_DONE ? "has taken over" : answer);
	return err;
}

int client_kexec_main(void)
{
	sync();
	reboot(RB_KEXEC);
	fprintf(stderr, "kexec: %s\n", errno == EINVAL ? "no kernel is loaded" : strerror(errno));
	return EXIT_PERMANENT;
}
