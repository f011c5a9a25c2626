/* SPDX-License-Identifier: MIT */
/*
 * How the kernel asks: the interface that every transport fills in.
 *
 * Flow: transport -> sink (the engine's callbacks) -> .. -> transport ops (the answers). A transport knows
 * nothing of HTTP, mirrors or retries; the engine knows nothing of the kernel's messages.
 * Process: engine
 *
 * Invariant: every kernel request that reaches the sink is answered exactly once, by the engine; a request
 * that a transport cannot decode is answered by the transport, with an error, if it says enough to be
 * answered.
 */
#ifndef BLOBROOT_TRANSPORT_H
#define BLOBROOT_TRANSPORT_H

#include <stdint.h>
#include <sys/types.h>

struct loop;
struct transport;

/*
 * Where an object's bytes go and its answers leave: for cachefiles the anonymous fd. Owned by the engine from
 * sink->opened on, until ops->close_port.
 */
typedef int transport_port;

/* The engine's end. Called from the loop only, never from inside an op. */
struct transport_sink {
	/*
	 * The kernel opens the object: it wants to know the size of the blob called key (volume names the
	 * filesystem or the sharing domain). To be answered with ops->answer_open. An object_id that is still
	 * in use means that the kernel forgot the older one.
	 */
	void (*opened)(void *ctx, uint32_t object_id, uint32_t request_id, transport_port port,
		       const char *volume, const char *key);
	/* The kernel wants [off, off + len) in the object. To be answered with ops->answer_read. */
	void (*asked)(void *ctx, uint32_t object_id, uint32_t request_id, uint64_t off, uint64_t len);
	/* The kernel has no more use for the object; nothing is to be answered. */
	void (*closed)(void *ctx, uint32_t object_id);
	/* The transport is at its end (its fd is dead): why is -errno. */
	void (*died)(void *ctx, int why);
};

struct transport_ops {
	const char *name; /* as rd.blob.transport= has it */

	/* Engine, once at its start; does not own device. Errors: -ENOMEM, -errno of epoll. */
	int (*open)(struct transport **transport_out, struct loop *loop, int device,
		    const struct transport_sink *sink, void *ctx);
	void (*close)(struct transport *transport);

	/*
	 * No new requests while it is paused; the kernel keeps them. The engine's tables are bounded, and
	 * this is how it says so.
	 */
	void (*pause)(struct transport *transport, int is_paused);

	/* size >= 0: the blob's bytes; < 0: -errno for whoever mounts. Errors: -errno when the kernel
	 * refused. */
	int (*answer_open)(struct transport *transport, uint32_t request_id, int64_t size);

	/*
	 * The request is over. Bytes that were not filled by now fail its reader with EIO: cachefiles has no
	 * other way to say so. Errors: -EINVAL when the reader is gone meanwhile, which is harmless.
	 */
	int (*answer_read)(struct transport *transport, transport_port port, uint32_t request_id);

	/*
	 * Writes whole blocks into the object. Shape: buf, off and len are multiples of BLOCK_SIZE; the last
	 * block of a blob is padded with zeros. Valid from the object's first request on. Errors: -ENOSPC
	 * when the store is full (trying again makes sense once it is not), -EIO when the store fails.
	 */
	int (*fill)(struct transport *transport, transport_port port, const void *buf, uint64_t off,
		    uint64_t len);

	/*
	 * The next stretch of bytes at or after off that an earlier engine left in the cache file. Valid from
	 * the object's first request on. Returns 0, or -ENXIO when there is no more.
	 */
	int (*next_data)(struct transport *transport, transport_port port, uint64_t off, uint64_t *start_out,
			 uint64_t *end_out);

	void (*close_port)(struct transport *transport, transport_port port);
};

#endif
