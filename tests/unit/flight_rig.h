/* SPDX-License-Identifier: MIT */
/*
 * The head of the tests of flights under a hash tree: one image of 16 MiB, an object of it, and mirrors that the test plays.
 *
 * Flow: flight_rig_begin, flight_rig_ask.., flight_rig_end.
 * Process: tests
 */
#ifndef BLOBROOT_FLIGHT_RIG_H
#define BLOBROOT_FLIGHT_RIG_H

#include "rig_tree.h"

#define KIB UINT64_C(1024)

enum { BLOCKS = 4096 }; /* 16 MiB: 32 leaves under a top */

extern struct rig rig;
extern struct rig_tree verified;
extern struct object *object;

/* timeout_s as in rd.blob.timeout=. */
void flight_rig_begin(unsigned mirrors, uint32_t timeout_s);
/* Stalled transfers are raced. */
void flight_rig_race(void);
void flight_rig_end(void);

uint32_t flight_rig_ask(uint64_t off, uint64_t len);
/* The only transfer of data that is on its way. */
struct fetch_transfer *flight_rig_data(void);
/* Has it answered, with a lie about the byte at `at`. */
void flight_rig_serve(enum fake_lie lie, uint64_t at);
/* Has those of hashes answered as they should be. */
void flight_rig_serve_hashes(void);

#endif
