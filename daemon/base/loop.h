/* SPDX-License-Identifier: MIT */
/*
 * The event loop: file descriptors and timers, one thread.
 *
 * Flow: the engine creates one; transport and fetch register their descriptors and timers.
 * Process: engine
 * Source: epoll(7), CLOCK_MONOTONIC
 */
#ifndef BLOBROOT_LOOP_H
#define BLOBROOT_LOOP_H

#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;

typedef void loop_fd_fn(void *arg, uint32_t events);
typedef void loop_timer_fn(void *arg);

/*
 * One timer, embedded in its owner. Zeroed is "not armed". The loop keeps pointers to armed timers, so disarm
 * it before its owner is freed.
 */
struct loop_timer {
	loop_timer_fn *fn;
	void *arg;
	uint64_t due_ms; /* on loop_now_ms()'s clock */
	bool is_armed;
	struct list link;
};

/* Errors: -errno of epoll_create1, -ENOMEM. Owns: the caller closes it with loop_close. */
int loop_open(struct loop **loop_out);
void loop_close(struct loop *loop);

/*
 * Watches fd for events (EPOLLIN, EPOLLOUT), level-triggered. Call it again to change the events. The loop
 * does not own fd: call loop_forget before closing it. Errors: -errno of epoll_ctl, -ENOMEM.
 */
int loop_watch(struct loop *loop, int fd, uint32_t events, loop_fd_fn *fn, void *arg);
void loop_forget(struct loop *loop, int fd);

/* (Re)arms a timer to run once, delay_ms from now; 0 runs it in the next turn. */
void loop_arm(struct loop *loop, struct loop_timer *timer, uint64_t delay_ms);
void loop_disarm(struct loop *loop, struct loop_timer *timer);

/* The current CLOCK_MONOTONIC in ms, not cached: a turn may be long, if the store is slow or many ask at once. */
uint64_t loop_now_ms(const struct loop *loop);

/* Runs until loop_stop, which may have been called before; returns its status. Errors: -errno of epoll_wait. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop, int status);

#endif
