/* SPDX-License-Identifier: MIT */
#include "kernel_keeper.h"

#include "kernel_model.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REMEMBERED_MAX = 64 };

static char *remembered[REMEMBERED_MAX];
static unsigned remembered_count;
static const char *room = "1024";

void kernel_keeper_give_room(const char *mib)
{
	room = mib;
}

void kernel_keeper_remember(const char *text)
{
	size_t key_len = strcspn(text, "\t") + 1;
	unsigned i = 0;

	printf("remember %s\n", text);
	while (i < remembered_count && strncmp(remembered[i], text, key_len) != 0)
		i++;
	if (i == REMEMBERED_MAX)
		kernel_broken("too much to remember");
	if (i == remembered_count)
		remembered_count++;
	else
		free(remembered[i]);
	remembered[i] = strdup(text);
}

unsigned kernel_keeper_arguments(char **argv_out, unsigned most, int device, int notices, int counters,
				 int hashes)
{
	static char numbers[4][16];
	unsigned argc = 0;

	snprintf(numbers[0], sizeof(numbers[0]), "%d", device);
	snprintf(numbers[1], sizeof(numbers[1]), "%d", notices);
	snprintf(numbers[2], sizeof(numbers[2]), "%d", counters);
	snprintf(numbers[3], sizeof(numbers[3]), "%d", hashes);
	char *const fixed[] = {"engine",   "--device", numbers[0], "--notices", numbers[1],   "--counters",
			       numbers[2], "--hashes", numbers[3], "--room",    (char *)room, "--home",
			       "-1",       "--kmsg",   "-1",       "--console", "-1"};

	for (unsigned i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		argv_out[argc++] = fixed[i];
	for (unsigned i = 0; i < remembered_count && argc + 2 <= most; i++) {
		argv_out[argc++] = "--remember";
		argv_out[argc++] = remembered[i];
	}
	return argc;
}

const char *kernel_keeper_ask(const char *key)
{
	static char text[8192];
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "run/control"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t have = 0, len = strlen(key);
	ssize_t got;

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		kernel_broken("run/control: %s", strerror(errno));
	while (have < sizeof(text) - 1 && (got = read(fd, text + have, sizeof(text) - 1 - have)) > 0)
		have += (size_t)got;
	text[have] = '\0';
	close(fd);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (strncmp(line, key, len) == 0 && line[len] == '=')
			return line + len + 1;
	kernel_broken("run/control says nothing of %s", key);
}

unsigned kernel_keeper_ports(pid_t pid)
{
	char path[PATH_MAX], target[PATH_MAX], cache[PATH_MAX];
	unsigned count = 0;
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (!dir || !realpath("cache", cache))
		kernel_broken("%s: %s", path, strerror(errno));
	while ((entry = readdir(dir))) {
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		target[len > 0 ? len : 0] = '\0';
		if (strncmp(target, cache, strlen(cache)) == 0 && target[strlen(cache)] == '/')
			count++;
	}
	closedir(dir);
	return count;
}

static bool is_child(const char *name)
{
	char path[PATH_MAX], text[512], *after;
	FILE *file;
	size_t got;
	int parent = 0;

	snprintf(path, sizeof(path), "/proc/%s/stat", name);
	file = fopen(path, "re");
	if (!file)
		return false;
	got = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[got] = '\0';
	/* The process's name stands in parentheses and may hold any. */
	after = strrchr(text, ')');
	return after && sscanf(after, ") %*c %d", &parent) == 1 && parent == (int)getpid();
}

void kernel_keeper_end_children(void)
{
	bool is_any = true;

	while (is_any) {
		struct dirent *entry;
		DIR *dir = opendir("/proc");

		is_any = false;
		while (dir && (entry = readdir(dir))) {
			pid_t pid = (pid_t)atoi(entry->d_name);

			if (pid <= 0 || !is_child(entry->d_name))
				continue;
			is_any = true;
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
		}
		if (dir)
			closedir(dir);
	}
}
