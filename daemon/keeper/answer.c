/* SPDX-License-Identifier: MIT */
#include "keeper/answer.h"

#include "base/exits.h"
#include "base/layout.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int answer_connect(const char *run_path, const char *name, int type)
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

/* Those beyond what fits are closed. */
static void keep_rights(struct answer *answer, const int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (answer->right_count < RIGHTS_MAX)
			answer->rights[answer->right_count++] = fds[i];
		else
			close(fds[i]);
	}
}

/* Errors: -errno. */
static int receive(int fd, struct answer *answer)
{
	int fds[RIGHTS_MAX];
	unsigned count;
	size_t have = 0;
	ssize_t got = 1;

	while (got != 0 && have < ANSWER_TEXT_MAX - 1) {
		got = rights_receive(fd, answer->text + have, ANSWER_TEXT_MAX - 1 - have, 0, fds, &count);
		if (got < 0 && got != -EINTR)
			return (int)got;
		keep_rights(answer, fds, count);
		have += got > 0 ? (size_t)got : 0;
	}
	answer->text[have] = '\0';
	return 0;
}

int answer_get(const char *run_path, struct answer *answer_out)
{
	int fd = answer_connect(run_path, LAYOUT_CONTROL, SOCK_STREAM), err = fd < 0 ? fd : 0;

	answer_out->right_count = 0;
	if (!err)
		err = receive(fd, answer_out);
	if (fd >= 0)
		close(fd);
	if (!err)
		return EXIT_DONE;
	answer_end(answer_out);
	fprintf(stderr, "%s/%s: no blobrootd answers: %s\n", run_path, LAYOUT_CONTROL, strerror(-err));
	return EXIT_TEMPORARY;
}

void answer_end(struct answer *answer)
{
	for (unsigned i = 0; i < answer->right_count; i++)
		if (answer->rights[i] >= 0)
			close(answer->rights[i]);
	answer->right_count = 0;
}

bool answer_find(const struct answer *answer, const char *key, char *value_out, size_t size)
{
	size_t len = strlen(key), line_len;

	for (const char *line = answer->text; *line; line += line_len + (line[line_len] == '\n')) {
		line_len = strcspn(line, "\n");
		if (line_len > len && strncmp(line, key, len) == 0 && line[len] == '=')
			return (size_t)snprintf(value_out, size, "%.*s", (int)(line_len - len - 1),
						line + len + 1) < size;
	}
	return false;
}

int answer_take(struct answer *answer, const char *name)
{
	char names[64], *rest = names, *at;
	int fd;

	/* Older keepers send the tree only, and do not say so. */
	if (!answer_find(answer, "rights", names, sizeof(names)))
		snprintf(names, sizeof(names), "tree");
	for (unsigned i = 0; i < answer->right_count && (at = strsep(&rest, ",")); i++) {
		if (strcmp(at, name) != 0)
			continue;
		fd = answer->rights[i];
		answer->rights[i] = -1;
		return fd;
	}
	return -1;
}
