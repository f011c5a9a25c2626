/* SPDX-License-Identifier: MIT */
/*
 * The event loop: file descriptors and timers, one thread.
 *
 * Flow: the engine makes one; transport and fetch hang their descriptors and timers on it.
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
 * One timer, embedded in what it belongs to. Zeroed is "not armed". The loop keeps pointers to armed timers,
 * so disarm it before its owner goes.
 */
struct loop_timer {
	loop_timer_fn *fn;
	void *arg;
	uint64_t due_ms; /* on loop_now_ms()'s clock */
	bool is_armed;
	struct list link;
};

/* Errors: -errno of epoll_create1. Owns: the caller ends it with loop_close. */
int loop_open(struct loop **loop_out);
void loop_close(struct loop *loop);

/*
 * Watches fd for events (EPOLLIN, EPOLLOUT), level-triggered; again with other events to change them. The
 * loop does not own fd: loop_forget it before it is closed. Errors: -errno of epoll_ctl, -ENOMEM.
 */
int loop_watch(struct loop *loop, int fd, uint32_t events, loop_fd_fn *fn, void *arg);
void loop_forget(struct loop *loop, int fd);

/* (Re)arms a timer to run once, delay_ms from now; 0 runs it in the next turn. */
void loop_arm(struct loop *loop, struct loop_timer *timer, uint64_t delay_ms);
void loop_disarm(struct loop *loop, struct loop_timer *timer);

/* Milliseconds of CLOCK_MONOTONIC, of now: a turn may be long, when the store is slow or many ask at once. */
uint64_t loop_now_ms(const struct loop *loop);

/* Runs until loop_stop; returns its status. Errors: -errno of epoll_wait. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop, int status);

#endif
