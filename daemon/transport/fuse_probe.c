/* SPDX-License-Identifier: MIT */
/*
 * Tries what the kernel really does: serves a tiny image, has EROFS read it, and looks for a known fault.
 *
 * The fault (before Linux 7.0, and those with its commit eade54040384): when a reader is killed in the middle of a read, what
 * it had not got yet is zeros from then on, for everybody. To show it, the first block of a file is had read, so that the
 * page cache has it; then a reader wants both, waits for the second, and is killed.
 */
#include "base/exits.h"
#include "transport/erofs_mount.h"
#include "transport/erofs_tiny.h"
#include "transport/fuse.h"
#include "transport/fuse_msg.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PATIENCE_MS = 10000, /* for what takes a millisecond */
	SECOND =
		EROFS_TINY_FILE_OFF + EROFS_TINY_SIZE / 3, /* the image's offset of the file's second block */
};

#define IMAGE "image"

struct probe {
	struct transport_ends ends;
	uint8_t image[EROFS_TINY_SIZE];
	int held[2]; /* pipe: the server writes a byte when it has the first request for the second block */
	int go[2];   /* pipe: and answers it after a byte from here */
	pid_t server;
	bool was_held; /* the server's */
};

/* -- the server, a process of its own ------------------------------------------------------------------------------- */

static void answer(int device, uint64_t unique, int err, const void *bytes, size_t len)
{
	struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + len), .error = err, .unique = unique};
	struct iovec all[2] = {{&header, sizeof(header)}, {(void *)bytes, len}};

	(void)writev(device, all, 2);
}

static void answer_read(struct probe *probe, const struct fuse_msg *msg)
{
	uint64_t off = msg->read.off, end = off + msg->read.len;
	char byte = 0;

	if (end > EROFS_TINY_SIZE)
		end = EROFS_TINY_SIZE;
	if (off >= end) {
		answer(probe->ends.device, msg->unique, -EIO, NULL, 0);
		return;
	}
	if (!probe->was_held && off <= SECOND && SECOND < end) {
		probe->was_held = true;
		if (write(probe->held[1], &byte, 1) == 1)
			(void)!read(probe->go[0], &byte, 1);
	}
	answer(probe->ends.device, msg->unique, 0, probe->image + off, end - off);
}

static void serve_one(struct probe *probe, const struct fuse_msg *msg)
{
	uint64_t node = fuse_msg_node(IMAGE);
	struct fuse_entry_out entry = fuse_msg_entry(node, EROFS_TINY_SIZE);
	struct fuse_attr_out attr = fuse_msg_attr(msg->node, EROFS_TINY_SIZE);
	struct fuse_open_out opened = fuse_msg_open();
	int device = probe->ends.device;

	switch (msg->kind) {
	case FUSE_MSG_LOOKUP:
		answer(device, msg->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_MSG_GETATTR:
		answer(device, msg->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_MSG_OPEN:
		answer(device, msg->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_MSG_READ:
		answer_read(probe, msg);
		break;
	case FUSE_MSG_DONE:
		answer(device, msg->unique, 0, NULL, 0);
		break;
	case FUSE_MSG_STATFS:
	case FUSE_MSG_REFUSED:
		answer(device, msg->unique, msg->kind == FUSE_MSG_REFUSED ? msg->error : -ENOSYS, NULL, 0);
		break;
	case FUSE_MSG_INTERRUPT:
	case FUSE_MSG_FORGET:
		break;
	}
}

static void serve(struct probe *probe)
{
	struct pollfd wait = {.fd = probe->ends.device, .events = POLLIN};
	uint8_t message[FUSE_MSG_MAX];
	struct fuse_msg msg;
	ssize_t got;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	close(probe->ends.tree);
	close(probe->held[0]);
	close(probe->go[1]);
	while (poll(&wait, 1, -1) > 0) {
		got = read(probe->ends.device, message, sizeof(message));
		if (got < 0 && errno != EINTR && errno != EAGAIN && errno != ENOENT)
			break;
		if (got > 0 && fuse_msg_decode(message, (size_t)got, &msg))
			serve_one(probe, &msg);
	}
	_exit(0);
}

/* -- the probe ------------------------------------------------------------------------------------------------------ */

static bool has_come(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	return poll(&wait, 1, PATIENCE_MS) > 0 && wait.revents & POLLIN;
}

/* A process that reads all of the file, and is killed when it waits for the second block. */
static void kill_a_reader(const struct probe *probe, int file)
{
	char bytes[EROFS_TINY_FILE_SIZE], byte = 0;
	pid_t reader = fork();

	if (reader == 0) {
		(void)!pread(file, bytes, sizeof(bytes), 0);
		_exit(0);
	}
	if (reader < 0)
		return;
	if (has_come(probe->held[0]))
		kill(reader, SIGKILL);
	/* It waits for the server, or is gone: either way it has its answer now. */
	(void)!write(probe->go[1], &byte, 1);
	waitpid(reader, NULL, 0);
}

/* Returns NULL, or what is wrong with what EROFS shows. */
static const char *read_file(const struct probe *probe, int served, int file)
{
	uint8_t bytes[EROFS_TINY_FILE_SIZE];
	ssize_t got;

	/* The first block alone. */
	if (pread(served, bytes, 4096, EROFS_TINY_FILE_OFF) != 4096)
		return "its FUSE cannot be read";
	kill_a_reader(probe, file);
	got = pread(file, bytes, sizeof(bytes), 0);
	if (got != (ssize_t)sizeof(bytes))
		return got < 0 ? strerror(errno) : "its EROFS reads less than there is";
	if (memcmp(bytes, probe->image + EROFS_TINY_FILE_OFF, sizeof(bytes)) == 0)
		return NULL;
	return "its EROFS shows zeros to everybody when a reader is killed (mended in Linux 7.0, 6.18 and 6.12.118)";
}

static int try_image(const struct probe *probe, char *why_out)
{
	int served = openat(probe->ends.tree, IMAGE, O_RDONLY | O_CLOEXEC), mount, file;
	char source[32], said[TRANSPORT_WHY_MAX / 2];
	enum fs_mount_step step;
	const char *why;

	if (served < 0) {
		snprintf(why_out, TRANSPORT_WHY_MAX, "kernel: its FUSE cannot open a file: %s",
			 strerror(errno));
		return EXIT_PERMANENT;
	}
	snprintf(source, sizeof(source), "/proc/self/fd/%d", served);
	mount = fs_make("erofs", source, "", &step, said, sizeof(said));
	if (mount < 0) {
		why = fuse_explain_mount(step, -mount, said);
		snprintf(why_out, TRANSPORT_WHY_MAX, "kernel: %s%s%s",
			 why                     ? why
			 : step == FS_MOUNT_TYPE ? "it has no EROFS: the module erofs.ko is not here"
						 : strerror(-mount),
			 *said ? ": it says: " : "", said);
		close(served);
		return EXIT_PERMANENT;
	}
	file = openat(mount, EROFS_TINY_FILE, O_RDONLY | O_CLOEXEC);
	why = file < 0 ? strerror(errno) : read_file(probe, served, file);
	if (why)
		snprintf(why_out, TRANSPORT_WHY_MAX, "kernel: %s", why);
	if (file >= 0)
		close(file);
	close(mount);
	close(served);
	return why ? EXIT_PERMANENT : EXIT_DONE;
}

static int run(struct probe *probe, char *why_out)
{
	int status;

	if (pipe2(probe->held, O_CLOEXEC) || pipe2(probe->go, O_CLOEXEC) || (probe->server = fork()) < 0) {
		snprintf(why_out, TRANSPORT_WHY_MAX, "kernel: %s", strerror(errno));
		return EXIT_TEMPORARY;
	}
	if (probe->server == 0)
		serve(probe);
	close(probe->held[1]);
	close(probe->go[0]);
	status = try_image(probe, why_out);
	close(probe->held[0]);
	close(probe->go[1]);
	kill(probe->server, SIGKILL);
	waitpid(probe->server, NULL, 0);
	return status;
}

int fuse_probe(char *why_out)
{
	struct probe probe = {.was_held = false};
	void (*on_pipe)(int) = signal(SIGPIPE, SIG_IGN);
	int status;

	*why_out = '\0';
	status = fuse_open(false, &probe.ends, why_out);
	if (status == EXIT_DONE) {
		erofs_tiny_make(probe.image);
		status = run(&probe, why_out);
		close(probe.ends.tree);
		close(probe.ends.device);
	}
	signal(SIGPIPE, on_pipe);
	return status;
}
