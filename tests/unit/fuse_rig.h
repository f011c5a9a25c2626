/* SPDX-License-Identifier: MIT */
/*
 * The FUSE transport's engine half, with a socket in the device's place: one packet is one message of the kernel, or to it.
 *
 * Flow: fuse_rig_begin, fuse_rig_say.., fuse_rig_told, the test answers, fuse_rig_answer_to.., fuse_rig_end.
 * Process: tests
 */
#ifndef BLOBROOT_FUSE_RIG_H
#define BLOBROOT_FUSE_RIG_H

#include "base/loop.h"
#include "transport/fuse.h"

#include <linux/fuse.h>

enum { FUSE_RIG_READER = 4711 }; /* the thread that waits for each request */

/* Shape: the program is linked with --wrap for calloc, malloc and read. */
struct fuse_rig {
	bool is_out_of_memory;
	int read_errors[4]; /* what the device says, one after the other, before what it has to say */
	int ends[2];        /* the device, and the kernel's end of it */
	struct loop *loop;
	struct channel *channel;
	char seen[16384]; /* what the engine was told */
	struct loop_timer timer;
	uint8_t body[65536]; /* the bytes of the last answer */
	size_t body_len;
};

extern struct fuse_rig fuse_rig;
extern const struct transport_sink fuse_rig_sink;

void fuse_rig_begin(void);
void fuse_rig_end(void);

/* The kernel's messages. */
void fuse_rig_say(uint32_t opcode, uint64_t unique, uint64_t node, const void *data, size_t len);
void fuse_rig_say_lookup(uint64_t unique, uint64_t node, const char *name);
void fuse_rig_say_read(uint64_t unique, uint64_t node, uint64_t off, uint32_t len);

/* Runs the loop until what was sent has been taken. Returns what the engine was told. */
const char *fuse_rig_told(void);
/* The same for a time; 0: one turn of it. */
const char *fuse_rig_told_in(uint64_t delay_ms);

/* The next answer, which must be to that request. Returns its error; its bytes are in body. */
int fuse_rig_answer_to(uint64_t unique);
void fuse_rig_require_no_answer(void);

#endif
