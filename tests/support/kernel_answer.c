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
} answer;

static ssize_t opened(struct kernel_request *request, int64_t size)
{
	struct kernel_object *object = kernel_model_object(request->object_id);
	struct kernel_request *read;
	uint64_t whole = ((uint64_t)size + KERNEL_BLOCK - 1) / KERNEL_BLOCK * KERNEL_BLOCK;

	request->state = KERNEL_OVER;
	request->is_good = size >= 0;
	request->error = size < 0 ? (int)size : 0;
	printf("open %" PRIu32 " %s\n", object->id, size < 0 ? strerror((int)-size) : "ok");
	if (size >= 0 && object->source && (uint64_t)size != object->source->size)
		kernel_broken("open %" PRIu32 ": size %" PRId64 ", but %s has %" PRIu64, object->id, size,
			      object->key, object->source->size);
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
			read->state = KERNEL_OVER;
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

ssize_t kernel_answer_command(const char *text, size_t len)
{
	ssize_t err = 0;

	if (strncmp(text, "copen ", 6) == 0) {
		err = copen(text + 6);
	} else if (strcmp(text, "restore") == 0) {
		/* The engine before is dead, whoever killed it; if it is not, its answers will be nobody's. */
		kernel_model_orphan();
		kernel_model_restore();
	} else {
		printf("command %s\n", text);
		if (strcmp(text, "bind ondemand") == 0)
			err = -answer.bind_error;
	}
	return err ? err : (ssize_t)len;
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

/* As the kernel looks after a READ_COMPLETE: every block of the range is there now, or its reader gets EIO.
 */
static bool is_filled(const struct kernel_object *object, uint64_t off, uint64_t len)
{
	struct stat st;
	uint64_t size, end;
	uint8_t *bytes;

	if (fstat(object->file, &st))
		kernel_broken("cache file: %s", strerror(errno));
	size = (uint64_t)st.st_size;
	if (off >= size)
		return false;
	end = len > size - off ? size : off + len;
	off = off / KERNEL_BLOCK * KERNEL_BLOCK;
	end = (end + KERNEL_BLOCK - 1) / KERNEL_BLOCK * KERNEL_BLOCK;
	if (lseek(object->file, (off_t)off, SEEK_HOLE) < (off_t)end)
		return false;
	bytes = malloc((size_t)(end - off));
	if (!bytes || pread(object->file, bytes, (size_t)(end - off), (off_t)off) != (ssize_t)(end - off))
		kernel_broken("cache file: %s", strerror(errno));
	bytes_check(object, bytes, off, (size_t)(end - off), "read");
	free(bytes);
	return true;
}

int kernel_answer_complete(int port, uint32_t request_id)
{
	struct kernel_object *object = object_by_port(port);
	struct kernel_request *request = kernel_model_request(request_id);

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
	request->state = KERNEL_OVER;
	request->is_good = is_filled(object, request->off, request->len);
	printf("read %s%s%" PRIu32 " %s\n", request->label, request->label[0] ? "=" : "", request_id,
	       request->is_good ? "ok" : "eio");
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
