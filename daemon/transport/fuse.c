/* SPDX-License-Identifier: MIT */
#include "transport/fuse.h"

#include "base/block.h"
#include "base/list.h"
#include "base/loop.h"
#include "transport/fuse_msg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Requests taken per turn of the loop: transfers get their turn even in a storm of misses. */
enum { REQUESTS_A_TURN = 64 };

/* A file that the kernel knows, or asks for. */
struct node {
	uint64_t number;
	uint64_t request_id; /* of the LOOKUP that waits; 0: the file is served */
	uint64_t size;       /* as the kernel knows it: whole blocks */
	char key[FUSE_MSG_NAME_MAX + 1];
	struct list link;
};

struct channel {
	struct loop *loop;
	int device;
	const struct transport_sink *sink;
	void *ctx;
	struct list nodes;
	_Alignas(8) uint8_t message[FUSE_MSG_MAX];
};

/*
 * Bytes are copied. To splice pages instead could save the 4 % of both processors that copying them takes, and pages would have
 * to be given away for good: not tried.
 */
static int answer(const struct channel *channel, uint64_t unique, int err, const struct iovec *pieces,
		  unsigned count)
{
	struct fuse_out_header header = {.len = sizeof(header), .error = err, .unique = unique};
	struct iovec all[1 + FUSE_MSG_READ_MAX / BLOCK_SIZE + 1];

	if (count >= sizeof(all) / sizeof(*all))
		return -E2BIG;
	all[0] = (struct iovec){.iov_base = &header, .iov_len = sizeof(header)};
	for (unsigned i = 0; i < count; i++) {
		all[i + 1] = pieces[i];
		header.len += (uint32_t)pieces[i].iov_len;
	}
	return writev(channel->device, all, (int)count + 1) < 0 ? -errno : 0;
}

static void answer_with(const struct channel *channel, uint64_t unique, const void *bytes, size_t len)
{
	struct iovec piece = {.iov_base = (void *)bytes, .iov_len = len};

	(void)answer(channel, unique, 0, &piece, 1);
}

static void answer_entry(const struct channel *channel, uint64_t unique, const struct node *node)
{
	struct fuse_entry_out entry = fuse_msg_entry(node->number, node->size);

	answer_with(channel, unique, &entry, sizeof(entry));
}

static int answer_read(struct channel *channel, int file, uint64_t request_id, int err,
		       const struct iovec *pieces, unsigned count)
{
	(void)file;
	/* The kernel takes a number beyond its errors for a fault of ours. */
	return answer(channel, request_id, err == -EINTR ? err : err ? -EIO : 0, pieces, count);
}

static struct node *node_add(struct channel *channel, const char *key)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->number = fuse_msg_node(key);
	snprintf(node->key, sizeof(node->key), "%s", key);
	list_append(&channel->nodes, &node->link);
	return node;
}

static void node_free(struct node *node)
{
	list_remove(&node->link);
	free(node);
}

/* A file that is served; NULL: there is none of that number. */
static struct node *node_find(const struct channel *channel, uint64_t number)
{
	struct node *node;

	list_for_each(node, &channel->nodes, link)
		if (node->number == number && !node->request_id)
			return node;
	return NULL;
}

static int answer_open(struct channel *channel, uint64_t request_id, int64_t size)
{
	struct node *node;
	int err = size < 0 ? (int)size : 0;

	list_for_each(node, &channel->nodes, link)
		if (node->request_id == request_id)
			break;
	if (&node->link == &channel->nodes)
		return -ENOENT;
	node->request_id = 0;
	node->size = err ? 0 : block_ceil((uint64_t)size);
	if (err) {
		node_free(node);
		return answer(channel, request_id, err, NULL, 0);
	}
	answer_entry(channel, request_id, node);
	return 0;
}

static void look_up(struct channel *channel, const struct fuse_msg *msg)
{
	uint64_t number = fuse_msg_node(msg->name);
	struct node *node = node_find(channel, number);

	if (msg->node != FUSE_ROOT_ID) {
		(void)answer(channel, msg->unique, -ENOTDIR, NULL, 0);
		return;
	}
	if (node) {
		answer_entry(channel, msg->unique, node);
		return;
	}
	node = node_add(channel, msg->name);
	if (!node) {
		(void)answer(channel, msg->unique, -ENOMEM, NULL, 0);
		return;
	}
	node->request_id = msg->unique;
	channel->sink->opened(channel->ctx, number, msg->unique, -1, node->key);
}

static void answer_attributes(const struct channel *channel, const struct fuse_msg *msg)
{
	const struct node *node = node_find(channel, msg->node);
	struct fuse_attr_out attr = fuse_msg_attr(msg->node, node ? node->size : 0);

	if (node || msg->node == FUSE_ROOT_ID)
		answer_with(channel, msg->unique, &attr, sizeof(attr));
	else
		(void)answer(channel, msg->unique, -ESTALE, NULL, 0);
}

static void dispatch(struct channel *channel, const struct fuse_msg *msg)
{
	const struct transport_sink *sink = channel->sink;
	struct fuse_open_out opened = fuse_msg_open();
	struct fuse_statfs_out statfs = fuse_msg_statfs();

	switch (msg->kind) {
	case FUSE_MSG_LOOKUP:
		look_up(channel, msg);
		break;
	case FUSE_MSG_GETATTR:
		answer_attributes(channel, msg);
		break;
	case FUSE_MSG_OPEN:
		answer_with(channel, msg->unique, &opened, sizeof(opened));
		break;
	case FUSE_MSG_READ:
		sink->asked(channel->ctx, msg->node, msg->unique, msg->reader, msg->read.off, msg->read.len);
		break;
	case FUSE_MSG_STATFS:
		answer_with(channel, msg->unique, &statfs, sizeof(statfs));
		break;
	case FUSE_MSG_INTERRUPT:
		sink->interrupted(channel->ctx, msg->interrupted);
		break;
	case FUSE_MSG_FORGET:
		break;
	case FUSE_MSG_DONE:
		(void)answer(channel, msg->unique, 0, NULL, 0);
		break;
	case FUSE_MSG_REFUSED:
		(void)answer(channel, msg->unique, msg->error, NULL, 0);
		break;
	}
}

static void readable(void *arg, uint32_t events)
{
	struct channel *channel = arg;
	struct fuse_msg msg;

	(void)events;
	for (int i = 0; i < REQUESTS_A_TURN; i++) {
		ssize_t got = read(channel->device, channel->message, sizeof(channel->message));

		/* ENOENT: the reader was killed before we had its request. */
		if (got < 0 && (errno == EINTR || errno == ENOENT))
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got < 0) {
			if (errno == ENODEV)
				channel->sink->ended(channel->ctx);
			else
				channel->sink->died(channel->ctx, -errno);
			return;
		}
		if (fuse_msg_decode(channel->message, (size_t)got, &msg))
			dispatch(channel, &msg);
	}
}

static void close_channel(struct channel *channel)
{
	struct node *node;

	if (!channel)
		return;
	loop_forget(channel->loop, channel->device);
	while ((node = list_first(&channel->nodes, struct node, link)))
		node_free(node);
	free(channel);
}

static int open_channel(struct channel **channel_out, struct loop *loop, int device,
			const struct transport_sink *sink, void *ctx)
{
	struct channel *channel = malloc(sizeof(*channel));
	int err;

	if (!channel)
		return -ENOMEM;
	/* Not calloc: each page has to be touched. */
	memset(channel, 0, sizeof(*channel));
	*channel = (struct channel){.loop = loop, .device = device, .sink = sink, .ctx = ctx};
	list_init(&channel->nodes);
	err = loop_watch(loop, device, EPOLLIN, readable, channel);
	if (err) {
		free(channel);
		return err;
	}
	*channel_out = channel;
	return 0;
}

static int adopt(struct channel *channel, const char *key, uint64_t size, uint64_t *object_id_out)
{
	struct node *node = node_add(channel, key);

	if (!node)
		return -ENOMEM;
	node->size = block_ceil(size);
	*object_id_out = node->number;
	return 0;
}

/* A request that is not taken could not be interrupted. The kernel bounds them: by its tasks, and by BACKGROUND_MAX. */
static void pause_channel(struct channel *channel, bool is_paused)
{
	(void)channel;
	(void)is_paused;
}

static void plan_mount(const char *key, struct mount_plan *plan_out)
{
	snprintf(plan_out->source, sizeof(plan_out->source), "%s", key);
	snprintf(plan_out->options, sizeof(plan_out->options), "-");
}

static const struct syscall_rule rules[] = {
	CALL(writev),
};

const struct transport fuse_transport = {
	.name = "fuse",
	.cache = "page",
	.probe = fuse_probe,
	.bind = fuse_bind,
	.resume = fuse_resume,
	.is_over = fuse_is_over,
	.mount = fuse_mount,
	.rules = rules,
	.rule_count = sizeof(rules) / sizeof(*rules),
	.open = open_channel,
	.close = close_channel,
	.plan = plan_mount,
	.adopt = adopt,
	.pause = pause_channel,
	.answer_open = answer_open,
	.answer_read = answer_read,
};
