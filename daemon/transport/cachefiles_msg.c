/* SPDX-License-Identifier: MIT */
#include "transport/cachefiles_msg.h"

#include <linux/cachefiles.h>
#include <stdbool.h>
#include <string.h>

/* A key may end in NULs, but has none inside. */
static bool take_key(char *key_out, const uint8_t *bytes, uint32_t size)
{
	while (size > 0 && bytes[size - 1] == '\0')
		size--;
	if (size == 0 || size > CACHEFILES_KEY_MAX)
		return false;
	for (uint32_t i = 0; i < size; i++)
		if (bytes[i] < ' ' || bytes[i] == 0x7f)
			return false;
	memcpy(key_out, bytes, size);
	key_out[size] = '\0';
	return true;
}

static enum cachefiles_msg_result decode_open(const uint8_t *data, size_t len, struct cachefiles_request *out)
{
	struct cachefiles_open head;

	if (len < sizeof(head))
		return CACHEFILES_MSG_BAD_LEN;
	memcpy(&head, data, sizeof(head));
	out->open.fd = (int)head.fd;
	data += sizeof(head);
	len -= sizeof(head);
	if (head.volume_key_size > len || head.cookie_key_size > len - head.volume_key_size)
		return CACHEFILES_MSG_BAD_KEY;
	if (!take_key(out->open.volume_key, data, head.volume_key_size) ||
	    !take_key(out->open.cookie_key, data + head.volume_key_size, head.cookie_key_size))
		return CACHEFILES_MSG_BAD_KEY;
	return CACHEFILES_MSG_OK;
}

static enum cachefiles_msg_result decode_read(const uint8_t *data, size_t len, struct cachefiles_request *out)
{
	struct cachefiles_read body;

	if (len != sizeof(body))
		return CACHEFILES_MSG_BAD_LEN;
	memcpy(&body, data, sizeof(body));
	out->read.off = body.off;
	out->read.len = body.len;
	/* The kernel's offsets are signed 64 bits. */
	if (body.len == 0 || body.off > INT64_MAX || body.len > INT64_MAX - body.off)
		return CACHEFILES_MSG_BAD_RANGE;
	return CACHEFILES_MSG_OK;
}

enum cachefiles_msg_result cachefiles_msg_decode(const void *bytes, size_t len,
						 struct cachefiles_request *request_out)
{
	struct cachefiles_msg head;
	const uint8_t *data = (const uint8_t *)bytes + sizeof(head);

	memset(request_out, 0, sizeof(*request_out));
	request_out->open.fd = -1;
	if (len < sizeof(head))
		return CACHEFILES_MSG_SHORT;
	memcpy(&head, bytes, sizeof(head));
	request_out->id = head.msg_id;
	request_out->object_id = head.object_id;
	if (head.len < sizeof(head) || head.len > len)
		return CACHEFILES_MSG_SHORT;
	len = head.len - sizeof(head);
	switch (head.opcode) {
	case CACHEFILES_OP_OPEN:
		request_out->op = CACHEFILES_OPEN;
		return decode_open(data, len, request_out);
	case CACHEFILES_OP_CLOSE:
		request_out->op = CACHEFILES_CLOSE;
		return len == 0 ? CACHEFILES_MSG_OK : CACHEFILES_MSG_BAD_LEN;
	case CACHEFILES_OP_READ:
		request_out->op = CACHEFILES_READ;
		return decode_read(data, len, request_out);
	default:
		return CACHEFILES_MSG_BAD_OP;
	}
}
