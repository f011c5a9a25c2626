/*
 * SPDX-License-Identifier: MIT
 *
 * promises SCRIPT IMAGE          against the fake kernel, in the directory ./cache
 * promises_real SCRIPT IMAGE     against /dev/cachefiles, as root, with the directories ./cache and ./mnt
 *
 * Runs a script and prints it again, with what was observed in place of what was expected: a script whose
 * promises are all kept comes out as it went in. Lines are
 *
 *   # text                      printed as they are
 *   COMMAND => OBSERVATION
 *   real: COMMAND => ..         only the real kernel is asked; the fake one takes this for a fault of the daemon
 *
 * Commands to the kernel:
 *   start                       the first engine, or the next one: `restore` comes before it
 *   kill                        SIGKILL to the engine
 *   mount KEY                   somebody mounts the image under this key, and opens its file
 *   read LABEL KEY OFF LEN      somebody reads the file
 *   end LABEL                   wait for the end of this reader, or of `mount KEY` or `umount KEY`: ok or its error
 *   serve LABEL                 the same, while the engine answers all requests as it should
 *   pending LABEL               it has not ended
 *   abandon LABEL               SIGKILL to the reader
 *   umount KEY                  somebody unmounts it
 *
 * Commands to the engine: see promises_engine.c.
 */
#include "promises.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORDS_MAX = 8 };

struct promises_image promises_image;
FILE *promises_out;

void promises_die(const char *what)
{
	fprintf(stderr, "promises: %s: %s\n", what, strerror(errno));
	_exit(1);
}

const char *promises_errno(int err)
{
	static const struct {
		int err;
		const char *name;
	} names[] = {{0, "ok"},
		     {EPERM, "EPERM"},
		     {ENOENT, "ENOENT"},
		     {EINTR, "EINTR"},
		     {EIO, "EIO"},
		     {EBADF, "EBADF"},
		     {ENOMEM, "ENOMEM"},
		     {EBUSY, "EBUSY"},
		     {EEXIST, "EEXIST"},
		     {ENODEV, "ENODEV"},
		     {EINVAL, "EINVAL"},
		     {EMFILE, "EMFILE"},
		     {ENOSPC, "ENOSPC"},
		     {ERANGE, "ERANGE"},
		     {ESTALE, "ESTALE"},
		     {ENOBUFS, "ENOBUFS"},
		     {EMSGSIZE, "EMSGSIZE"},
		     {EOPNOTSUPP, "EOPNOTSUPP"}};
	static char number[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].err == err)
			return names[i].name;
	snprintf(number, sizeof(number), "errno-%d", err);
	return number;
}

void promises_image_open(const char *path)
{
	static const char mark[] = "the file begins here\n";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	const uint8_t *found;

	if (fd < 0 || fstat(fd, &st))
		promises_die(path);
	promises_image.len = (uint64_t)st.st_size;
	promises_image.bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (promises_image.bytes == MAP_FAILED)
		promises_die(path);
	close(fd);
	found = memmem(promises_image.bytes, promises_image.len, mark, sizeof(mark) - 1);
	promises_image.base = found ? (uint64_t)(found - promises_image.bytes) : 0;
	if (promises_image.base == 0 || promises_image.base % 4096)
		promises_die("the image's file is not where it should be");
}

static bool is_kernels(const char *command)
{
	static const char *const names[] = {"start", "kill",    "mount",   "read",  "end",
					    "serve", "pending", "abandon", "umount"};
	size_t len = strcspn(command, " ");

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i]) == len && strncmp(names[i], command, len) == 0)
			return true;
	return false;
}

/* An engine that serves by itself, until a reader has ended. */
static const char *serve(char *const *words)
{
	char stopped[PROMISES_LINE];
	const char *how;

	promises_kernel_tell("serve");
	how = promises_kernel_run(words);
	promises_kernel_tell("stop");
	promises_kernel_answer(stopped, sizeof(stopped));
	return how;
}

static void run(const char *command)
{
	char answer[PROMISES_LINE] = "no such command", copy[PROMISES_LINE];
	static char nothing[] = "", end[] = "end";
	char *words[WORDS_MAX], *at = NULL;
	const char *how;

	if (is_kernels(command)) {
		snprintf(copy, sizeof(copy), "%s", command);
		for (size_t i = 0; i < WORDS_MAX; i++) {
			words[i] = strtok_r(i == 0 ? copy : NULL, " ", &at);
			if (!words[i])
				words[i] = nothing;
		}
		if (strcmp(words[0], "serve") == 0) {
			words[0] = end;
			how = serve(words);
		} else {
			how = promises_kernel_run(words);
		}
		snprintf(answer, sizeof(answer), "%s", how);
	} else {
		promises_kernel_tell(command);
		promises_kernel_answer(answer, sizeof(answer));
	}
	fprintf(promises_out, " => %s\n", answer);
	fflush(promises_out);
}

static void step(char *line)
{
	static const char real[] = "real: ";
	char *end = strstr(line, " => ");
	bool is_real = strncmp(line, real, sizeof(real) - 1) == 0;

	line[strcspn(line, "\n")] = '\0';
	if (!end || line[0] == '#' || (is_real && !promises_is_real)) {
		fprintf(promises_out, "%s\n", line);
		return;
	}
	*end = '\0';
	fputs(line, promises_out);
	run(is_real ? line + sizeof(real) - 1 : line);
}

int main(int argc, char **argv)
{
	char line[PROMISES_LINE];
	FILE *script;

	if (argc > 3 && strcmp(argv[1], "engine") == 0) {
		/* engine --device N .. IMAGE: as the keeper starts one. */
		promises_image_open(argv[argc - 1]);
		promises_engine(atoi(argv[3]));
	}
	if (argc != 3) {
		fputs("usage: promises SCRIPT IMAGE\n", stderr);
		return 2;
	}
	script = fopen(argv[1], "re");
	if (!script)
		promises_die(argv[1]);
	promises_image_open(argv[2]);
	promises_kernel_begin(argv[0], argv[2]);
	while (fgets(line, sizeof(line), script))
		step(line);
	promises_kernel_end();
	return 0;
}
