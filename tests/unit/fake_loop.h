/* SPDX-License-Identifier: MIT */
/*
 * loop.h's timers on a clock that the test moves: no test waits for real time.
 *
 * Flow: a test moves the clock; timers of the code under test run from there.
 * Process: tests
 */
#ifndef BLOBROOT_FAKE_LOOP_H
#define BLOBROOT_FAKE_LOOP_H

#include "base/loop.h"

/* Owns: ended with loop_close, which requires that no timer is left armed. */
struct loop *fake_loop_open(void);

/* Moves the clock on by ms, and runs each timer at its time. */
void fake_loop_advance(struct loop *loop, uint64_t ms);

/* Timers that are armed; when the next of them is due, in ms from now (UINT64_MAX: none). */
unsigned fake_loop_armed(const struct loop *loop);
uint64_t fake_loop_next_ms(const struct loop *loop);

#endif
