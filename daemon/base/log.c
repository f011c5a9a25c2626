/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEVEL_ERROR = 3, LEVEL_NOTE = 5 }; /* syslog(3) levels */

static int kmsg_fd = -1, console_fd = -1;
/* The kernel hides lines of this level and above (less urgent) from the console. */
static int console_hides = LOG_LEVEL_DEFAULT;

/* The first field of the file: messages below that number reach the console. */
static int console_level(void)
{
	int level = 7, fd = open("/proc/sys/kernel/printk", O_RDONLY | O_CLOEXEC);
	char text[64];
	ssize_t got;

	if (fd < 0)
		return level;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (got > 0) {
		text[got] = '\0';
		level = (int)strtol(text, NULL, 10);
	}
	return level;
}

void log_open(void)
{
	const char *to_stderr = getenv(LOG_STDERR_ENV);

	if (to_stderr && *to_stderr)
		return;
	kmsg_fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	console_hides = console_level();
	if (kmsg_fd >= 0 && console_hides <= LEVEL_NOTE)
		console_fd = open("/dev/console", O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

void log_descriptors(int *kmsg_out, int *console_out, int *level_out)
{
	*kmsg_out = kmsg_fd;
	*console_out = console_fd;
	*level_out = console_hides;
}

void log_adopt(int kmsg, int console, int level)
{
	kmsg_fd = kmsg;
	console_fd = console;
	console_hides = level;
	/* An engine of an older program may have made it block: then a console that is stopped would stop us. */
	if (console >= 0)
		fcntl(console, F_SETFL, O_WRONLY | O_NONBLOCK);
}

/* A failed write only loses a line, and there is nowhere to report it. */
static void put(int fd, const char *text, size_t len)
{
	ssize_t ignored = write(fd, text, len);

	(void)ignored;
}

static void clean(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || (unsigned char)text[i] >= 0x7f)
			text[i] = '?';
}

void log_clean(char *text)
{
	clean(text, strlen(text));
}

static void line(int level, const char *format, va_list args)
{
	char text[1024];
	int head = snprintf(text, sizeof(text), "<%d>", level);
	int prefix = snprintf(text + head, sizeof(text) - (size_t)head, "blobroot: ");
	int start = head + prefix;
	int len = vsnprintf(text + start, 900, format, args);

	if (len < 0)
		return;
	if (len > 899)
		len = 899;
	clean(text + start, (size_t)len);
	len += start;
	text[len++] = '\n';
	if (kmsg_fd >= 0)
		put(kmsg_fd, text, (size_t)len);
	else
		put(STDERR_FILENO, text + head, (size_t)(len - head));
	if (console_fd >= 0 && level >= console_hides)
		put(console_fd, text + head, (size_t)(len - head));
}

void log_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(LEVEL_NOTE, format, args);
	va_end(args);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(LEVEL_ERROR, format, args);
	va_end(args);
}
