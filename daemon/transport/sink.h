/* SPDX-License-Identifier: MIT */
/*
 * What a transport tells the engine: the kernel's requests.
 *
 * Flow: a transport's engine half calls them; transport.h has how they are answered.
 * Process: engine
 */
#ifndef BLOBROOT_SINK_H
#define BLOBROOT_SINK_H

#include <stdint.h>

/* The engine's callbacks. Called from the loop only, never from inside a member of struct transport. */
struct transport_sink {
	/*
	 * The kernel opens the blob called key and asks for its size: see answer_open. Where the transport has files,
	 * proven bytes of the object go to file, which answer_read needs too; the engine closes it. Else file is -1.
	 * If object_id is still in use, the kernel has forgotten the older object.
	 */
	void (*opened)(void *ctx, uint64_t object_id, uint64_t request_id, int file, const char *key);
	/*
	 * The kernel requests [off, off + len) of the object: see answer_read. len 0: an invalid range. reader: the thread
	 * that waits; 0: not known.
	 */
	void (*asked)(void *ctx, uint64_t object_id, uint64_t request_id, int reader, uint64_t off,
		      uint64_t len);
	/* The kernel no longer uses the object; nothing is to be answered. */
	void (*closed)(void *ctx, uint64_t object_id);
	/*
	 * The reader that waits for this request, which may be over, got a signal. If that kills it, it is to be answered
	 * with -EINTR, because it cannot end before; else the reader is not to be told.
	 */
	void (*interrupted)(void *ctx, uint64_t request_id);
	/* The last user of the blobs is gone: no request will come. */
	void (*ended)(void *ctx);
	/* The channel has failed: why is -errno. */
	void (*died)(void *ctx, int why);
};

#endif
