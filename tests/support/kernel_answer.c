/* SPDX-License-Identifier: MIT */
#include "kernel_answer.h"

#include "kernel_model.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/cachefiles.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	bool shorten_fills, delay_file;
	int fill_error, bind_error;
	int64_t fill_error_count;
	bool has_dir, has_tag, is_bound;
	unsigned limits[3]; /* percentages: bstop, bcull, brun */
} answer = {.limits = {1, 5, 7}};

static ssize_t opened(struct kernel_request *request, int64_t size)
{
	struct kernel_object *object = kernel_model_object(request->object_id);
	struct kernel_request *read;
	uint64_t whole = ((uint64_t)size + KERNEL_BLOCK - 1) / KERNEL_BLOCK * KERNEL_BLOCK;

	kernel_model_end(request, size >= 0);
	request->error = size < 0 ? (int)size : 0;
	printf("open %" PRIu32 " %s\n", object->id, size < 0 ? strerror((int)-size) : "ok");
	if (size >= 0 && object->source && (uint64_t)size != object->source->size)
		kernel_broken("open %" PRIu32 ": size %" PRId64 ", but %s has %" PRIu64, object->id, size,
			      object->key, object->source->size);
	if (size < 0 && object->was_open) {
		/* Its READs are not over: they have it opened again, as soon as the descriptor is closed. */
		kernel_model_insist(object);
		return 0;
	}
	object->state = size < 0 ? KERNEL_REFUSED : KERNEL_OPEN;
	object->is_file_late = answer.delay_file && !object->was_open;
	object->was_open |= size >= 0;
	if (size >= 0 && ftruncate(object->file, (off_t)whole))
		kernel_broken("cache file: %s", strerror(errno));
	for (size_t i = 0; (read = kernel_model_request(i)); i++) {
		if (read->object_id != object->id || read->state != KERNEL_HELD)
			continue;
		if (size >= 0)
			kernel_model_queue(read);
		else
			kernel_model_end(read, false);
	}
	return 0;
}

static ssize_t copen(const char *text)
{
	struct kernel_request *request;
	uint32_t id;
	int64_t size;
	char rest;

	if (sscanf(text, "%" SCNu32 ",%" SCNd64 "%c", &id, &size, &rest) != 2)
		kernel_broken("the kernel knows no command `copen %s`", text);
	request = kernel_model_request(id);
	if (!request || request->opcode != CACHEFILES_OP_OPEN || request->raw)
		kernel_broken("copen %s: answers no OPEN", text);
	if (request->state == KERNEL_ABANDONED) {
		request->state = KERNEL_OVER;
		request->is_looked_at = true;
		return -EINVAL;
	}
	if (request->state != KERNEL_TAKEN)
		kernel_broken("copen %s: the OPEN was answered before", text);
	return opened(request, size);
}

/* Once, and not without a value. */
static int set(bool *has, const char *value)
{
	if (!*value)
		return -EINVAL;
	if (*has)
		return -EEXIST;
	*has = true;
	return 0;
}

static int bind(const char *mode)
{
	if (!answer.has_dir)
		return -EINVAL;
	if (answer.is_bound)
		return -EBUSY;
	if (strcmp(mode, "ondemand") != 0)
		return -EINVAL;
	answer.is_bound = !answer.bind_error;
	return -answer.bind_error;
}

/* Each lies between its neighbours. */
static int limit(unsigned which, const char *value)
{
	unsigned percent;
	char rest;

	if (sscanf(value, "%u%%%c", &percent, &rest) != 1 || !strchr(value, '%') || percent >= 100 ||
	    (which > 0 && percent <= answer.limits[which - 1]) ||
	    (which < 2 && percent >= answer.limits[which + 1]))
		return -EINVAL;
	answer.limits[which] = percent;
	return 0;
}

static int command(const char *name, const char *value)
{
	static const char *const limits[] = {"bstop", "bcull", "brun"};

	if (strcmp(name, "dir") == 0)
		return set(&answer.has_dir, value);
	if (strcmp(name, "tag") == 0)
		return set(&answer.has_tag, value);
	if (strcmp(name, "bind") == 0)
		return bind(value);
	for (unsigned i = 0; i < 3; i++)
		if (strcmp(name, limits[i]) == 0)
			return limit(i, value);
	return -EOPNOTSUPP;
}

ssize_t kernel_answer_command(const char *text, size_t len)
{
	const char *value = text + strcspn(text, " ");
	char name[16];
	ssize_t err;

	snprintf(name, sizeof(name), "%.*s", (int)(value - text), text);
	value += strspn(value, " ");
	if (strcmp(name, "copen") != 0 && strcmp(name, "restore") != 0) {
		printf("command %s\n", text);
		err = command(name, value);
		return err ? err : (ssize_t)len;
	}
	if (!answer.is_bound)
		return -EOPNOTSUPP;
	if (strcmp(name, "copen") == 0) {
		err = copen(value);
		return err ? err : (ssize_t)len;
	}
	/* The engine before is dead, whoever killed it; if it is not, its answers will be nobody's. */
	kernel_model_orphan();
	kernel_model_restore();
	return (ssize_t)len;
}

void kernel_answer_is_bound(void)
{
	answer.has_dir = answer.has_tag = answer.is_bound = true;
}

static struct kernel_object *object_by_port(int port)
{
	struct kernel_object *object;

	for (uint32_t id = 1; (object = kernel_model_object(id)); id++)
		if (object->port == port)
			return object;
	return NULL;
}

/* The bytes that the blob has at off; zeros behind its end. */
static void source_read(const struct kernel_source *source, uint8_t *bytes_out, size_t len, uint64_t off)
{
	size_t have = 0;
	ssize_t got;

	while (have < len && (got = pread(source->fd, bytes_out + have, len - have, (off_t)(off + have))) > 0)
		have += (size_t)got;
	memset(bytes_out + have, 0, len - have);
}

static void bytes_check(const struct kernel_object *object, const uint8_t *bytes, uint64_t off, size_t len,
			const char *what)
{
	uint8_t *want;

	if (!object->source)
		return;
	want = malloc(len);
	if (!want)
		kernel_broken("out of memory");
	source_read(object->source, want, len, off);
	for (size_t i = 0; i < len; i++)
		if (want[i] != bytes[i])
			kernel_broken("%s of object %" PRIu32 " at %" PRIu64 "+%zu: byte %" PRIu64
				      " is wrong",
				      what, object->id, off, len, off + i);
	free(want);
}

ssize_t kernel_answer_fill(int port, const uint8_t *bytes, uint64_t off, uint64_t len, uint64_t address)
{
	struct kernel_object *object = object_by_port(port);

	if (!object)
		kernel_broken("fill of descriptor %d, which is no object's", port);
	if (object->state == KERNEL_OPENING && !object->was_open)
		kernel_broken("fill of object %" PRIu32 " before its copen", object->id);
	if (object->is_close_read)
		kernel_broken("fill of object %" PRIu32 " behind its CLOSE", object->id);
	if (object->state == KERNEL_DROPPED)
		return -ENOBUFS;
	if (off % KERNEL_BLOCK || len % KERNEL_BLOCK || address % KERNEL_BLOCK)
		kernel_broken("fill of object %" PRIu32 " at %" PRIu64 "+%" PRIu64 " from address %" PRIx64
			      ": direct I/O takes whole, aligned blocks only",
			      object->id, off, len, address);
	if (object->source &&
	    off + len > (object->source->size + KERNEL_BLOCK - 1) / KERNEL_BLOCK * KERNEL_BLOCK)
		kernel_broken("fill of object %" PRIu32 " at %" PRIu64 "+%" PRIu64 ": beyond its end",
			      object->id, off, len);
	bytes_check(object, bytes, off, (size_t)len, "fill");
	if (object->is_file_late) {
		object->is_file_late = false;
		return -ENOBUFS;
	}
	if (answer.fill_error && answer.fill_error_count != 0) {
		if (answer.fill_error_count > 0)
			answer.fill_error_count--;
		printf("fill %" PRIu32 " %" PRIu64 "+%" PRIu64 " %s\n", object->id, off, len,
		       strerror(answer.fill_error));
		return -answer.fill_error;
	}
	if (answer.shorten_fills && len > KERNEL_BLOCK)
		len = len / KERNEL_BLOCK / 2 * KERNEL_BLOCK;
	return pwrite(object->file, bytes, (size_t)len, (off_t)off) == (ssize_t)len ? (ssize_t)len : -errno;
}

/* As the kernel looks after a READ_COMPLETE: where the first hole of the range begins; its end, if there is none. */
static uint64_t filled_until(const struct kernel_object *object, uint64_t off, uint64_t len)
{
	struct stat st;
	uint64_t size, end, hole, begin = off / KERNEL_BLOCK * KERNEL_BLOCK;
	uint8_t *bytes;

	if (fstat(object->file, &st))
		kernel_broken("cache file: %s", strerror(errno));
	size = (uint64_t)st.st_size;
	if (off >= size || len == 0)
		return off;
	/* What lies behind the file's end is no hole. */
	end = len > size - off ? size : off + len;
	hole = (uint64_t)lseek(object->file, (off_t)begin, SEEK_HOLE) / KERNEL_BLOCK * KERNEL_BLOCK;
	if (hole <= off)
		return off;
	end = (((hole < end) ? hole : end) + KERNEL_BLOCK - 1) / KERNEL_BLOCK * KERNEL_BLOCK;
	bytes = malloc((size_t)(end - begin));
	if (!bytes ||
	    pread(object->file, bytes, (size_t)(end - begin), (off_t)begin) != (ssize_t)(end - begin))
		kernel_broken("cache file: %s", strerror(errno));
	bytes_check(object, bytes, begin, (size_t)(end - begin), "read");
	free(bytes);
	return end >= size || end - off > len ? off + len : end;
}

/* No byte of the range: EIO. Some: the reader has these, and goes on to the rest. */
static const char *completed(const struct kernel_object *object, struct kernel_request *request)
{
	uint64_t end = request->off + request->len, until = filled_until(object, request->off, request->len);

	if (until > request->off && until < end) {
		kernel_model_follow(request, until);
		return "in part";
	}
	kernel_model_end(request, until == end);
	return request->is_good ? "ok" : "eio";
}

int kernel_answer_complete(int port, uint32_t request_id)
{
	struct kernel_object *object = object_by_port(port);
	struct kernel_request *request = kernel_model_request(request_id);
	const char *label;

	if (!object)
		kernel_broken("read %" PRIu32 " is answered on descriptor %d, which is no object's",
			      request_id, port);
	if (!request || request->opcode != CACHEFILES_OP_READ || request->raw)
		kernel_broken("answer to read %" PRIu32 ", which nobody asked", request_id);
	if (request->object_id != object->id)
		kernel_broken("read %" PRIu32 " of object %" PRIu32 " is answered on the port of %" PRIu32,
			      request_id, request->object_id, object->id);
	if (request->state == KERNEL_ABANDONED) {
		request->state = KERNEL_OVER;
		request->is_looked_at = true;
		return -EINVAL;
	}
	if (request->state != KERNEL_TAKEN)
		kernel_broken("read %" PRIu32 " is answered twice", request_id);
	label = request->first ? request->first->label : request->label;
	printf("read %s%s%" PRIu32 " %s\n", label, label[0] ? "=" : "", request_id,
	       completed(object, request));
	return 0;
}

void kernel_answer_fail_fills(int error, int64_t count)
{
	answer.fill_error = error;
	answer.fill_error_count = count;
}

void kernel_answer_shorten_fills(bool is_on)
{
	answer.shorten_fills = is_on;
}

void kernel_answer_delay_file(bool is_on)
{
	answer.delay_file = is_on;
}

void kernel_answer_fail_bind(int error)
{
	answer.bind_error = error;
}
