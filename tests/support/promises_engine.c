/*
 * SPDX-License-Identifier: MIT
 *
 * The engine's side of a script of promises:
 *
 *   take                 wait for a message and read it: OPEN KEY VOLUME, READ KEY OFF LEN, CLOSE KEY
 *   take N               read with a buffer of N bytes
 *   nothing              read what must not be there
 *   serve, stop          answer everything as it should be, until stop
 *   command TEXT         write this to the device
 *   copen KEY SIZE       answer the last OPEN of KEY: a number, or `size`, the image's
 *   there KEY            wait until the kernel has made the object's file
 *   fill KEY OFF LEN [SHIFT]  write the image's bytes to the object's file, from memory that is SHIFT bytes off
 *   complete KEY OFF     the READ at OFF that was taken last is complete, says the descriptor of KEY
 *   port KEY             how the object's descriptor was opened
 *   close KEY            close it
 *   descriptors none|ok  no more may be opened
 *
 * OFF of a READ is from the file's begin; what lies before that is called `meta`.
 */
#include "promises.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/cachefiles.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { OBJECTS_MAX = 32, READS_MAX = 256, BLOCK = 4096 };

static struct {
	int device;
	struct {
		uint32_t id, open_id;
		char key[64];
		int port;
	} objects[OBJECTS_MAX]; /* the last of a key is its */
	size_t object_count;
	struct {
		uint32_t id, object_id;
		uint64_t off, len;
	} reads[READS_MAX];
	size_t read_count;
	uint8_t *buffer; /* aligned, and a block more than the image has */
} engine;

static _Alignas(8) uint8_t message[CACHEFILES_MSG_MAX_SIZE];

/* -1: there was no OPEN of it. */
static int object_by_key(const char *key)
{
	for (size_t i = engine.object_count; i > 0; i--)
		if (strcmp(engine.objects[i - 1].key, key) == 0)
			return (int)i - 1;
	return -1;
}

static size_t object_by_id(uint32_t id)
{
	for (size_t i = engine.object_count; i > 0; i--)
		if (engine.objects[i - 1].id == id)
			return i - 1;
	errno = ENOENT;
	promises_die("an object without an OPEN");
}

static void note_open(const struct cachefiles_msg *msg, char *answer_out, size_t size)
{
	const struct cachefiles_open *body = (const void *)msg->data;
	const char *volume = (const char *)body->data, *key = volume + body->volume_key_size;
	size_t i = engine.object_count++;

	if (i == OBJECTS_MAX)
		promises_die("too many objects");
	engine.objects[i].id = msg->object_id;
	engine.objects[i].open_id = msg->msg_id;
	engine.objects[i].port = (int)body->fd;
	snprintf(engine.objects[i].key, sizeof(engine.objects[i].key), "%.*s", (int)body->cookie_key_size,
		 key);
	/* The volume's key ends in a NUL, which counts; the cookie's does not. */
	snprintf(answer_out, size, "OPEN %s %s%s", engine.objects[i].key, volume,
		 volume[body->volume_key_size - 1] || msg->len != sizeof(*msg) + sizeof(*body) +
									  body->volume_key_size +
									  body->cookie_key_size
			 ? " of a wrong length"
			 : "");
	for (size_t other = 0; other < i; other++)
		if (engine.objects[other].id == msg->object_id)
			snprintf(answer_out, size, "OPEN %s with the number of %s", engine.objects[i].key,
				 engine.objects[other].key);
}

static void note_read(const struct cachefiles_msg *msg, char *answer_out, size_t size)
{
	const struct cachefiles_read *body = (const void *)msg->data;
	size_t i = engine.read_count++;
	const char *key = engine.objects[object_by_id(msg->object_id)].key;

	if (i == READS_MAX)
		promises_die("too many reads");
	engine.reads[i].id = msg->msg_id;
	engine.reads[i].object_id = msg->object_id;
	engine.reads[i].off = body->off;
	engine.reads[i].len = body->len;
	if (body->off >= promises_image.base)
		snprintf(answer_out, size, "READ %s %llu %llu", key,
			 (unsigned long long)(body->off - promises_image.base),
			 (unsigned long long)body->len);
	else
		snprintf(answer_out, size, "READ %s meta %llu", key, (unsigned long long)body->len);
}

/* Reads one message, if there is one, and says which. */
static ssize_t take(size_t room, char *answer_out, size_t size)
{
	const struct cachefiles_msg *msg = (const void *)message;
	ssize_t got = read(engine.device, message, room);

	if (got < 0)
		snprintf(answer_out, size, "%s", promises_errno(errno));
	else if (got == 0)
		snprintf(answer_out, size, "nothing");
	else if (msg->opcode == CACHEFILES_OP_OPEN)
		note_open(msg, answer_out, size);
	else if (msg->opcode == CACHEFILES_OP_READ)
		note_read(msg, answer_out, size);
	else
		snprintf(answer_out, size, "CLOSE %s", engine.objects[object_by_id(msg->object_id)].key);
	return got;
}

/* The device may be readable for a moment before there is a message: an object that is opened again. */
static void do_take(size_t room, char *answer_out, size_t size)
{
	struct pollfd fd = {.fd = engine.device, .events = POLLIN};

	do {
		if (poll(&fd, 1, PROMISES_PATIENCE_MS) == 0) {
			snprintf(answer_out, size, "nothing came");
			return;
		}
	} while (take(room, answer_out, size) == 0);
}

static int command(const char *text)
{
	return write(engine.device, text, strlen(text)) < 0 ? errno : 0;
}

static int copen(size_t object, const char *size)
{
	char text[128];

	if (strcmp(size, "size") == 0)
		snprintf(text, sizeof(text), "copen %u,%llu", engine.objects[object].open_id,
			 (unsigned long long)promises_image.len);
	else
		snprintf(text, sizeof(text), "copen %u,%s", engine.objects[object].open_id, size);
	return command(text);
}

static int there(size_t object)
{
	for (int ms = 0; lseek(engine.objects[object].port, 0, SEEK_END) < 0; ms++) {
		if (errno != ENOBUFS || ms == PROMISES_PATIENCE_MS)
			return errno;
		usleep(1000);
	}
	return 0;
}

/* off is in the image; the last block goes padded with zeros. */
static int fill(size_t object, uint64_t off, uint64_t len, size_t shift)
{
	uint64_t have = off < promises_image.len ? promises_image.len - off : 0;
	ssize_t put;

	memset(engine.buffer, 0, (size_t)promises_image.len + 2 * BLOCK);
	if (len > promises_image.len + BLOCK)
		return E2BIG;
	memcpy(engine.buffer + shift, promises_image.bytes + off, (size_t)(have < len ? have : len));
	put = pwrite(engine.objects[object].port, engine.buffer + shift, (size_t)len, (off_t)off);
	return put < 0 ? errno : (uint64_t)put == len ? 0 : ENOSPC;
}

static int complete(size_t object, uint32_t id)
{
	return ioctl(engine.objects[object].port, CACHEFILES_IOC_READ_COMPLETE, (unsigned long)id) < 0 ? errno
												       : 0;
}

static int complete_at(size_t object, uint64_t off)
{
	for (size_t i = engine.read_count; i > 0; i--)
		if (engine.reads[i - 1].off == off)
			return complete(object, engine.reads[i - 1].id);
	return ENOENT;
}

static void serve_one(void)
{
	const struct cachefiles_msg *msg = (const void *)message;
	char text[PROMISES_LINE];

	if (take(sizeof(message), text, sizeof(text)) <= 0)
		return;
	if (msg->opcode == CACHEFILES_OP_OPEN) {
		copen(engine.object_count - 1, "size");
		there(engine.object_count - 1);
	} else if (msg->opcode == CACHEFILES_OP_READ) {
		size_t object = object_by_id(msg->object_id), i = engine.read_count - 1;

		fill(object, engine.reads[i].off, engine.reads[i].len, 0);
		complete(object, engine.reads[i].id);
	} else {
		close(engine.objects[object_by_id(msg->object_id)].port);
	}
}

/* Until the next command, which is `stop`. */
static void do_serve(void)
{
	struct pollfd fds[2] = {{.fd = PROMISES_COMMANDS, .events = POLLIN},
				{.fd = engine.device, .events = POLLIN}};

	while (poll(fds, 2, -1) >= 0 && !(fds[0].revents & POLLIN))
		serve_one();
}

static void do_port(size_t object, char *answer_out, size_t size)
{
	int port = engine.objects[object].port, flags = fcntl(port, F_GETFL);

	snprintf(answer_out, size, "%s, %s",
		 (flags & O_ACCMODE) == O_WRONLY ? "write-only" : "for reading, too",
		 fcntl(port, F_GETFD) & FD_CLOEXEC ? "closed at exec" : "kept at exec");
}

static int descriptors(bool is_ok)
{
	struct rlimit limit;
	int lowest = dup(engine.device);

	getrlimit(RLIMIT_NOFILE, &limit);
	close(lowest);
	limit.rlim_cur = is_ok ? limit.rlim_max : (rlim_t)lowest;
	return setrlimit(RLIMIT_NOFILE, &limit) ? errno : 0;
}

/* Commands that are about an object. */
static int handle(const char *name, size_t object, char *const *words)
{
	if (strcmp(name, "copen") == 0)
		return copen(object, words[2]);
	if (strcmp(name, "there") == 0)
		return there(object);
	if (strcmp(name, "fill") == 0)
		return fill(object, promises_image.base + strtoull(words[2], NULL, 10),
			    strtoull(words[3], NULL, 10), (size_t)atoi(words[4]));
	if (strcmp(name, "complete") == 0)
		return complete_at(object, promises_image.base + strtoull(words[2], NULL, 10));
	if (strcmp(name, "close") == 0)
		return close(engine.objects[object].port) ? errno : 0;
	return ENOSYS;
}

static void obey(char *line, char *answer_out, size_t size)
{
	char texts[5][64] = {""}, *words[5];
	int object, err;

	sscanf(line, "%63s %63s %63s %63s %63s", texts[0], texts[1], texts[2], texts[3], texts[4]);
	for (size_t i = 0; i < 5; i++)
		words[i] = texts[i];
	object = object_by_key(words[1]);
	if (strcmp(words[0], "take") == 0) {
		do_take(*words[1] ? (size_t)atoi(words[1]) : sizeof(message), answer_out, size);
		return;
	}
	if (strcmp(words[0], "nothing") == 0) {
		take(sizeof(message), answer_out, size);
		return;
	}
	if (strcmp(words[0], "port") == 0 && object >= 0) {
		do_port((size_t)object, answer_out, size);
		return;
	}
	if (strcmp(words[0], "command") == 0)
		err = command(line[7] ? line + 8 : "");
	else if (strcmp(words[0], "descriptors") == 0)
		err = descriptors(strcmp(words[1], "ok") == 0);
	else
		err = object < 0 ? ENOENT : handle(words[0], (size_t)object, words);
	snprintf(answer_out, size, "%s", promises_errno(err));
}

void promises_engine(int device)
{
	char line[PROMISES_LINE], answer[PROMISES_LINE];
	/* One command at a time comes down this pipe: a read is a line. */
	ssize_t got;

	engine.device = device;
	engine.buffer = mmap(NULL, (size_t)promises_image.len + 4 * BLOCK, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (engine.buffer == MAP_FAILED)
		promises_die("memory");
	while ((got = read(PROMISES_COMMANDS, line, sizeof(line) - 1)) > 0) {
		line[got] = '\0';
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "serve") == 0) {
			do_serve();
			continue;
		}
		if (strcmp(line, "stop") == 0)
			snprintf(answer, sizeof(answer), "stopped");
		else
			obey(line, answer, sizeof(answer));
		dprintf(STDERR_FILENO, "%s\n", answer);
	}
	_exit(0);
}
