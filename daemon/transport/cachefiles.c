/* SPDX-License-Identifier: MIT */
#include "transport/cachefiles.h"

#include "base/loop.h"
#include "transport/cachefiles_kept.h"
#include "transport/cachefiles_msg.h"

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

/* Requests taken per turn of the loop: transfers get their turn even in a storm of misses. */
enum { REQUESTS_A_TURN = 64 };

struct channel {
	struct loop *loop;
	int device;
	bool is_paused;
	const struct transport_sink *sink;
	void *ctx;
};

static int answer_open(struct channel *channel, uint64_t request_id, int64_t size)
{
	char command[64];
	int len = snprintf(command, sizeof(command), "copen %" PRIu64 ",%" PRId64, request_id, size);
	ssize_t put = write(channel->device, command, (size_t)len);

	return put < 0 ? -errno : 0;
}

static int answer_read(struct channel *channel, int file, uint64_t request_id, int err,
		       const struct iovec *pieces, unsigned count)
{
	/* If its bytes are not in the file by now, the reader gets EIO. */
	(void)channel;
	(void)err;
	(void)pieces;
	(void)count;
	return file < 0                                                                   ? -EBADF
	       : ioctl(file, CACHEFILES_IOC_READ_COMPLETE, (unsigned long)request_id) < 0 ? -errno
											  : 0;
}

/* Answers a request that could not be decoded with an error, if it can be answered at all. */
static void refuse(struct channel *channel, enum cachefiles_msg_result result,
		   const struct cachefiles_request *request)
{
	if (result == CACHEFILES_MSG_SHORT || result == CACHEFILES_MSG_BAD_OP)
		return;
	if (request->op == CACHEFILES_READ) {
		/* Only the engine has the object's file; it answers an empty range without fetching. */
		channel->sink->asked(channel->ctx, request->object_id, request->id, 0, 0, 0);
	} else if (request->op == CACHEFILES_OPEN) {
		answer_open(channel, request->id, -EINVAL);
		if (request->open.fd >= 0)
			close(request->open.fd);
	}
}

static void dispatch(struct channel *channel, const void *bytes, size_t len)
{
	const struct transport_sink *sink = channel->sink;
	struct cachefiles_request request;
	enum cachefiles_msg_result result = cachefiles_msg_decode(bytes, len, &request);

	if (result != CACHEFILES_MSG_OK) {
		refuse(channel, result, &request);
		return;
	}
	switch (request.op) {
	case CACHEFILES_OPEN:
		/* The kernel makes the descriptor without close-on-exec. */
		fcntl(request.open.fd, F_SETFD, FD_CLOEXEC);
		sink->opened(channel->ctx, request.object_id, request.id, request.open.fd,
			     request.open.cookie_key);
		break;
	case CACHEFILES_READ:
		sink->asked(channel->ctx, request.object_id, request.id, 0, request.read.off,
			    request.read.len);
		break;
	case CACHEFILES_CLOSE:
		sink->closed(channel->ctx, request.object_id);
		break;
	}
}

static void readable(void *arg, uint32_t events)
{
	struct channel *channel = arg;
	uint64_t buf[CACHEFILES_MSG_MAX / sizeof(uint64_t)];

	(void)events;
	for (int i = 0; i < REQUESTS_A_TURN && !channel->is_paused; i++) {
		ssize_t got = read(channel->device, buf, sizeof(buf));

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0 || (got < 0 && (errno == EAGAIN || errno == EEXIST)))
			return;
		if (got < 0) {
			/* With EMSGSIZE the request stays queued and we would spin: as final as the rest. */
			channel->sink->died(channel->ctx, -errno);
			return;
		}
		dispatch(channel, buf, (size_t)got);
	}
}

static int open_channel(struct channel **channel_out, struct loop *loop, int device,
			const struct transport_sink *sink, void *ctx)
{
	struct channel *channel = calloc(1, sizeof(*channel));
	int err;

	if (!channel)
		return -ENOMEM;
	*channel = (struct channel){.loop = loop, .device = device, .sink = sink, .ctx = ctx};
	err = loop_watch(loop, device, EPOLLIN, readable, channel);
	if (err) {
		free(channel);
		return err;
	}
	*channel_out = channel;
	return 0;
}

static void close_channel(struct channel *channel)
{
	if (!channel)
		return;
	loop_forget(channel->loop, channel->device);
	free(channel);
}

static void pause_channel(struct channel *channel, bool is_paused)
{
	int err;

	if (channel->is_paused == is_paused)
		return;
	channel->is_paused = is_paused;
	/* The watch stays, because resuming must not need memory. If it fails, another engine has to take over. */
	err = loop_watch(channel->loop, channel->device, is_paused ? 0 : EPOLLIN, readable, channel);
	if (err)
		channel->sink->died(channel->ctx, err);
}

static void plan_mount(const char *key, struct mount_plan *plan_out)
{
	snprintf(plan_out->source, sizeof(plan_out->source), "none");
	snprintf(plan_out->options, sizeof(plan_out->options), "fsid=%s", key);
}

static const struct syscall_rule rules[] = {
	CALL_IF(ioctl, IS(1, CACHEFILES_IOC_READ_COMPLETE)),
};

const struct transport cachefiles_transport = {
	.name = "cachefiles",
	.has_files = true,
	.cache = "ram",
	.probe = cachefiles_probe,
	.bind = cachefiles_bind,
	.resume = cachefiles_resume,
	.mount = cachefiles_mount,
	.mark = cachefiles_mark,
	.rules = rules,
	.rule_count = sizeof(rules) / sizeof(*rules),
	.open = open_channel,
	.close = close_channel,
	.plan = plan_mount,
	.pause = pause_channel,
	.answer_open = answer_open,
	.answer_read = answer_read,
};
