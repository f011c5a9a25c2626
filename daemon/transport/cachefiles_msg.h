/* SPDX-License-Identifier: MIT */
/*
 * Decodes one message of /dev/cachefiles.
 *
 * Flow: cachefiles reads bytes from the device; struct cachefiles_request comes out. Pure.
 * Process: engine
 * Source: Documentation/filesystems/caching/cachefiles.rst ("On-demand Read"), uapi/linux/cachefiles.h
 */
#ifndef BLOBROOT_CACHEFILES_MSG_H
#define BLOBROOT_CACHEFILES_MSG_H

#include <stddef.h>
#include <stdint.h>

enum {
	/* EROFS keys have at most 255 bytes (a cookie's) and 254 (a volume's); the rest is spare. */
	CACHEFILES_KEY_MAX = 255,
	CACHEFILES_MSG_MAX = 2048,
};

enum cachefiles_op { CACHEFILES_OPEN, CACHEFILES_CLOSE, CACHEFILES_READ };

struct cachefiles_request {
	enum cachefiles_op op;
	uint32_t id; /* of the message; answers carry it */
	uint32_t object_id;
	union {
		struct {
			char volume_key[CACHEFILES_KEY_MAX + 1];
			char cookie_key[CACHEFILES_KEY_MAX + 1];
			int fd;
		} open;
		struct {
			uint64_t off, len;
		} read;
	};
};

enum cachefiles_msg_result {
	CACHEFILES_MSG_OK,
	CACHEFILES_MSG_SHORT,   /* no full header, or len exceeds the bytes there */
	CACHEFILES_MSG_BAD_LEN, /* len does not fit the message's kind */
	CACHEFILES_MSG_BAD_OP,  /* a kind we do not know: id is valid */
	CACHEFILES_MSG_BAD_KEY, /* a key too long, empty or with a control character: id and open.fd are valid
				 */
	CACHEFILES_MSG_BAD_RANGE, /* an empty or overflowing read: id and object_id are valid */
};

/* Decodes one message of len bytes. Shape: keys come out as strings without the kernel's padding NULs. */
enum cachefiles_msg_result cachefiles_msg_decode(const void *bytes, size_t len,
						 struct cachefiles_request *request_out);

#endif
