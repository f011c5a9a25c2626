/* SPDX-License-Identifier: MIT */
#include "base/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

struct watch {
	int fd;
	loop_fd_fn *fn;
	void *arg;
	struct watch *next;
};

struct loop {
	int epoll;
	struct watch *watches;
	struct watch *forgotten;   /* freed at the end of the turn: events of this turn may still name them */
	struct loop_timer *timers; /* sorted by due_ms */
	uint64_t turn_ms;          /* when this turn's events were asked for */
	bool is_stopped;
	int status;
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

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
	*loop_out = loop;
	return 0;
}

static void free_list(struct watch *list)
{
	while (list) {
		struct watch *next = list->next;

		free(list);
		list = next;
	}
}

void loop_close(struct loop *loop)
{
	if (!loop)
		return;
	free_list(loop->watches);
	free_list(loop->forgotten);
	close(loop->epoll);
	free(loop);
}

int loop_watch(struct loop *loop, int fd, uint32_t events, loop_fd_fn *fn, void *arg)
{
	struct watch *watch;
	struct epoll_event event = {.events = events};
	bool is_new;

	for (watch = loop->watches; watch && watch->fd != fd; watch = watch->next)
		;
	is_new = !watch;
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
	if (is_new) {
		watch->next = loop->watches;
		loop->watches = watch;
	}
	return 0;
}

void loop_forget(struct loop *loop, int fd)
{
	struct watch **at, *watch;

	for (at = &loop->watches; *at && (*at)->fd != fd; at = &(*at)->next)
		;
	watch = *at;
	if (!watch)
		return;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
	*at = watch->next;
	watch->fn = NULL;
	watch->next = loop->forgotten;
	loop->forgotten = watch;
}

void loop_arm(struct loop *loop, struct loop_timer *timer, uint64_t delay_ms)
{
	struct loop_timer *at, *before = NULL;

	loop_disarm(loop, timer);
	at = loop->timers;
	timer->due_ms = now_ms() + delay_ms;
	while (at && at->due_ms <= timer->due_ms) {
		before = at;
		at = at->next;
	}
	timer->prev = before;
	timer->next = at;
	if (before)
		before->next = timer;
	else
		loop->timers = timer;
	if (at)
		at->prev = timer;
	timer->is_armed = true;
}

void loop_disarm(struct loop *loop, struct loop_timer *timer)
{
	if (!timer->is_armed)
		return;
	if (timer->prev)
		timer->prev->next = timer->next;
	else
		loop->timers = timer->next;
	if (timer->next)
		timer->next->prev = timer->prev;
	timer->prev = timer->next = NULL;
	timer->is_armed = false;
}

uint64_t loop_now_ms(const struct loop *loop)
{
	(void)loop;
	return now_ms();
}

static void run_timers(struct loop *loop)
{
	/*
	 * Timers that are armed with no delay while these run wait for the next turn, or they could starve fds. And what
	 * has become due since this turn's events were asked for waits until those that came meanwhile are heard: it may
	 * be a timer that calls a server slow, while its bytes are here.
	 */
	uint64_t until_ms = loop->turn_ms;
	unsigned budget = 0;

	for (struct loop_timer *timer = loop->timers; timer && timer->due_ms <= until_ms; timer = timer->next)
		budget++;
	while (budget-- > 0 && loop->timers && loop->timers->due_ms <= until_ms && !loop->is_stopped) {
		struct loop_timer *timer = loop->timers;

		loop_disarm(loop, timer);
		timer->fn(timer->arg);
	}
}

static int turn(struct loop *loop)
{
	struct epoll_event events[32];
	int timeout = -1, count;

	if (loop->timers) {
		uint64_t due = loop->timers->due_ms, now = now_ms();
		uint64_t wait = due > now ? due - now : 0;

		timeout = wait > 1000000 ? 1000000 : (int)wait;
	}
	count = epoll_wait(loop->epoll, events, 32, timeout);
	if (count < 0 && errno != EINTR)
		return -errno;
	loop->turn_ms = now_ms();
	for (int i = 0; i < count && !loop->is_stopped; i++) {
		struct watch *watch = events[i].data.ptr;

		if (watch->fn)
			watch->fn(watch->arg, events[i].events);
	}
	run_timers(loop);
	free_list(loop->forgotten);
	loop->forgotten = NULL;
	return 0;
}

int loop_run(struct loop *loop)
{
	loop->is_stopped = false;
	while (!loop->is_stopped) {
		int err = turn(loop);

		if (err)
			return err;
	}
	return loop->status;
}

void loop_stop(struct loop *loop, int status)
{
	loop->is_stopped = true;
	loop->status = status;
}
