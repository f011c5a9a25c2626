/* SPDX-License-Identifier: MIT */
#include "kernel_model.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/cachefiles.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OBJECTS_MAX = 4096, SOURCES_MAX = 64 };

static struct {
	int device, cache_dir;
	struct kernel_source sources[SOURCES_MAX];
	size_t source_count;
	struct kernel_object *objects[OBJECTS_MAX];
	size_t object_count;
	struct kernel_request **requests;
	size_t request_count, queued_count, limit; /* limit: of reads that the daemon holds, 0: none */
	size_t next;                               /* the request from which the next is looked for */
	uint32_t number;                           /* of the OPEN that was read last */
	bool is_idle;
} model;

void kernel_model_init(const char *cache_dir)
{
	model.device = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	model.cache_dir = open(cache_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (model.device < 0 || model.cache_dir < 0)
		kernel_broken("%s: %s", cache_dir, strerror(errno));
}

void kernel_model_source(const char *key, const char *path)
{
	struct kernel_source *source = &model.sources[model.source_count];
	struct stat st;

	if (model.source_count == SOURCES_MAX)
		kernel_broken("too many sources");
	source->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (source->fd < 0 || fstat(source->fd, &st))
		kernel_broken("%s: %s", path, strerror(errno));
	snprintf(source->key, sizeof(source->key), "%s", key);
	source->size = (uint64_t)st.st_size;
	model.source_count++;
}

static const struct kernel_source *source_find(const char *key)
{
	for (size_t i = model.source_count; i > 0; i--)
		if (strcmp(model.sources[i - 1].key, key) == 0)
			return &model.sources[i - 1];
	return NULL;
}

void kernel_model_queue(struct kernel_request *request)
{
	uint64_t one = 1;

	request->state = KERNEL_QUEUED;
	model.queued_count++;
	model.is_idle = false;
	if (write(model.device, &one, sizeof(one)) < 0)
		kernel_broken("eventfd: %s", strerror(errno));
}

static struct kernel_request *request_new(uint32_t opcode, uint32_t object_id)
{
	struct kernel_request *request = calloc(1, sizeof(*request));

	if (model.request_count % 1024 == 0)
		model.requests =
			realloc(model.requests, (model.request_count + 1024) * sizeof(*model.requests));
	if (!request || !model.requests)
		kernel_broken("out of memory");
	request->id = (uint32_t)model.request_count;
	request->opcode = opcode;
	request->object_id = object_id;
	request->state = KERNEL_HELD;
	model.requests[model.request_count++] = request;
	return request;
}

struct kernel_request *kernel_model_request(size_t index)
{
	return index < model.request_count ? model.requests[index] : NULL;
}

struct kernel_object *kernel_model_object(uint32_t id)
{
	return id >= 1 && id <= model.object_count ? model.objects[id - 1] : NULL;
}

/* One cache file for each key of a volume, as in the cache's directories. */
static int file_open(const struct kernel_object *object)
{
	char name[32];

	for (size_t i = 0; i < model.object_count; i++) {
		const struct kernel_object *other = model.objects[i];

		if (strcmp(other->key, object->key) == 0 && strcmp(other->volume, object->volume) == 0)
			return other->file;
	}
	snprintf(name, sizeof(name), "%zu", model.object_count + 1);
	return openat(model.cache_dir, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

struct kernel_object *kernel_model_open(const char *key, const char *volume)
{
	struct kernel_object *object = calloc(1, sizeof(*object));

	if (!object || model.object_count == OBJECTS_MAX)
		kernel_broken("too many objects");
	snprintf(object->key, sizeof(object->key), "%s", key);
	snprintf(object->volume, sizeof(object->volume), "%s", volume);
	object->port = -1;
	object->source = source_find(key);
	object->file = file_open(object);
	if (object->file < 0)
		kernel_broken("cache file: %s", strerror(errno));
	model.objects[model.object_count++] = object;
	object->id = (uint32_t)model.object_count;
	kernel_model_queue(request_new(CACHEFILES_OP_OPEN, object->id));
	return object;
}

static void object_reopen(struct kernel_object *object)
{
	struct kernel_request *request = request_new(CACHEFILES_OP_OPEN, object->id);

	object->state = KERNEL_OPENING;
	request->is_looked_at = true;
	kernel_model_queue(request);
}

struct kernel_request *kernel_model_read(struct kernel_object *object, uint64_t off, uint64_t len,
					 const char *label)
{
	struct kernel_request *request = request_new(CACHEFILES_OP_READ, object->id);

	request->off = off;
	request->len = len;
	snprintf(request->label, sizeof(request->label), "%s", label);
	if (object->state == KERNEL_OPEN || object->state == KERNEL_CLOSING)
		kernel_model_queue(request);
	else if (object->state == KERNEL_ORPHANED)
		object_reopen(object);
	else if (object->state != KERNEL_OPENING)
		kernel_broken("object %" PRIu32 " is not open", object->id);
	return request;
}

/* cachefiles_ondemand_clean_object, once its CLOSE was read or cannot be: all of its requests get EIO. */
static void object_drop(struct kernel_object *object)
{
	object->state = KERNEL_DROPPED;
	for (size_t i = 0; i < model.request_count; i++)
		if (model.requests[i]->object_id == object->id)
			kernel_model_abandon(model.requests[i]);
}

void kernel_model_insist(struct kernel_object *object)
{
	object->state = KERNEL_ORPHANED;
	for (size_t i = 0; i < model.request_count; i++) {
		if (model.requests[i]->object_id != object->id || model.requests[i]->state != KERNEL_HELD)
			continue;
		object_reopen(object);
		return;
	}
}

void kernel_model_end(struct kernel_request *request, bool is_good)
{
	for (; request; request = request->first) {
		request->state = KERNEL_OVER;
		request->is_good = is_good;
	}
}

void kernel_model_follow(struct kernel_request *request, uint64_t off)
{
	struct kernel_request *rest = request_new(CACHEFILES_OP_READ, request->object_id);

	rest->off = off;
	rest->len = request->off + request->len - off;
	rest->first = request;
	rest->is_looked_at = true;
	request->state = KERNEL_FOLLOWED;
	kernel_model_queue(rest);
}

void kernel_model_close(struct kernel_object *object)
{
	if (object->state != KERNEL_OPEN) {
		object_drop(object);
		return;
	}
	object->state = KERNEL_CLOSING;
	kernel_model_queue(request_new(CACHEFILES_OP_CLOSE, object->id));
}

void kernel_model_raw(const uint8_t *bytes, size_t len)
{
	struct kernel_request *request = request_new(CACHEFILES_OP_CLOSE, 0);

	request->raw = malloc(len ? len : 1);
	if (!request->raw)
		kernel_broken("out of memory");
	memcpy(request->raw, bytes, len);
	request->raw_len = len;
	kernel_model_queue(request);
}

/* Reset by reading: an eventfd holds a count. */
static void device_quiet(void)
{
	uint64_t count;

	while (read(model.device, &count, sizeof(count)) > 0)
		;
}

void kernel_model_abandon(struct kernel_request *request)
{
	if (request->state == KERNEL_QUEUED && --model.queued_count == 0)
		device_quiet();
	for (size_t i = 0; request->state == KERNEL_FOLLOWED && i < model.request_count; i++)
		if (model.requests[i]->first == request && model.requests[i]->state != KERNEL_OVER)
			kernel_model_abandon(model.requests[i]);
	if (request->state == KERNEL_QUEUED || request->state == KERNEL_HELD ||
	    request->state == KERNEL_FOLLOWED)
		request->state = KERNEL_OVER, request->is_looked_at = true;
	else if (request->state == KERNEL_TAKEN)
		request->state = KERNEL_ABANDONED;
}

int kernel_model_device(void)
{
	return model.device;
}

void kernel_model_poke(void)
{
	uint64_t one = 1;

	model.is_idle = false;
	if (write(model.device, &one, sizeof(one)) < 0)
		kernel_broken("eventfd: %s", strerror(errno));
}

bool kernel_model_is_idle(void)
{
	return model.is_idle && model.queued_count == 0;
}

static size_t message_format(const struct kernel_request *request, uint8_t *message_out)
{
	struct cachefiles_msg *head = (struct cachefiles_msg *)message_out;
	size_t len = sizeof(*head);

	if (request->raw) {
		memcpy(message_out, request->raw, request->raw_len);
		return request->raw_len;
	}
	*head = (struct cachefiles_msg){.msg_id = request->id,
					.opcode = request->opcode,
					.object_id = kernel_model_object(request->object_id)->number};
	if (request->opcode == CACHEFILES_OP_READ) {
		struct cachefiles_read body = {.off = request->off, .len = request->len};

		memcpy(message_out + len, &body, sizeof(body));
		len += sizeof(body);
	} else if (request->opcode == CACHEFILES_OP_OPEN) {
		const struct kernel_object *object = kernel_model_object(request->object_id);
		/* A volume's key comes with its NUL, a cookie's without. */
		struct cachefiles_open body = {.volume_key_size = (uint32_t)strlen(object->volume) + 1,
					       .cookie_key_size = (uint32_t)strlen(object->key),
					       .fd = (uint32_t)object->port};

		memcpy(message_out + len, &body, sizeof(body));
		len += sizeof(body);
		memcpy(message_out + len, object->volume, body.volume_key_size);
		len += body.volume_key_size;
		memcpy(message_out + len, object->key, body.cookie_key_size);
		len += body.cookie_key_size;
	}
	head->len = (uint32_t)len;
	return len;
}

/* Cyclically, as cachefiles_ondemand_daemon_read: what is asked again after a death comes behind what is new. */
static struct kernel_request *request_next(void)
{
	for (size_t i = 0; i < model.request_count; i++) {
		struct kernel_request *request = model.requests[(model.next + i) % model.request_count];

		if (request->state == KERNEL_QUEUED)
			return request;
	}
	return NULL;
}

/* The engine has no descriptor for an object: its OPEN has failed, and nothing else. */
static void open_fail(struct kernel_request *request, struct kernel_object *object)
{
	kernel_model_end(request, false);
	if (--model.queued_count == 0)
		device_quiet();
	object->state = KERNEL_REFUSED;
	for (size_t i = 0; i < model.request_count; i++)
		if (model.requests[i]->object_id == object->id && model.requests[i]->state == KERNEL_HELD)
			kernel_model_end(model.requests[i], false);
}

/* The engine has closed whatever had this number before. */
static void port_set(struct kernel_object *object, int port)
{
	for (size_t i = 0; i < model.object_count; i++)
		if (model.objects[i]->port == port)
			model.objects[i]->port = -1;
	object->port = port;
}

void kernel_model_limit(size_t count)
{
	model.limit = count;
}

static void limit_check(void)
{
	size_t held = 0;

	for (size_t i = 0; i < model.request_count; i++)
		held += model.requests[i]->opcode == CACHEFILES_OP_READ &&
			model.requests[i]->state == KERNEL_TAKEN;
	if (held > model.limit)
		kernel_broken("the daemon holds %zu reads, %zu are the most", held, model.limit);
}

ssize_t kernel_model_take(void *buf, size_t size, int (*give)(int file))
{
	static _Alignas(8) uint8_t message[65536];
	struct kernel_request *request = request_next();
	size_t len;

	if (!request) {
		device_quiet();
		model.is_idle = true;
		return 0;
	}
	len = message_format(request, message);
	if (len > size)
		return -EMSGSIZE;
	if (request->opcode == CACHEFILES_OP_OPEN) {
		struct kernel_object *object = kernel_model_object(request->object_id);

		int port = give(object->file);

		if (port < 0) {
			open_fail(request, object);
			return port;
		}
		port_set(object, port);
		object->number = ++model.number;
		len = message_format(request, message);
	}
	memcpy(buf, message, len);
	model.next = request->id + 1;
	/* A message that wants no answer is over once it is read. */
	request->state = request->raw || request->opcode == CACHEFILES_OP_CLOSE ? KERNEL_OVER : KERNEL_TAKEN;
	request->is_looked_at |= request->state == KERNEL_OVER;
	if (--model.queued_count == 0)
		device_quiet();
	if (request->opcode == CACHEFILES_OP_CLOSE && !request->raw) {
		kernel_model_object(request->object_id)->is_close_read = true;
		object_drop(kernel_model_object(request->object_id));
	}
	if (model.limit)
		limit_check();
	return (ssize_t)len;
}

/* No engine is left that could answer them. */
static void abandoned_end(void)
{
	for (size_t i = 0; i < model.request_count; i++)
		if (model.requests[i]->state == KERNEL_ABANDONED)
			model.requests[i]->state = KERNEL_OVER, model.requests[i]->is_looked_at = true;
}

void kernel_model_orphan(void)
{
	for (size_t i = 0; i < model.object_count; i++) {
		struct kernel_object *object = model.objects[i];

		object->port = -1;
		if (object->state == KERNEL_OPEN)
			object->state = KERNEL_ORPHANED;
		/* A CLOSE that nobody has read ends with the descriptor: cachefiles_ondemand_fd_release. */
		if (object->state == KERNEL_CLOSING)
			object_drop(object);
	}
	abandoned_end();
}

void kernel_model_restore(void)
{
	size_t count = model.request_count; /* objects that open again add to it */

	/* Abandoned while no engine ran. */
	abandoned_end();
	for (size_t i = 0; i < count; i++) {
		struct kernel_request *request = model.requests[i];
		struct kernel_object *object = kernel_model_object(request->object_id);

		if (request->opcode == CACHEFILES_OP_OPEN && request->state == KERNEL_TAKEN) {
			kernel_model_queue(request);
		} else if (request->opcode == CACHEFILES_OP_READ && object &&
			   (request->state == KERNEL_TAKEN || request->state == KERNEL_QUEUED)) {
			if (request->state == KERNEL_QUEUED)
				model.queued_count--;
			request->state = KERNEL_HELD;
			if (object->state == KERNEL_ORPHANED)
				object_reopen(object);
		}
	}
	/* Who has been poked, and is dead, has not looked. */
	if (model.queued_count == 0 && model.is_idle)
		device_quiet();
}
