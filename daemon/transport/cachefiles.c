/* SPDX-License-Identifier: MIT */
#include "transport/cachefiles.h"

#include "transport/cachefiles_msg.h"
#include "base/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/cachefiles.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Requests taken in one turn of the loop: transfers get their turn even in a storm of misses. */
enum { REQUESTS_A_TURN = 64 };

struct transport {
	struct loop *loop;
	int device;
	bool is_paused;
	const struct transport_sink *sink;
	void *ctx;
};

static int answer_open(struct transport *transport, uint32_t request_id, int64_t size)
{
	char command[64];
	int len = snprintf(command, sizeof(command), "copen %" PRIu32 ",%" PRId64, request_id, size);
	ssize_t put = write(transport->device, command, (size_t)len);

	return put < 0 ? -errno : 0;
}

static int answer_read(struct transport *transport, transport_port port, uint32_t request_id)
{
	(void)transport;
	return ioctl(port, CACHEFILES_IOC_READ_COMPLETE, (unsigned long)request_id) < 0 ? -errno : 0;
}

static int fill(struct transport *transport, transport_port port, const void *buf, uint64_t off, uint64_t len)
{
	const char *at = buf;

	(void)transport;
	while (len > 0) {
		ssize_t put = pwrite(port, at, len, (off_t)off);

		if (put < 0 && errno == EINTR)
			continue;
		/* ENOBUFS: cachefiles' word for a store below its space limit (cachefiles_has_space). */
		if (put < 0)
			return errno == ENOBUFS || errno == ENOSPC || errno == EDQUOT ? -ENOSPC : -EIO;
		if (put == 0)
			return -EIO;
		at += put;
		off += (uint64_t)put;
		len -= (uint64_t)put;
	}
	return 0;
}

static int next_data(struct transport *transport, transport_port port, uint64_t off, uint64_t *start_out,
		     uint64_t *end_out)
{
	off_t start = lseek(port, (off_t)off, SEEK_DATA), end;

	(void)transport;
	if (start < 0)
		return -ENXIO;
	end = lseek(port, start, SEEK_HOLE);
	if (end <= start)
		return -ENXIO;
	*start_out = (uint64_t)start;
	*end_out = (uint64_t)end;
	return 0;
}

static void close_port(struct transport *transport, transport_port port)
{
	(void)transport;
	if (port >= 0)
		close(port);
}

/* What could not be decoded is answered here, if it can be answered at all; its reader gets an error. */
static void refuse(struct transport *transport, enum cachefiles_msg_result result,
		   const struct cachefiles_request *request)
{
	if (result == CACHEFILES_MSG_SHORT || result == CACHEFILES_MSG_BAD_OP)
		return;
	if (request->op == CACHEFILES_READ) {
		/* Only the engine knows the object's port; it answers an empty range without filling. */
		transport->sink->asked(transport->ctx, request->object_id, request->id, 0, 0);
	} else if (request->op == CACHEFILES_OPEN) {
		answer_open(transport, request->id, -EINVAL);
		close_port(transport, request->open.fd);
	}
}

static void dispatch(struct transport *transport, const void *bytes, size_t len)
{
	const struct transport_sink *sink = transport->sink;
	struct cachefiles_request request;
	enum cachefiles_msg_result result = cachefiles_msg_decode(bytes, len, &request);

	if (result != CACHEFILES_MSG_OK) {
		refuse(transport, result, &request);
		return;
	}
	switch (request.op) {
	case CACHEFILES_OPEN:
		/* The kernel makes the descriptor without close-on-exec. */
		fcntl(request.open.fd, F_SETFD, FD_CLOEXEC);
		sink->opened(transport->ctx, request.object_id, request.id, request.open.fd,
			     request.open.volume_key, request.open.cookie_key);
		break;
	case CACHEFILES_READ:
		sink->asked(transport->ctx, request.object_id, request.id, request.read.off,
			    request.read.len);
		break;
	case CACHEFILES_CLOSE:
		sink->closed(transport->ctx, request.object_id);
		break;
	}
}

static void readable(void *arg, uint32_t events)
{
	struct transport *transport = arg;
	uint64_t buf[CACHEFILES_MSG_MAX / sizeof(uint64_t)];

	(void)events;
	for (int i = 0; i < REQUESTS_A_TURN && !transport->is_paused; i++) {
		ssize_t got = read(transport->device, buf, sizeof(buf));

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0 || (got < 0 && (errno == EAGAIN || errno == EEXIST)))
			return;
		if (got < 0) {
			/* EMSGSIZE would leave the request queued and us spinning: it is as final as the
			 * rest. */
			transport->sink->died(transport->ctx, -errno);
			return;
		}
		dispatch(transport, buf, (size_t)got);
	}
}

static int open_transport(struct transport **transport_out, struct loop *loop, int device,
			  const struct transport_sink *sink, void *ctx)
{
	struct transport *transport = calloc(1, sizeof(*transport));
	int err;

	if (!transport)
		return -ENOMEM;
	*transport = (struct transport){.loop = loop, .device = device, .sink = sink, .ctx = ctx};
	err = loop_watch(loop, device, EPOLLIN, readable, transport);
	if (err) {
		free(transport);
		return err;
	}
	*transport_out = transport;
	return 0;
}

static void close_transport(struct transport *transport)
{
	if (!transport)
		return;
	loop_forget(transport->loop, transport->device);
	free(transport);
}

static void pause_transport(struct transport *transport, int is_paused)
{
	if (transport->is_paused == (is_paused != 0))
		return;
	transport->is_paused = is_paused != 0;
	if (transport->is_paused)
		loop_forget(transport->loop, transport->device);
	else
		loop_watch(transport->loop, transport->device, EPOLLIN, readable, transport);
}

const struct transport_ops cachefiles_ops = {
	.name = "cachefiles",
	.open = open_transport,
	.close = close_transport,
	.pause = pause_transport,
	.answer_open = answer_open,
	.answer_read = answer_read,
	.fill = fill,
	.next_data = next_data,
	.close_port = close_port,
};
