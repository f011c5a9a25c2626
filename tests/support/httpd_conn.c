/* SPDX-License-Identifier: MIT */
#include "httpd_conn.h"

#include "httpd_reply.h"
#include "httpd_request.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX 16384 /* bytes of a request's head */
#define NEVER    UINT64_MAX

enum state {
	READING,  /* for a request */
	SENDING,  /* the socket or the clock holds the reply up */
	MUTE,     /* stalled on purpose until the client leaves */
	DRAINING, /* we have closed our side, and wait for the client to close its own */
	RESETTING /* until the client's kernel has all that was sent */
};

struct httpd_conn {
	struct httpd_conn *prev, *next;
	int fd;
	enum state state;
	uint64_t number;
	uint64_t wake_ns; /* NEVER, or when to go on */
	uint32_t events;  /* what epoll has been told */
	bool has_request, is_logged;
	struct httpd_request req;
	struct httpd_reply reply;
	size_t in_len;
	char in[HEAD_MAX];
};

static struct {
	struct httpd_conn_config config;
	struct httpd_conn *first;
	uint64_t n_opened, n_requests;
} conns;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

void httpd_conn_watch(int epoll, int fd, void *who, uint32_t events, int op)
{
	struct epoll_event event = {.events = events, .data.ptr = who};

	if (epoll_ctl(epoll, op, fd, &event) < 0) {
		perror("httpd: epoll");
		exit(1);
	}
}

static void conn_wait(struct httpd_conn *conn, uint32_t events, uint64_t wake_ns)
{
	conn->wake_ns = wake_ns;
	if (conn->events != events)
		httpd_conn_watch(conns.config.epoll, conn->fd, conn, events, EPOLL_CTL_MOD);
	conn->events = events;
}

static void conn_log(struct httpd_conn *conn, enum httpd_reply_next end, uint64_t bytes)
{
	static const char *const ends[] = {
		[HTTPD_REPLY_DONE] = "ok",     [HTTPD_REPLY_CLOSE] = "ok",    [HTTPD_REPLY_CUT] = "cut",
		[HTTPD_REPLY_RESET] = "reset", [HTTPD_REPLY_STALL] = "stall", [HTTPD_REPLY_GONE] = "gone",
	};
	const struct httpd_request *req = &conn->req;

	if (conn->is_logged || conns.config.log_fd < 0)
		return;
	conn->is_logged = true;
	if (conn->has_request)
		dprintf(conns.config.log_fd, "%s %s %s %03u %llu %llu %s\n", req->method, req->target,
			req->range[0] ? req->range : "-", conn->reply.status, (unsigned long long)bytes,
			(unsigned long long)conn->number, ends[end]);
	else
		dprintf(conns.config.log_fd, "- - - %03u %llu %llu %s\n", conn->reply.status,
			(unsigned long long)bytes, (unsigned long long)conn->number, ends[end]);
}

void httpd_conn_open(int sock)
{
	struct httpd_conn *conn = calloc(1, sizeof(*conn));
	int on = 1;

	if (!conn) {
		perror("httpd: memory");
		exit(1);
	}
	setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	conn->fd = sock;
	conn->reply.fd = -1;
	conn->number = ++conns.n_opened;
	conn->wake_ns = NEVER;
	conn->events = EPOLLIN;
	conn->next = conns.first;
	if (conn->next)
		conn->next->prev = conn;
	conns.first = conn;
	httpd_conn_watch(conns.config.epoll, sock, conn, EPOLLIN, EPOLL_CTL_ADD);
}

static void conn_close(struct httpd_conn *conn, bool is_reset)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	if (conn->prev)
		conn->prev->next = conn->next;
	else
		conns.first = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	httpd_reply_end(&conn->reply);
	if (is_reset)
		setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(conn->fd);
	free(conn);
}

/* Returns: false when the connection is no more. */
static bool conn_read(struct httpd_conn *conn)
{
	size_t used = 0;
	enum httpd_request_verdict verdict =
		httpd_request_parse(conn->in, conn->in_len, sizeof(conn->in), &conn->req, &used);
	ssize_t n;

	if (verdict == HTTPD_REQUEST_MORE) {
		n = recv(conn->fd, conn->in + conn->in_len, sizeof(conn->in) - conn->in_len, 0);
		if (n > 0) {
			conn->in_len += (size_t)n;
			return true;
		}
		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			conn_wait(conn, EPOLLIN, NEVER);
			return true;
		}
		conn_close(conn, false);
		return false;
	}
	conn->is_logged = false;
	conn->has_request = verdict == HTTPD_REQUEST_OK;
	conn->state = SENDING;
	if (!conn->has_request) {
		httpd_reply_refuse(&conn->reply, verdict == HTTPD_REQUEST_BAD ? 400 : 431, now_ns());
		return true;
	}
	conn->in_len -= used;
	memmove(conn->in, conn->in + used, conn->in_len);
	if (httpd_reply_begin(&conn->reply, &conn->req, conns.config.root_fd, conns.config.faults_dir,
			      ++conns.n_requests, now_ns()) < 0)
		exit(1);
	if (conn->reply.fault.hold[0] && conns.config.log_fd >= 0)
		dprintf(conns.config.log_fd, "HELD %s %s %s\n", conn->req.method, conn->req.target,
			conn->req.range[0] ? conn->req.range : "-");
	return true;
}

/* Returns: false when the connection is no more. */
static bool conn_send(struct httpd_conn *conn)
{
	enum httpd_reply_next next = httpd_reply_send(&conn->reply, conn->fd, now_ns());

	switch (next) {
	case HTTPD_REPLY_BLOCKED:
		conn_wait(conn, EPOLLOUT, NEVER);
		return true;
	case HTTPD_REPLY_LATER:
		conn_wait(conn, 0, conn->reply.wake_ns);
		return true;
	case HTTPD_REPLY_TELL:
		conn_log(conn, conn->reply.at_end, conn->reply.body_told);
		return true;
	default:
		break;
	}
	conn_log(conn, next, conn->reply.body_sent);
	httpd_reply_end(&conn->reply);
	switch (next) {
	case HTTPD_REPLY_DONE:
		conn->state = READING;
		return true;
	case HTTPD_REPLY_CLOSE:
		/* To close with input unread would reset the connection, and take the reply's end along. */
		shutdown(conn->fd, SHUT_WR);
		conn->state = DRAINING;
		return true;
	case HTTPD_REPLY_STALL:
		conn->state = MUTE;
		conn_wait(conn, EPOLLRDHUP, NEVER);
		return true;
	case HTTPD_REPLY_RESET:
		conn->state = RESETTING;
		return true;
	default:
		conn_close(conn, false);
		return false;
	}
}

static bool conn_drain(struct httpd_conn *conn)
{
	ssize_t n = recv(conn->fd, conn->in, sizeof(conn->in), 0);

	if (n > 0 || (n < 0 && errno == EINTR))
		return true;
	if (n < 0 && errno == EAGAIN) {
		conn_wait(conn, EPOLLIN, NEVER);
		return true;
	}
	conn_close(conn, false);
	return false;
}

/* A reset throws away what was sent and not yet acknowledged, and no event tells of acknowledgements. */
static bool conn_reset(struct httpd_conn *conn)
{
	int unacked = 0;

	if (ioctl(conn->fd, SIOCOUTQ, &unacked) == 0 && unacked > 0) {
		conn_wait(conn, 0, now_ns() + 1000000);
		return true;
	}
	conn_close(conn, true);
	return false;
}

/* Go on until there is something to wait for. */
static void conn_run(struct httpd_conn *conn)
{
	bool is_alive = true;

	conn->wake_ns = 0;
	while (is_alive && conn->wake_ns == 0) {
		switch (conn->state) {
		case READING:
			is_alive = conn_read(conn);
			break;
		case SENDING:
			is_alive = conn_send(conn);
			break;
		case DRAINING:
			is_alive = conn_drain(conn);
			break;
		case RESETTING:
			is_alive = conn_reset(conn);
			break;
		case MUTE: /* only the client's leaving wakes it */
			conn_close(conn, false);
			is_alive = false;
			break;
		}
	}
}

void httpd_conn_event(struct httpd_conn *conn, uint32_t events)
{
	if (conn->state != READING && conn->state != DRAINING && (events & (EPOLLERR | EPOLLHUP))) {
		if (conn->state == SENDING)
			conn_log(conn, HTTPD_REPLY_GONE, conn->reply.body_sent);
		conn_close(conn, false);
		return;
	}
	conn_run(conn);
}

int httpd_conn_run_timers(void)
{
	uint64_t now = now_ns(), first = NEVER;
	struct httpd_conn *next;

	for (struct httpd_conn *conn = conns.first; conn; conn = next) {
		next = conn->next;
		if (conn->wake_ns <= now)
			conn_run(conn);
	}
	for (struct httpd_conn *conn = conns.first; conn; conn = conn->next)
		if (conn->wake_ns < first)
			first = conn->wake_ns;
	if (first == NEVER)
		return -1;
	now = now_ns();
	return first <= now ? 0 : (int)((first - now + 999999) / 1000000);
}

void httpd_conn_init(const struct httpd_conn_config *config)
{
	conns.config = *config;
}

void httpd_conn_fini(void)
{
	while (conns.first)
		conn_close(conns.first, false);
}
