/*
 * SPDX-License-Identifier: MIT
 *
 * A script of promises against the fake kernel: what kernel.c does for the daemon is done here for promises_engine.c.
 */
#include "promises.h"

#include "kernel_daemon.h"
#include "kernel_model.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OBJECTS_MAX = 64 };

const bool promises_is_real = false;

static struct {
	int commands;
	size_t answers_seen;
} fake;

void kernel_broken(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs(" broken: ", promises_out);
	vfprintf(promises_out, format, args);
	fputc('\n', promises_out);
	va_end(args);
	fflush(promises_out);
	kernel_daemon_end();
	_exit(1);
}

void promises_kernel_begin(const char *program, const char *image)
{
	static char *words[2];
	struct kernel_daemon_options options = {.program = program, .words = words, .patience_s = 60};
	int link[2];

	/* What the fake kernel says of each event is no observation. */
	promises_out = fdopen(dup(STDOUT_FILENO), "we");
	if (!promises_out || !freopen("events", "we", stdout))
		promises_die("events");
	words[0] = strdup(image);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, link) ||
	    dup2(link[1], PROMISES_COMMANDS) < 0)
		promises_die("socketpair");
	fake.commands = link[0];
	kernel_model_init("cache");
	kernel_daemon_init(&options);
}

void promises_kernel_tell(const char *command)
{
	if (write(fake.commands, command, strlen(command)) < 0)
		promises_die("no engine");
}

static bool has_answered(const void *arg)
{
	(void)arg;
	return kernel_daemon_log_count() > fake.answers_seen;
}

void promises_kernel_answer(char *answer_out, size_t size)
{
	kernel_daemon_wait(has_answered, NULL, false, "the engine's answer");
	snprintf(answer_out, size, "%s", kernel_daemon_log(fake.answers_seen++));
}

static struct kernel_object *object_find(const char *key)
{
	struct kernel_object *found = NULL, *object;

	for (uint32_t id = 1; (object = kernel_model_object(id)); id++)
		if (strcmp(object->key, key) == 0)
			found = object;
	return found;
}

static struct kernel_request *request_find(const char *label)
{
	struct kernel_request *found = NULL, *request;

	for (size_t i = 0; (request = kernel_model_request(i)); i++)
		if (strcmp(request->label, label) == 0)
			found = request;
	return found;
}

static bool is_over(const void *request)
{
	return ((const struct kernel_request *)request)->state == KERNEL_OVER;
}

/* A mount reads the image's first block once it is open. */
static void do_mount(const char *key)
{
	char volume[PROMISES_LINE];

	snprintf(volume, sizeof(volume), "erofs,%s", key);
	kernel_model_read(kernel_model_open(key, volume), 0, KERNEL_BLOCK, key);
}

static const char *end(const char *label)
{
	static uint8_t bytes[1 << 20];
	const struct kernel_request *request = request_find(label);
	const struct kernel_object *object = request ? kernel_model_object(request->object_id) : NULL;

	if (!object)
		return "no such reader";
	/* fscache forgets an object in the background. */
	if (object->state == KERNEL_CLOSING || object->state == KERNEL_DROPPED)
		return request->is_good ? "ok" : promises_errno(EIO);
	kernel_daemon_wait(is_over, request, false, label);
	if (!request->is_good)
		return promises_errno(EIO);
	if (pread(object->file, bytes, request->len, (off_t)request->off) != (ssize_t)request->len ||
	    memcmp(bytes, promises_image.bytes + request->off, request->len) != 0)
		return "wrong bytes";
	return "ok";
}

const char *promises_kernel_run(char *const *words)
{
	const char *name = words[0], *arg = words[1];

	if (strcmp(name, "start") == 0) {
		kernel_daemon_start();
	} else if (strcmp(name, "kill") == 0) {
		kernel_daemon_kill();
	} else if (strcmp(name, "mount") == 0) {
		do_mount(arg);
	} else if (strcmp(name, "read") == 0) {
		kernel_model_read(object_find(words[2]), promises_image.base + strtoull(words[3], NULL, 10),
				  strtoull(words[4], NULL, 10), arg);
	} else if (strcmp(name, "umount") == 0) {
		kernel_model_close(object_find(arg));
	} else if (strcmp(name, "abandon") == 0) {
		kernel_model_abandon(request_find(arg));
	} else if (strcmp(name, "pending") == 0) {
		return is_over(request_find(arg)) ? "over" : "pending";
	} else {
		return end(arg);
	}
	return "done";
}

void promises_kernel_end(void)
{
	fflush(promises_out);
	kernel_daemon_end();
	_exit(0);
}
