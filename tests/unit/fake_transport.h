/* SPDX-License-Identifier: MIT */
/*
 * A transport without a kernel, and the store behind it: files in memory, and a book of every request and its answer.
 *
 * Flow: a test registers a request and asks; answers arrive here, and writes in fake_store.c (store.h's functions), and are
 * checked on the spot.
 * Process: tests
 *
 * Checked always: fills (writes to the store) are whole aligned blocks inside the file, their bytes are the blob's (zeros after its
 * end), no fill or answer goes to a closed file, and no request is answered twice.
 */
#ifndef BLOBROOT_FAKE_TRANSPORT_H
#define BLOBROOT_FAKE_TRANSPORT_H

#include "transport/transport.h"

#include <stdbool.h>

enum { FAKE_REQUESTS_MAX = 8192, FAKE_FILES_MAX = 64, FAKE_STRETCHES_MAX = 4 };

struct fake_request {
	int file;
	uint64_t off, len;
	unsigned answers;
	int err;        /* of the answer */
	bool was_whole; /* at the time of the answer, as far as the range lies inside the file */
};

struct fake_file {
	bool is_open;
	uint64_t size;                       /* of the blob */
	bool *blocks;                        /* filled ones */
	uint64_t old[FAKE_STRETCHES_MAX][2]; /* what next_data tells of: start, end; end 0 is none */
};

struct channel {
	struct fake_request requests[FAKE_REQUESTS_MAX];
	unsigned request_count;
	struct fake_file files[FAKE_FILES_MAX];
	unsigned file_count;
	unsigned fills, fill_failures;
	unsigned refills; /* blocks that were there already: harmless, and a waste */
	uint64_t filled;
	int fill_error;      /* what a write says; 0: it works */
	uint64_t fill_limit; /* no write may go beyond it; 0: but for the file's end */
	bool is_paused;
	unsigned pauses;
};

extern const struct transport fake_transport;
/* Its answers carry the bytes, which are checked: for objects without a file. */
extern const struct transport fake_transport_in_memory;

/* Whose files stores are about. */
extern struct channel *fake_store_channel;

/* Owns: freed with fake_transport_free. */
struct channel *fake_transport_new(void);
void fake_transport_free(struct channel *transport);

int fake_transport_file(struct channel *transport, uint64_t size);
uint32_t fake_transport_request(struct channel *channel, int file, uint64_t off, uint64_t len);

/* An open file; how many blocks it has. */
struct fake_file *fake_transport_file_at(struct channel *channel, int number);
uint64_t fake_transport_blocks(const struct fake_file *file);

/* Is all of [off, off + len), as far as it lies inside the file, filled? */
bool fake_transport_has(const struct channel *transport, int file, uint64_t off, uint64_t len);

unsigned fake_transport_unanswered(const struct channel *transport);

#endif
