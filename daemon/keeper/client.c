/* SPDX-License-Identifier: MIT */
#include "keeper/client.h"

#include "base/exits.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/mount_plan.h"
#include "base/notice.h"
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
#include <sys/un.h>
#include <unistd.h>

enum { STATUS_MAX = 8192 };

/* Connects to a socket of the keeper. Returns the descriptor, or -errno. */
static int keeper_connect(const char *run_path, const char *name, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0)
		return -errno;
	if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", run_path, name) >=
	    sizeof(address.sun_path))
		err = -ENAMETOOLONG;
	else if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		err = -errno;
	if (err)
		close(fd);
	return err ? err : fd;
}

/* As read(2), and takes the descriptor that comes with the bytes, if any. */
static ssize_t read_with(int fd, char *buf, size_t size, int *tree)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec to = {buf, size};
	struct msghdr message = {
		.msg_iov = &to, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *rights = got < 0 ? NULL : CMSG_FIRSTHDR(&message);

	if (rights && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS && *tree < 0)
		memcpy(tree, CMSG_DATA(rights), sizeof(*tree));
	return got;
}

/* *tree_out: what a mount needs beside the text; -1: nothing. */
static int read_status(const char *run_path, char *text_out, int *tree_out)
{
	int fd = keeper_connect(run_path, LAYOUT_CONTROL, SOCK_STREAM), err = 0;
	size_t have = 0;
	ssize_t got;

	*tree_out = -1;
	if (fd < 0)
		return fd;
	while (!err && have < STATUS_MAX - 1 &&
	       (got = read_with(fd, text_out + have, STATUS_MAX - 1 - have, tree_out)) != 0) {
		if (got > 0)
			have += (size_t)got;
		else if (errno != EINTR)
			err = -errno;
	}
	close(fd);
	text_out[have] = '\0';
	return err;
}

/* Copies the value of key out of lines of key=value. Returns false if it is not there, or longer than size allows. */
static bool find_value(const char *text, const char *key, char *value_out, size_t size)
{
	size_t len = strlen(key), line_len;

	for (const char *line = text; *line; line += line_len + (line[line_len] == '\n')) {
		line_len = strcspn(line, "\n");
		if (line_len > len && strncmp(line, key, len) == 0 && line[len] == '=')
			return (size_t)snprintf(value_out, size, "%.*s", (int)(line_len - len - 1),
						line + len + 1) < size;
	}
	return false;
}

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

static int ask(const char *run_path, char *text_out, int *tree_out)
{
	int err = read_status(run_path, text_out, tree_out);

	if (!err)
		return EXIT_DONE;
	fprintf(stderr, "%s/%s: no blobrootd answers: %s\n", run_path, LAYOUT_CONTROL, strerror(-err));
	return EXIT_TEMPORARY;
}

int client_status_main(int argc, char **argv)
{
	const char *run_path = client_take_run(argc, argv);
	char text[STATUS_MAX] = "", value[STATUS_MAX];
	int status, ignored;

	if (!run_path || argc - optind > 1)
		return EXIT_USAGE;
	status = ask(run_path, text, &ignored);
	if (status != EXIT_DONE)
		return status;
	if (argc == optind) {
		fputs(text, stdout);
		return EXIT_DONE;
	}
	if (!find_value(text, argv[optind], value, sizeof(value))) {
		fprintf(stderr, "status: %s: no such key\n", argv[optind]);
		return EXIT_PERMANENT;
	}
	puts(value);
	return EXIT_DONE;
}

int client_find_image(const char *run_path, struct client_image *image_out)
{
	char text[STATUS_MAX] = "", plan[NOTICE_TEXT_MAX], cache[8];
	int status = ask(run_path, text, &image_out->tree);

	if (status != EXIT_DONE)
		return status;
	if (!find_value(text, "mount", plan, sizeof(plan)) || !mount_plan_parse(plan, &image_out->plan)) {
		fprintf(stderr, "mount: the image is not ready\n");
		return EXIT_TEMPORARY;
	}
	if (!find_value(text, "transport", image_out->transport, sizeof(image_out->transport)))
		image_out->transport[0] = '\0';
	image_out->is_paged = find_value(text, "cache", cache, sizeof(cache)) &&
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
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = {.bytes = {0}};
	char text[] = "upgrade";
	struct iovec from = {text, sizeof(text)};
	struct msghdr message = {.msg_iov = &from,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	int fd = keeper_connect(run_path, LAYOUT_UPGRADE, SOCK_DGRAM), err = 0;

	if (fd < 0)
		return fd;
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(rights), (int[]){program, told}, 2 * sizeof(int));
	if (sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
		err = -errno;
	close(fd);
	return err;
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
