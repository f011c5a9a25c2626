/* SPDX-License-Identifier: MIT */
#include "base/loop.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

struct watch {
	int fd;
	loop_fd_fn *fn;
	void *arg;
	struct list link;
};

struct loop {
	int epoll;
	struct list watches;
	/* Freed at the end of the turn, as its events may still refer to them. */
	struct list forgotten; /* watches */
	struct list timers;    /* sorted by due_ms */
	uint64_t turn_ms;      /* when epoll_wait returned this turn's events */
	bool is_stopped;
	int status;
};

int loop_open(struct loop **loop_out)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		int err = -errno;

		free(loop);
		return err;
	}
	list_init(&loop->watches);
	list_init(&loop->forgotten);
	list_init(&loop->timers);
	*loop_out = loop;
	return 0;
}

static void free_watches(struct list *watches)
{
	struct watch *watch;

	while ((watch = list_first(watches, struct watch, link))) {
		list_remove(&watch->link);
		free(watch);
	}
}

static struct watch *watch_of(struct loop *loop, int fd)
{
	struct watch *watch;

	list_for_each(watch, &loop->watches, link)
		if (watch->fd == fd)
			return watch;
	return NULL;
}

static struct loop_timer *first_timer(const struct loop *loop)
{
	return list_first(&loop->timers, struct loop_timer, link);
}

void loop_close(struct loop *loop)
{
	if (!loop)
		return;
	free_watches(&loop->watches);
	free_watches(&loop->forgotten);
	close(loop->epoll);
	free(loop);
}

int loop_watch(struct loop *loop, int fd, uint32_t events, loop_fd_fn *fn, void *arg)
{
	struct watch *watch = watch_of(loop, fd);
	struct epoll_event event = {.events = events};
	bool is_new = !watch;

	if (is_new) {
		watch = calloc(1, sizeof(*watch));
		if (!watch)
			return -ENOMEM;
		watch->fd = fd;
	}
	watch->fn = fn;
	watch->arg = arg;
	event.data.ptr = watch;
	if (epoll_ctl(loop->epoll, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event) < 0) {
		int err = -errno;

		if (is_new)
			free(watch);
		return err;
	}
	if (is_new)
		list_prepend(&loop->watches, &watch->link);
	return 0;
}

void loop_forget(struct loop *loop, int fd)
{
	struct watch *watch = watch_of(loop, fd);

	if (!watch)
		return;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
	watch->fn = NULL;
	list_remove(&watch->link);
	list_append(&loop->forgotten, &watch->link);
}

void loop_arm(struct loop *loop, struct loop_timer *timer, uint64_t delay_ms)
{
	struct loop_timer *at;

	loop_disarm(loop, timer);
	timer->due_ms = clock_ms() + delay_ms;
	list_for_each(at, &loop->timers, link)
		if (at->due_ms > timer->due_ms)
			break;
	/* After the last one that is not due later. Past the end, &at->link is the head. */
	list_insert(&at->link, &timer->link);
	timer->is_armed = true;
}

void loop_disarm(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	list_remove(&timer->link);
	timer->is_armed = false;
}

uint64_t loop_now_ms(const struct loop *loop)
{
	(void)loop;
	return clock_ms();
}

static void run_timers(struct loop *loop)
{
	/*
	 * Timers armed with no delay while these run wait for the next turn, or they could starve fds. Timers
	 * that became due after this turn's events were fetched wait, too, until the events that arrived
	 * meanwhile are handled: one might declare a server slow whose bytes are already here.
	 */
	uint64_t until_ms = loop->turn_ms;
	struct loop_timer *timer;
	unsigned budget = 0;

	list_for_each(timer, &loop->timers, link) {
		if (timer->due_ms > until_ms)
			break;
		budget++;
	}
	while (budget-- > 0 && (timer = first_timer(loop)) && timer->due_ms <= until_ms &&
	       !loop->is_stopped) {
		loop_disarm(loop, timer);
		timer->fn(timer->arg);
	}
}

static int turn(struct loop *loop)
{
	struct epoll_event events[32];
	int timeout = -1, count;

	if (first_timer(loop)) {
		uint64_t due = first_timer(loop)->due_ms, now = clock_ms();
		uint64_t wait = due > now ? due - now : 0;

		timeout = wait > 1000000 ? 1000000 : (int)wait;
	}
	count = epoll_wait(loop->epoll, events, 32, timeout);
	if (count < 0 && errno != EINTR)
		return -errno;
	loop->turn_ms = clock_ms();
	for (int i = 0; i < count && !loop->is_stopped; i++) {
		struct watch *watch = events[i].data.ptr;

		if (watch->fn)
			watch->fn(watch->arg, events[i].events);
	}
	run_timers(loop);
	free_watches(&loop->forgotten);
	return 0;
}

int loop_run(struct loop *loop)
{
	/* It may have been stopped before it runs. */
	while (!loop->is_stopped) {
		int err = turn(loop);

		if (err)
			return err;
	}
	loop->is_stopped = false;
	return loop->status;
}

void loop_stop(struct loop *loop, int status)
{
	loop->is_stopped = true;
	loop->status = status;
}
