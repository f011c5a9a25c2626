/* SPDX-License-Identifier: MIT */
#include "fuse_rig.h"

#include "transport/fuse_msg.h"
#include "unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

struct fuse_rig fuse_rig;

/* The linker calls these in place of calloc, malloc and read (--wrap). */
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
	return fuse_rig.is_out_of_memory ? NULL : __real_calloc(count, size);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return fuse_rig.is_out_of_memory ? NULL : __real_malloc(size);
}

ssize_t __real_read(int fd, void *buf, size_t size);
ssize_t __wrap_read(int fd, void *buf, size_t size);
ssize_t __wrap_read(int fd, void *buf, size_t size)
{
	int err = fd == fuse_rig.ends[0] ? fuse_rig.read_errors[0] : 0;

	if (!err)
		return __real_read(fd, buf, size);
	memmove(fuse_rig.read_errors, fuse_rig.read_errors + 1,
		sizeof(fuse_rig.read_errors) - sizeof(*fuse_rig.read_errors));
	errno = err;
	return -1;
}

static void note(const char *text)
{
	ATF_REQUIRE(strlen(fuse_rig.seen) + strlen(text) < sizeof(fuse_rig.seen));
	strcat(fuse_rig.seen, text);
}

static void on_opened(void *ctx, uint64_t object_id, uint64_t request_id, int file, const char *key)
{
	char text[400];

	ATF_REQUIRE(ctx == &fuse_rig.timer && file == -1);
	EQ(fuse_msg_node(key), object_id);
	snprintf(text, sizeof(text), "open %" PRIu64 " %s;", request_id, key);
	note(text);
}

static void on_asked(void *ctx, uint64_t object_id, uint64_t request_id, int reader, uint64_t off,
		     uint64_t len)
{
	char text[128];

	ATF_REQUIRE(ctx == &fuse_rig.timer);
	EQ(FUSE_RIG_READER, reader);
	snprintf(text, sizeof(text), "read %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 ";", object_id,
		 request_id, off, len);
	note(text);
}

static void on_interrupted(void *ctx, uint64_t request_id)
{
	char text[64];

	ATF_REQUIRE(ctx == &fuse_rig.timer);
	snprintf(text, sizeof(text), "interrupt %" PRIu64 ";", request_id);
	note(text);
}

static void on_ended(void *ctx)
{
	ATF_REQUIRE(ctx == &fuse_rig.timer);
	note("ended;");
	loop_stop(fuse_rig.loop, 0);
}

static void on_died(void *ctx, int why)
{
	char text[64];

	ATF_REQUIRE(ctx == &fuse_rig.timer);
	snprintf(text, sizeof(text), "died %d;", why);
	note(text);
	loop_stop(fuse_rig.loop, 0);
}

const struct transport_sink fuse_rig_sink = {.opened = on_opened,
					     .asked = on_asked,
					     .interrupted = on_interrupted,
					     .ended = on_ended,
					     .died = on_died};

void fuse_rig_begin(void)
{
	MUST_EQ(0, loop_open(&fuse_rig.loop));
	MUST_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fuse_rig.ends));
	MUST_EQ(0, fuse_transport.open(&fuse_rig.channel, fuse_rig.loop, fuse_rig.ends[0], &fuse_rig_sink,
				       &fuse_rig.timer));
}

void fuse_rig_end(void)
{
	fuse_transport.close(fuse_rig.channel);
	loop_close(fuse_rig.loop);
}

static void stop(void *arg)
{
	loop_stop(fuse_rig.loop, 0);
	(void)arg;
}

const char *fuse_rig_told_in(uint64_t delay_ms)
{
	fuse_rig.timer.fn = stop;
	fuse_rig.seen[0] = '\0';
	loop_arm(fuse_rig.loop, &fuse_rig.timer, delay_ms);
	MUST_EQ(0, loop_run(fuse_rig.loop));
	loop_disarm(fuse_rig.loop, &fuse_rig.timer);
	return fuse_rig.seen;
}

const char *fuse_rig_told(void)
{
	return fuse_rig_told_in(2);
}

void fuse_rig_say(uint32_t opcode, uint64_t unique, uint64_t node, const void *data, size_t len)
{
	uint8_t bytes[512];
	struct fuse_in_header header = {.len = (uint32_t)(sizeof(header) + len),
					.opcode = opcode,
					.unique = unique,
					.nodeid = node,
					.pid = FUSE_RIG_READER};

	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), data, len);
	MUST_EQ(header.len, send(fuse_rig.ends[1], bytes, header.len, 0));
}

void fuse_rig_say_lookup(uint64_t unique, uint64_t node, const char *name)
{
	fuse_rig_say(FUSE_LOOKUP, unique, node, name, strlen(name) + 1);
}

void fuse_rig_say_read(uint64_t unique, uint64_t node, uint64_t off, uint32_t len)
{
	struct fuse_read_in in = {.offset = off, .size = len};

	fuse_rig_say(FUSE_READ, unique, node, &in, sizeof(in));
}

int fuse_rig_answer_to(uint64_t unique)
{
	static uint8_t packet[sizeof(fuse_rig.body) + sizeof(struct fuse_out_header)];
	struct fuse_out_header header;
	ssize_t got = recv(fuse_rig.ends[1], packet, sizeof(packet), 0);

	ATF_REQUIRE_MSG(got >= (ssize_t)sizeof(header), "no answer");
	memcpy(&header, packet, sizeof(header));
	EQ(header.len, got);
	EQ(unique, header.unique);
	fuse_rig.body_len = (size_t)got - sizeof(header);
	memcpy(fuse_rig.body, packet + sizeof(header), fuse_rig.body_len);
	ATF_CHECK(!header.error || fuse_rig.body_len == 0);
	return header.error;
}

void fuse_rig_require_no_answer(void)
{
	EQ(-1, recv(fuse_rig.ends[1], fuse_rig.body, sizeof(fuse_rig.body), 0));
	EQ(EAGAIN, errno);
}
