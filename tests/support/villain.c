/* SPDX-License-Identifier: MIT
 *
 * blobrootd whose engines were taken over. Keeper and client are the daemon's own; an engine does what the test says,
 * and then, if so told, becomes the real engine. It also asks for upgrades as `blobrootd upgrade` would not.
 *
 * In the directory $VILLAIN each engine writes its arguments to ./engines, one a line, behind the line `engine`, takes
 * the file ./next away, if there is one, and does its lines:
 *
 *   ready TEXT, remember TEXT, failed TEXT   sends a notice; %XX is a byte
 *   flood N                  N texts to remember that are as long as can be
 *   descriptors N            N notices, each with a descriptor
 *   scribble                 sets each byte of the counters and of the hash cache; their sizes must stay
 *   stop                     the keeper, which somebody else lets go on
 *   exit N
 *
 * Then it becomes ./engine, the real program, or without that file waits until it is killed.
 *
 * villain offer HOW RUN PATH: asks the keeper of RUN to go on with PATH, as a `file`, or in a memfd `sealed` with all
 * seals but one (`shrink`, `grow`, `write`), or as the user `nobody`. Prints the answer, and exits with its status. With
 * `full` there is no room for an answer, and it waits until its standard input ends.
 */
#include "base/exits.h"
#include "base/notice.h"
#include "keeper/launch.h"
#include "keeper/start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "villain: %s: %s\n", what, strerror(errno));
	_exit(1);
}

/* -- an engine ------------------------------------------------------------------------------------------------------ */

static int notices, counters, hash_cache;

static void send_notice(uint32_t type, const char *text)
{
	struct notice notice = {.type = type};
	size_t len = 0;
	unsigned byte;

	for (; *text && len < NOTICE_TEXT_MAX - 1; text++) {
		if (sscanf(text, "%%%2x", &byte) == 1)
			text += 2;
		else
			byte = (unsigned char)*text;
		notice.text[len++] = (char)byte;
	}
	/* Not by notice_send, which sends no nonsense. */
	send(notices, &notice, offsetof(struct notice, text) + len + 1, MSG_NOSIGNAL);
}

static void flood(int count)
{
	char text[NOTICE_TEXT_MAX];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < count; i++) {
		char key[16];

		memcpy(text, key, (size_t)snprintf(key, sizeof(key), "%04d\t1\t", i));
		send_notice(NOTICE_REMEMBER, text);
	}
}

static void send_descriptors(int socket, const int *fds, unsigned count, const void *bytes, size_t len)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec from = {(void *)bytes, len};
	struct msghdr message = {.msg_iov = &from,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = CMSG_SPACE(count * sizeof(int))};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(rights), fds, count * sizeof(int));
	if (sendmsg(socket, &message, MSG_NOSIGNAL) < 0)
		fail("sendmsg");
}

static void scribble(int fd)
{
	struct stat st;
	char *memory;

	if (ftruncate(fd, 0) == 0 || fstat(fd, &st))
		fail("the memory is not sealed");
	memory = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		fail("mmap");
	memset(memory, 0xa5, (size_t)st.st_size);
}

static void act(char *line)
{
	char *text = line + strcspn(line, " ");
	const struct notice notice = {.type = NOTICE_REMEMBER, .text = "descriptor\t1\t\t"};

	if (*text)
		*text++ = '\0';
	if (strcmp(line, "ready") == 0)
		send_notice(NOTICE_READY, text);
	else if (strcmp(line, "remember") == 0)
		send_notice(NOTICE_REMEMBER, text);
	else if (strcmp(line, "failed") == 0)
		send_notice(NOTICE_FAILED, text);
	else if (strcmp(line, "flood") == 0)
		flood(atoi(text));
	else if (strcmp(line, "descriptors") == 0)
		for (int i = atoi(text); i > 0; i--)
			send_descriptors(notices, (int[]){counters, notices}, 2, &notice,
					 offsetof(struct notice, text) + strlen(notice.text) + 1);
	else if (strcmp(line, "scribble") == 0)
		scribble(counters), scribble(hash_cache);
	else if (strcmp(line, "stop") == 0)
		kill(getppid(), SIGSTOP);
	else if (strcmp(line, "exit") == 0)
		_exit(atoi(text));
	else
		fail(line);
}

static FILE *open_file(const char *name, const char *mode)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", getenv("VILLAIN"), name);
	return fopen(path, mode);
}

static int engine_main(int argc, char **argv)
{
	char line[4096], path[4096];
	FILE *file = open_file("engines", "ae");

	if (!file)
		fail("$VILLAIN/engines");
	for (int i = 1; i < argc; i++) {
		fprintf(file, "%s\n", argv[i]);
		if (i + 1 < argc && strcmp(argv[i], "--notices") == 0)
			notices = atoi(argv[i + 1]);
		if (i + 1 < argc && strcmp(argv[i], "--counters") == 0)
			counters = atoi(argv[i + 1]);
		if (i + 1 < argc && strcmp(argv[i], "--hashes") == 0)
			hash_cache = atoi(argv[i + 1]);
	}
	fclose(file);
	file = open_file("next", "re");
	snprintf(path, sizeof(path), "%s/next", getenv("VILLAIN"));
	unlink(path);
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		act(line);
	}
	snprintf(path, sizeof(path), "%s/engine", getenv("VILLAIN"));
	execv(path, argv);
	for (;;)
		pause();
}

/* -- an upgrade ----------------------------------------------------------------------------------------------------- */

static int program_memfd(const char *path, int seals)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), to = memfd_create("villain", MFD_ALLOW_SEALING);
	char buf[65536];
	ssize_t got;

	if (from < 0 || to < 0)
		fail(path);
	while ((got = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)got) != got)
			fail("write");
	if (fchmod(to, 0555) || fcntl(to, F_ADD_SEALS, seals))
		fail("seals");
	return to;
}

static int offer_main(const char *how, const char *run, const char *path)
{
	const int all = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char text[NOTICE_TEXT_MAX];
	int program, status, told[2], fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (strcmp(how, "file") == 0)
		program = open(path, O_RDONLY);
	else
		program = program_memfd(path, strcmp(how, "shrink") == 0  ? all & ~F_SEAL_SHRINK
					      : strcmp(how, "grow") == 0  ? all & ~F_SEAL_GROW
					      : strcmp(how, "write") == 0 ? all & ~F_SEAL_WRITE
									  : all);
	if (program < 0 || pipe(told))
		fail(path);
	if (strcmp(how, "full") == 0) {
		fcntl(told[1], F_SETFL, O_NONBLOCK);
		while (write(told[1], "x", 1) == 1)
			;
		fcntl(told[1], F_SETFL, 0);
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/upgrade", run);
	if (strcmp(how, "nobody") == 0 && setuid(65534))
		fail("setuid");
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		fail(address.sun_path);
	send_descriptors(fd, (int[]){program, told[1]}, 2, "upgrade", 8);
	if (strcmp(how, "full") == 0)
		return (int)read(STDIN_FILENO, &address, 1);
	close(told[1]);
	status = launch_wait(told[0], text);
	if (status != EXIT_DONE)
		fprintf(stderr, "%s\n", text);
	return status;
}

int main(int argc, char **argv)
{
	const char *role = argc > 1 ? argv[1] : "";

	if (strcmp(role, "start") == 0)
		return start_main(argc, argv);
	if (strcmp(role, "engine") == 0)
		return engine_main(argc, argv);
	if (strcmp(role, "offer") == 0 && argc == 5)
		return offer_main(argv[2], argv[3], argv[4]);
	return EXIT_USAGE;
}
