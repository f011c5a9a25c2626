/* SPDX-License-Identifier: MIT */
/*
 * A message of /dev/cachefiles: whatever decodes is within bounds, and is the message that went in.
 */
#include "fuzz.h"

#include "transport/cachefiles_msg.h"

#include <linux/cachefiles.h>

static void check_key(const char *key)
{
	size_t len = strlen(key);

	MUST(len > 0 && len <= CACHEFILES_KEY_MAX, "a key of %zu bytes", len);
	must_be_a_line(key);
}

/* The same request as the kernel would send it. */
static size_t encode(const struct cachefiles_request *request, uint8_t *bytes_out)
{
	struct cachefiles_msg head = {.msg_id = request->id, .object_id = request->object_id};
	uint8_t *at = bytes_out + sizeof(head);

	if (request->op == CACHEFILES_OPEN) {
		struct cachefiles_open body = {.fd = (uint32_t)request->open.fd};

		head.opcode = CACHEFILES_OP_OPEN;
		body.volume_key_size = (uint32_t)strlen(request->open.volume_key) + 1;
		body.cookie_key_size = (uint32_t)strlen(request->open.cookie_key);
		memcpy(at, &body, sizeof(body));
		at += sizeof(body);
		memcpy(at, request->open.volume_key, body.volume_key_size);
		at += body.volume_key_size;
		memcpy(at, request->open.cookie_key, body.cookie_key_size);
		at += body.cookie_key_size;
	} else if (request->op == CACHEFILES_READ) {
		struct cachefiles_read body = {.off = request->read.off, .len = request->read.len};

		head.opcode = CACHEFILES_OP_READ;
		memcpy(at, &body, sizeof(body));
		at += sizeof(body);
	} else {
		head.opcode = CACHEFILES_OP_CLOSE;
	}
	head.len = (uint32_t)(at - bytes_out);
	memcpy(bytes_out, &head, sizeof(head));
	return head.len;
}

static void check_request(const struct cachefiles_request *request, size_t len)
{
	uint8_t bytes[CACHEFILES_MSG_MAX];
	struct cachefiles_request again;

	if (request->op == CACHEFILES_OPEN) {
		check_key(request->open.volume_key);
		check_key(request->open.cookie_key);
	} else if (request->op == CACHEFILES_READ) {
		MUST(request->read.len > 0, "an empty read");
		MUST(request->read.off <= INT64_MAX && request->read.len <= INT64_MAX - request->read.off,
		     "a read that overflows");
	} else {
		MUST(request->op == CACHEFILES_CLOSE, "kind %d", (int)request->op);
	}
	/* Behind the keys there may be more, as behind a name with its NULs. */
	MUST(request->op == CACHEFILES_OPEN || encode(request, bytes) == len, "%zu bytes", len);
	MUST(cachefiles_msg_decode(bytes, encode(request, bytes), &again) == CACHEFILES_MSG_OK,
	     "encoded anew");
	MUST(memcmp(request, &again, sizeof(again)) == 0, "encoded anew it is another");
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct cachefiles_request request, again;
	struct cachefiles_msg head;
	enum cachefiles_msg_result result = cachefiles_msg_decode(data, size, &request);

	if (result == CACHEFILES_MSG_SHORT)
		return 0;
	memcpy(&head, data, sizeof(head));
	MUST(request.id == head.msg_id && request.object_id == head.object_id, "of another message");
	/* The kernel waits for an answer on this descriptor, also to what we do not understand. */
	if (head.opcode == CACHEFILES_OP_OPEN && result == CACHEFILES_MSG_BAD_KEY)
		MUST(memcmp(&request.open.fd, data + sizeof(head) + offsetof(struct cachefiles_open, fd),
			    4) == 0,
		     "the descriptor is lost");
	MUST(head.len <= size, "longer than what was read");
	MUST(cachefiles_msg_decode(data, head.len, &again) == result &&
		     memcmp(&request, &again, sizeof(again)) == 0,
	     "what follows a message changes it");
	if (result == CACHEFILES_MSG_OK)
		check_request(&request, head.len);
	return 0;
}
