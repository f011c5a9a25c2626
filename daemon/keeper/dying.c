/* SPDX-License-Identifier: MIT */
#include "keeper/dying.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool dying_is_said(const char *status)
{
	const char *pending = strstr(status, "\nSigPnd:\t");

	return pending && strtoull(pending + strlen("\nSigPnd:\t"), NULL, 16) >> (SIGKILL - 1) & 1;
}

bool dying_is(int proc, int thread)
{
	char path[32], text[4096];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%d/status", thread);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	return dying_is_said(text);
}
