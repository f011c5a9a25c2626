/*
 * SPDX-License-Identifier: MIT
 *
 * A script of promises against /dev/cachefiles: the runner holds the device, as a keeper does, and mounts and reads
 * in processes of their own, because a page that is missing stops whoever wants it.
 */
#include "promises.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READERS_MAX = 128, FILE_MAX = 1 << 20, EXIT_SHORT = 253, EXIT_WRONG = 254 };

const bool promises_is_real = true;

static struct {
	const char *program, *image;
	int commands, answers;
	pid_t engine;
	struct {
		char label[32];
		pid_t pid; /* 0: it has ended, and status says how */
		int status;
	} readers[READERS_MAX];
	size_t reader_count;
} real;

void promises_kernel_begin(const char *program, const char *image)
{
	int link[2], device = open("/dev/cachefiles", O_RDWR | O_CLOEXEC);

	promises_out = stdout;
	real.program = program;
	real.image = image;
	if (device < 0 || dup2(device, PROMISES_DEVICE) < 0)
		promises_die("/dev/cachefiles");
	close(device);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, link) ||
	    dup2(link[1], PROMISES_COMMANDS) < 0)
		promises_die("socketpair");
	real.commands = link[0];
}

void promises_kernel_tell(const char *command)
{
	if (write(real.commands, command, strlen(command)) < 0)
		promises_die("no engine");
}

void promises_kernel_answer(char *answer_out, size_t size)
{
	struct pollfd fd = {.fd = real.answers, .events = POLLIN};
	size_t have = 0;

	while (have < size - 1 && poll(&fd, 1, PROMISES_PATIENCE_MS) > 0 &&
	       read(real.answers, answer_out + have, 1) == 1 && answer_out[have] != '\n')
		have++;
	answer_out[have] = '\0';
}

static void start(void)
{
	int answers[2];

	/* Before a bind, and so before the first engine, there is nothing to restore. */
	if (write(PROMISES_DEVICE, "restore", 7) < 0 && errno != EOPNOTSUPP)
		promises_die("restore");
	if (pipe2(answers, O_CLOEXEC))
		promises_die("pipe");
	fflush(promises_out);
	real.engine = fork();
	if (real.engine == 0) {
		char device[16];

		snprintf(device, sizeof(device), "%d", PROMISES_DEVICE);
		dup2(answers[1], STDERR_FILENO);
		execl("/proc/self/exe", real.program, "engine", "--device", device, real.image, (char *)NULL);
		_exit(127);
	}
	close(answers[1]);
	real.answers = answers[0];
}

static void end_engine(void)
{
	kill(real.engine, SIGKILL);
	waitpid(real.engine, NULL, 0);
	close(real.answers);
}

static void path_of(const char *key, bool is_file, char *path_out, size_t size)
{
	snprintf(path_out, size, "mnt/%s%s", key, is_file ? "/data" : "");
}

static int mount_image(const char *key)
{
	char path[256], options[128];
	struct stat st;

	path_of(key, false, path, sizeof(path));
	mkdir(path, 0755);
	snprintf(options, sizeof(options), "fsid=%s", key);
	if (mount("none", path, "erofs", MS_RDONLY, options))
		return errno;
	/* From now on it is known where the file lies: a reader asks for nothing else. */
	path_of(key, true, path, sizeof(path));
	return stat(path, &st) ? errno : 0;
}

static int read_file(const char *key, uint64_t off, size_t len)
{
	static uint8_t bytes[FILE_MAX];
	char path[256];
	ssize_t got;
	int fd;

	path_of(key, true, path, sizeof(path));
	fd = open(path, O_RDONLY);
	if (fd < 0 || len > sizeof(bytes))
		return errno;
	/* No read-ahead: the kernel asks for what is read. */
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	got = pread(fd, bytes, len, (off_t)off);
	if (got < 0)
		return errno;
	if (memcmp(bytes, promises_image.bytes + promises_image.base + off, (size_t)got) != 0)
		return EXIT_WRONG;
	return (size_t)got == len ? 0 : EXIT_SHORT;
}

static int unmount(const char *key)
{
	char path[256];

	path_of(key, false, path, sizeof(path));
	return umount2(path, 0) ? errno : 0;
}

/* Does it in a process of its own, whose exit status is the error. */
static void begin(char *const *words)
{
	const char *label = words[1];
	size_t i = real.reader_count++;

	if (i == READERS_MAX)
		promises_die("too many readers");
	snprintf(real.readers[i].label, sizeof(real.readers[i].label), "%s", label);
	fflush(promises_out);
	real.readers[i].pid = fork();
	if (real.readers[i].pid == 0) {
		/* The last holder of the device's descriptor is the runner. */
		close(PROMISES_DEVICE);
		if (strcmp(words[0], "mount") == 0)
			_exit(mount_image(label));
		if (strcmp(words[0], "umount") == 0)
			_exit(unmount(label));
		_exit(read_file(words[2], strtoull(words[3], NULL, 10),
				(size_t)strtoull(words[4], NULL, 10)));
	}
}

static size_t reader_find(const char *label)
{
	for (size_t i = real.reader_count; i > 0; i--)
		if (strcmp(real.readers[i - 1].label, label) == 0)
			return i - 1;
	errno = ENOENT;
	promises_die(label);
}

/* Waits for so long; has it ended? */
static bool ends_in(size_t i, int ms)
{
	struct pollfd fd = {.events = POLLIN};
	bool has_ended;

	if (real.readers[i].pid == 0)
		return true;
	fd.fd = (int)syscall(SYS_pidfd_open, real.readers[i].pid, 0);
	has_ended = poll(&fd, 1, ms) > 0;
	close(fd.fd);
	if (!has_ended)
		return false;
	waitpid(real.readers[i].pid, &real.readers[i].status, 0);
	real.readers[i].pid = 0;
	return true;
}

static const char *end(const char *label)
{
	size_t i = reader_find(label);

	if (!ends_in(i, PROMISES_PATIENCE_MS))
		return "still waiting";
	if (WIFSIGNALED(real.readers[i].status))
		return "killed";
	if (WEXITSTATUS(real.readers[i].status) == EXIT_SHORT)
		return "a part";
	return WEXITSTATUS(real.readers[i].status) == EXIT_WRONG
		       ? "wrong bytes"
		       : promises_errno(WEXITSTATUS(real.readers[i].status));
}

const char *promises_kernel_run(char *const *words)
{
	const char *name = words[0], *arg = words[1];

	if (strcmp(name, "start") == 0) {
		start();
	} else if (strcmp(name, "kill") == 0) {
		end_engine();
	} else if (strcmp(name, "abandon") == 0) {
		kill(real.readers[reader_find(arg)].pid, SIGKILL);
		end(arg);
	} else if (strcmp(name, "pending") == 0) {
		return ends_in(reader_find(arg), 0) ? "over" : "pending";
	} else if (strcmp(name, "end") == 0) {
		return end(arg);
	} else {
		begin(words);
	}
	return "done";
}

void promises_kernel_end(void)
{
	end_engine();
	for (size_t i = 0; i < real.reader_count; i++)
		if (real.readers[i].pid)
			kill(real.readers[i].pid, SIGKILL);
}
