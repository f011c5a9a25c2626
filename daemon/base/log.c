/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include "base/clock.h"
#include "base/flood.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEVEL_ERROR = 3, LEVEL_NOTE = 5 }; /* syslog(3) levels */
enum { LINE_MAX = 900 };

static int kmsg_fd = -1, console_fd = -1;
/* The kernel hides lines of this level and above (less urgent) from the console. */
static int console_hides = LOG_LEVEL_DEFAULT;
static struct flood flood;
static bool is_bounded;
static void (*on_left_out)(void *arg);
static void *on_left_out_arg;

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

static void clean(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || (unsigned char)*text >= 0x7f)
			*text = '?';
}

/* Shape: text is one line, of at most LINE_MAX + 63 bytes. */
static void write_line(int level, char *text)
{
	char line[LINE_MAX + 128];
	int head = snprintf(line, sizeof(line), "<%d>", level), len;

	clean(text);
	len = head + snprintf(line + head, sizeof(line) - (size_t)head, "blobroot: %s\n", text);
	if (kmsg_fd >= 0)
		put(kmsg_fd, line, (size_t)len);
	else
		put(STDERR_FILENO, line + head, (size_t)(len - head));
	if (console_fd >= 0 && level >= console_hides)
		put(console_fd, line + head, (size_t)(len - head));
}

void log_bound(void)
{
	is_bounded = true;
}

void log_watch(void (*fn)(void *arg), void *arg)
{
	on_left_out = fn;
	on_left_out_arg = arg;
}

bool log_catch_up(void)
{
	const struct flood_row *row;
	unsigned left_out;
	bool is_pending;
	char text[LINE_MAX];

	while ((row = flood_take_left_out(&flood, clock_ms(), &left_out, &is_pending))) {
		snprintf(text, sizeof(text), "log: lines left out: %u, like this one: %s", left_out,
			 row->like);
		write_line(LEVEL_NOTE, text);
	}
	return !is_pending;
}

static void say(int level, const char *format, va_list args)
{
	char text[LINE_MAX + 64];
	unsigned left_out = 0;

	if (vsnprintf(text, LINE_MAX, format, args) < 0)
		return;
	if (is_bounded && !flood_may_say(&flood, format, text, clock_ms(), &left_out)) {
		if (on_left_out)
			on_left_out(on_left_out_arg);
		return;
	}
	if (left_out) {
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, " (lines left out: %u)", left_out);
	}
	write_line(level, text);
}

void log_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LEVEL_NOTE, format, args);
	va_end(args);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LEVEL_ERROR, format, args);
	va_end(args);
}

void log_last(const char *format, ...)
{
	va_list args;

	is_bounded = false;
	va_start(args, format);
	say(LEVEL_ERROR, format, args);
	va_end(args);
}
