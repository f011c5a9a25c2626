/* SPDX-License-Identifier: MIT */
#include "fetch/multi.h"

#include "fetch/fetch_limits.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

/* The watch argument of one socket: loop callbacks do not get the descriptor. */
struct socket_watch {
	struct multi *multi;
	curl_socket_t fd;
};

static void socket_event(void *arg, uint32_t events)
{
	struct socket_watch *watch = arg;
	struct multi *multi = watch->multi;
	int mask = 0, running;

	if (events & EPOLLIN)
		mask |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		mask |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		mask |= CURL_CSELECT_ERR;
	curl_multi_socket_action(multi->curl, watch->fd, mask, &running);
	multi->stepped(multi->arg);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct multi *multi = arg;
	struct socket_watch *watch = socket_arg;
	uint32_t events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		loop_forget(multi->loop, fd);
		curl_multi_assign(multi->curl, fd, NULL);
		free(watch);
		return 0;
	}
	if (!watch) {
		watch = calloc(1, sizeof(*watch));
		if (!watch)
			return -1;
		*watch = (struct socket_watch){.multi = multi, .fd = fd};
		curl_multi_assign(multi->curl, fd, watch);
	}
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= EPOLLOUT;
	return loop_watch(multi->loop, fd, events, socket_event, watch) ? -1 : 0;
}

static void timer_event(void *arg)
{
	struct multi *multi = arg;
	int running;

	curl_multi_socket_action(multi->curl, CURL_SOCKET_TIMEOUT, 0, &running);
	multi->stepped(multi->arg);
}

static int on_timer(CURLM *curl, long delay_ms, void *arg)
{
	struct multi *multi = arg;

	(void)curl;
	if (delay_ms < 0)
		loop_disarm(multi->loop, &multi->timer);
	else
		loop_arm(multi->loop, &multi->timer, (uint64_t)delay_ms);
	return 0;
}

int multi_open(struct multi *multi, struct loop *loop, void (*stepped)(void *arg), void *arg)
{
	CURLM *curl = curl_multi_init();

	if (!curl)
		return -ENOMEM;
	*multi = (struct multi){.curl = curl, .loop = loop, .stepped = stepped, .arg = arg};
	multi->timer = (struct loop_timer){.fn = timer_event, .arg = multi};
	curl_multi_setopt(curl, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(curl, CURLMOPT_SOCKETDATA, multi);
	curl_multi_setopt(curl, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(curl, CURLMOPT_TIMERDATA, multi);
	curl_multi_setopt(curl, CURLMOPT_MAXCONNECTS, (long)FETCH_KEPT_CONNECTIONS);
	return 0;
}

void multi_close(struct multi *multi)
{
	curl_multi_cleanup(multi->curl);
	loop_disarm(multi->loop, &multi->timer);
}
