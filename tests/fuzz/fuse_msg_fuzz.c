/* SPDX-License-Identifier: MIT */
/*
 * A message of /dev/fuse: whatever decodes is within bounds, is of the kind that its opcode says, and has the numbers by which
 * it is answered. The same bytes as the first message: nothing is agreed that was not offered.
 */
#include "fuzz.h"

#include "transport/fuse_msg.h"

#include <errno.h>

static void check_name(const struct fuse_msg *msg, const char *sent, size_t len)
{
	size_t name_len = strnlen(msg->name, sizeof(msg->name));

	MUST(name_len > 0 && name_len <= FUSE_MSG_NAME_MAX, "a name of %zu bytes", name_len);
	MUST(name_len < len && memcmp(msg->name, sent, name_len + 1) == 0, "another name than was sent");
	MUST(fuse_msg_node(msg->name) > FUSE_ROOT_ID, "the number of nothing, or of the directory");
}

/* What may come of an opcode, beside a refusal. */
static enum fuse_msg_kind kind_of(uint32_t opcode)
{
	switch (opcode) {
	case FUSE_LOOKUP:
		return FUSE_MSG_LOOKUP;
	case FUSE_GETATTR:
		return FUSE_MSG_GETATTR;
	case FUSE_OPEN:
		return FUSE_MSG_OPEN;
	case FUSE_READ:
		return FUSE_MSG_READ;
	case FUSE_STATFS:
		return FUSE_MSG_STATFS;
	case FUSE_INTERRUPT:
		return FUSE_MSG_INTERRUPT;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
		return FUSE_MSG_FORGET;
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_OPENDIR:
	case FUSE_FLUSH:
	case FUSE_DESTROY:
	case FUSE_READDIR:
		return FUSE_MSG_DONE;
	}
	return FUSE_MSG_REFUSED;
}

/* These have no reader who waits: an answer is an error of the device. */
static bool is_never_answered(uint32_t opcode)
{
	return opcode == FUSE_INTERRUPT || opcode == FUSE_FORGET || opcode == FUSE_BATCH_FORGET;
}

static void check_msg(const struct fuse_msg *msg, uint32_t opcode, const uint8_t *body, size_t len)
{
	if (is_never_answered(opcode))
		MUST(msg->kind == FUSE_MSG_FORGET || msg->kind == FUSE_MSG_INTERRUPT, "opcode %u", opcode);
	else
		MUST(msg->kind == kind_of(opcode) || msg->kind == FUSE_MSG_REFUSED, "opcode %u", opcode);
	switch (msg->kind) {
	case FUSE_MSG_LOOKUP:
		check_name(msg, (const char *)body, len);
		break;
	case FUSE_MSG_READ:
		MUST(msg->read.len > 0 && msg->read.len <= FUSE_MSG_READ_MAX, "a read of %u bytes",
		     msg->read.len);
		MUST(msg->read.off <= INT64_MAX - (uint64_t)msg->read.len, "a read that overflows");
		break;
	case FUSE_MSG_INTERRUPT:
		MUST(len >= sizeof(msg->interrupted) && memcmp(&msg->interrupted, body, 8) == 0,
		     "another request is interrupted");
		break;
	case FUSE_MSG_REFUSED:
		/* The kernel takes other numbers for a fault of ours. */
		MUST(msg->error < 0 && msg->error > -512, "error %d", msg->error);
		break;
	default:
		break;
	}
}

static void check_init(const uint8_t *data, size_t size, bool is_whole, const struct fuse_in_header *header)
{
	struct fuse_init_out out = {0};
	struct fuse_init_in in = {0};
	uint64_t unique = 0;
	enum fuse_msg_init init = fuse_msg_agree(data, size, 4096, &unique, &out);

	if (init == FUSE_MSG_INIT_OTHER)
		return;
	MUST(is_whole && header->opcode == FUSE_INIT && unique == header->unique, "no INIT");
	size -= sizeof(*header);
	memcpy(&in, data + sizeof(*header), size < sizeof(in) ? size : sizeof(in));
	if (init != FUSE_MSG_INIT_OK)
		return;
	MUST(in.major == out.major && out.minor <= in.minor && out.max_readahead <= in.max_readahead,
	     "more than the kernel has");
	MUST(!(out.flags & ~in.flags) && !(out.flags2 & ~in.flags2), "flags that were not offered");
	MUST(out.flags & FUSE_MAX_PAGES && out.max_pages * 4096u == FUSE_MSG_READ_MAX, "%u pages",
	     out.max_pages);
	MUST(out.flags & FUSE_INIT_EXT && out.flags2, "it would forget requests");
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct fuse_in_header header = {0};
	bool is_whole = size >= sizeof(header);
	struct fuse_msg msg;

	if (is_whole)
		memcpy(&header, data, sizeof(header));
	check_init(data, size, is_whole, &header);
	MUST(fuse_msg_decode(data, size, &msg) == is_whole, "%zu bytes", size);
	if (!is_whole)
		return 0;
	MUST(msg.unique == header.unique && msg.node == header.nodeid, "of another message");
	MUST(fuse_msg_original(msg.unique) == fuse_msg_original(fuse_msg_original(msg.unique)) &&
		     fuse_msg_original(msg.unique) << 1 == msg.unique << 1,
	     "another request");
	check_msg(&msg, header.opcode, data + sizeof(header), size - sizeof(header));
	return 0;
}
