/* SPDX-License-Identifier: MIT */
/* The transport's engine half against a socket in the device's place: one packet is one message of the kernel, or to it. */
#include "unit.h"

#include "base/loop.h"
#include "transport/fuse.h"
#include "transport/fuse_msg.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define RESEND_UNIQUE (UINT64_C(1) << 63)

/* The linker calls these in place of calloc, malloc and read (--wrap). */
static bool is_out_of_memory;
static int read_errors[4]; /* what the device says, one after the other, before what it has to say */
static int ends[2];

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
	return is_out_of_memory ? NULL : __real_calloc(count, size);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return is_out_of_memory ? NULL : __real_malloc(size);
}

ssize_t __real_read(int fd, void *buf, size_t size);
ssize_t __wrap_read(int fd, void *buf, size_t size);
ssize_t __wrap_read(int fd, void *buf, size_t size)
{
	int err = fd == ends[0] ? read_errors[0] : 0;

	if (!err)
		return __real_read(fd, buf, size);
	memmove(read_errors, read_errors + 1, sizeof(read_errors) - sizeof(*read_errors));
	errno = err;
	return -1;
}

static struct loop *loop;
static struct channel *channel;
static char seen[16384]; /* what the engine was told */
static struct loop_timer timer;

static void note(const char *text)
{
	ATF_REQUIRE(strlen(seen) + strlen(text) < sizeof(seen));
	strcat(seen, text);
}

static void on_opened(void *ctx, uint64_t object_id, uint64_t request_id, int file, const char *key)
{
	char text[400];

	ATF_REQUIRE(ctx == &timer && file == -1);
	EQ(fuse_msg_node(key), object_id);
	snprintf(text, sizeof(text), "open %" PRIu64 " %s;", request_id, key);
	note(text);
}

static void on_asked(void *ctx, uint64_t object_id, uint64_t request_id, uint64_t off, uint64_t len)
{
	char text[128];

	ATF_REQUIRE(ctx == &timer);
	snprintf(text, sizeof(text), "read %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 ";", object_id,
		 request_id, off, len);
	note(text);
}

static void on_interrupted(void *ctx, uint64_t request_id)
{
	char text[64];

	ATF_REQUIRE(ctx == &timer);
	snprintf(text, sizeof(text), "interrupt %" PRIu64 ";", request_id);
	note(text);
}

static void on_ended(void *ctx)
{
	ATF_REQUIRE(ctx == &timer);
	note("ended;");
	loop_stop(loop, 0);
}

static void on_died(void *ctx, int why)
{
	char text[64];

	ATF_REQUIRE(ctx == &timer);
	snprintf(text, sizeof(text), "died %d;", why);
	note(text);
	loop_stop(loop, 0);
}

static const struct transport_sink sink = {.opened = on_opened,
					   .asked = on_asked,
					   .interrupted = on_interrupted,
					   .ended = on_ended,
					   .died = on_died};

static void begin(void)
{
	MUST_EQ(0, loop_open(&loop));
	MUST_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends));
	MUST_EQ(0, fuse_transport.open(&channel, loop, ends[0], &sink, &timer));
}

static void end(void)
{
	fuse_transport.close(channel);
	loop_close(loop);
}

static void stop(void *arg)
{
	loop_stop(loop, 0);
	(void)arg;
}

/* Runs the loop until what was sent has been taken; delay_ms 0: one turn of it. */
static const char *told_in(uint64_t delay_ms)
{
	timer.fn = stop;
	seen[0] = '\0';
	loop_arm(loop, &timer, delay_ms);
	MUST_EQ(0, loop_run(loop));
	loop_disarm(loop, &timer);
	return seen;
}

static const char *told(void)
{
	return told_in(2);
}

static void say(uint32_t opcode, uint64_t unique, uint64_t node, const void *data, size_t len)
{
	uint8_t bytes[512];
	struct fuse_in_header header = {
		.len = (uint32_t)(sizeof(header) + len), .opcode = opcode, .unique = unique, .nodeid = node};

	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), data, len);
	MUST_EQ(header.len, send(ends[1], bytes, header.len, 0));
}

static void say_lookup(uint64_t unique, uint64_t node, const char *name)
{
	say(FUSE_LOOKUP, unique, node, name, strlen(name) + 1);
}

static void say_read(uint64_t unique, uint64_t node, uint64_t off, uint32_t len)
{
	struct fuse_read_in in = {.offset = off, .size = len};

	say(FUSE_READ, unique, node, &in, sizeof(in));
}

/* The next answer, which must be to that request. Returns its error; its bytes are in body. */
static uint8_t body[65536];
static size_t body_len;

static int answer_to(uint64_t unique)
{
	static uint8_t packet[sizeof(body) + sizeof(struct fuse_out_header)];
	struct fuse_out_header header;
	ssize_t got = recv(ends[1], packet, sizeof(packet), 0);

	ATF_REQUIRE_MSG(got >= (ssize_t)sizeof(header), "no answer");
	memcpy(&header, packet, sizeof(header));
	EQ(header.len, got);
	EQ(unique, header.unique);
	body_len = (size_t)got - sizeof(header);
	memcpy(body, packet + sizeof(header), body_len);
	ATF_CHECK(!header.error || body_len == 0);
	return header.error;
}

static void require_no_answer(void)
{
	EQ(-1, recv(ends[1], body, sizeof(body), 0));
	EQ(EAGAIN, errno);
}

/* The answer to a LOOKUP: a file of that name and size. */
static void require_entry(uint64_t unique, const char *name, uint64_t size)
{
	struct fuse_entry_out entry;

	MUST_EQ(0, answer_to(unique));
	MUST_EQ(sizeof(entry), body_len);
	memcpy(&entry, body, sizeof(entry));
	EQ(fuse_msg_node(name), entry.nodeid);
	EQ(fuse_msg_node(name), entry.attr.ino);
	EQ(size, entry.attr.size);
}

CASE(a_lookup_is_answered_when_the_engine_knows_the_size_which_is_whole_blocks)
{
	begin();
	say_lookup(5, FUSE_ROOT_ID, "image");
	ATF_CHECK_STREQ("open 5 image;", told());
	require_no_answer();
	EQ(0, fuse_transport.answer_open(channel, 5, 8193));
	require_entry(5, "image", 3 * 4096);
	/* It is known from now on. */
	say_lookup(6, FUSE_ROOT_ID, "image");
	ATF_CHECK_STREQ("", told());
	require_entry(6, "image", 3 * 4096);
	EQ(-ENOENT, fuse_transport.answer_open(channel, 5, 8193));
	require_no_answer();
	end();
}

CASE(a_lookup_that_the_engine_refuses_may_come_again)
{
	begin();
	for (uint64_t unique = 5; unique < 8; unique++) {
		say_lookup(unique, FUSE_ROOT_ID, "gone");
		told();
		EQ(0, fuse_transport.answer_open(channel, unique, -EPERM));
		EQ(-EPERM, answer_to(unique));
	}
	say_lookup(9, FUSE_ROOT_ID, "gone");
	ATF_CHECK_STREQ("open 9 gone;", told());
	EQ(0, fuse_transport.answer_open(channel, 9, 0));
	require_entry(9, "gone", 0);
	end();
}

CASE(a_name_that_is_looked_up_twice_is_answered_twice)
{
	begin();
	say_lookup(5, FUSE_ROOT_ID, "image");
	say_lookup(6, FUSE_ROOT_ID, "image");
	say_lookup(7, FUSE_ROOT_ID, "image");
	ATF_CHECK_STREQ("open 5 image;open 6 image;open 7 image;", told());
	EQ(0, fuse_transport.answer_open(channel, 5, -EIO));
	EQ(-EIO, answer_to(5));
	EQ(0, fuse_transport.answer_open(channel, 7, 4096));
	require_entry(7, "image", 4096);
	EQ(0, fuse_transport.answer_open(channel, 6, 4096));
	require_entry(6, "image", 4096);
	say_lookup(8, FUSE_ROOT_ID, "image");
	ATF_CHECK_STREQ("", told());
	require_entry(8, "image", 4096);
	end();
}

CASE(there_is_one_directory)
{
	begin();
	say_lookup(5, fuse_msg_node("image"), "image");
	say_lookup(6, 0, "image");
	ATF_CHECK_STREQ("", told());
	EQ(-ENOTDIR, answer_to(5));
	EQ(-ENOTDIR, answer_to(6));
	end();
}

CASE(what_an_earlier_engine_told_is_true_in_this_one)
{
	uint64_t id;

	begin();
	EQ(0, fuse_transport.adopt(channel, "image", 4097, &id));
	EQ(fuse_msg_node("image"), id);
	say_lookup(5, FUSE_ROOT_ID, "image");
	say_read(6, id, 0, 4096);
	told();
	require_entry(5, "image", 2 * 4096);
	end();
}

static struct fuse_attr attributes_of(uint64_t node)
{
	struct fuse_attr_out attr = {.attr_valid = 0};
	struct fuse_getattr_in in = {.getattr_flags = 0};

	say(FUSE_GETATTR, 5, node, &in, sizeof(in));
	ATF_CHECK_STREQ("", told());
	if (answer_to(5) == 0 && body_len == sizeof(attr))
		memcpy(&attr, body, sizeof(attr));
	return attr.attr;
}

CASE(attributes_are_those_of_the_directory_and_of_files_that_are_served)
{
	uint64_t id;

	begin();
	EQ(0, fuse_transport.adopt(channel, "image", 8192, &id));
	EQ(0040500u, attributes_of(FUSE_ROOT_ID).mode);
	EQ(0100400u, attributes_of(id).mode);
	EQ(8192u, attributes_of(id).size);
	say_lookup(6, FUSE_ROOT_ID, "blob");
	told();
	EQ(0u, attributes_of(fuse_msg_node("blob")).mode);
	EQ(0u, attributes_of(0).mode);
	say(FUSE_GETATTR, 7, 99, "", 0);
	told();
	EQ(-ESTALE, answer_to(7));
	end();
}

CASE(what_else_comes_has_its_answer_or_none)
{
	struct fuse_open_in in = {.flags = 0};
	uint8_t zeros[64] = {0};

	begin();
	say(FUSE_OPEN, 5, 99, &in, sizeof(in));
	say(FUSE_STATFS, 6, FUSE_ROOT_ID, "", 0);
	say(FUSE_RELEASE, 7, 99, zeros, sizeof(struct fuse_release_in));
	say(FUSE_FORGET, 8, 99, zeros, sizeof(struct fuse_forget_in));
	say(FUSE_BATCH_FORGET, 9, 0, zeros, sizeof(struct fuse_batch_forget_in));
	say(FUSE_GETXATTR, 10, 99, zeros, sizeof(struct fuse_getxattr_in));
	ATF_CHECK_STREQ("", told());
	EQ(0, answer_to(5));
	EQ(sizeof(struct fuse_open_out), body_len);
	EQ(0, answer_to(6));
	EQ(sizeof(struct fuse_statfs_out), body_len);
	EQ(0, answer_to(7));
	EQ(0u, body_len);
	EQ(-ENOSYS, answer_to(10));
	require_no_answer();
	end();
}

CASE(a_read_reaches_the_engine_as_it_is_and_an_odd_one_does_not)
{
	begin();
	say_read(5, 99, 4096, 8192);
	/* Which was read by an engine that has died. */
	say_read(RESEND_UNIQUE | 6, 99, 5, 1);
	say_read(7, 99, 0, FUSE_MSG_READ_MAX);
	say_read(8, 99, 0, FUSE_MSG_READ_MAX + 1);
	say_read(9, 99, UINT64_MAX, 4096);
	ATF_CHECK_STREQ("read 99 5 4096 8192;read 99 9223372036854775814 5 1;read 99 7 0 1048576;", told());
	EQ(-EIO, answer_to(8));
	EQ(-EIO, answer_to(9));
	require_no_answer();
	end();
}

CASE(an_answer_is_one_message_of_all_its_pieces)
{
	char first[] = "one,", second[] = "two,three";
	struct iovec pieces[] = {{.iov_base = first, .iov_len = 4}, {.iov_base = second, .iov_len = 9}};

	begin();
	EQ(0, fuse_transport.answer_read(channel, -1, RESEND_UNIQUE | 5, 0, pieces, 2));
	EQ(0, answer_to(RESEND_UNIQUE | 5));
	EQ(13u, body_len);
	ATF_CHECK(memcmp(body, "one,two,three", 13) == 0);
	require_no_answer();
	end();
}

CASE(the_largest_read_may_be_in_as_many_pieces_as_it_has_blocks)
{
	static struct iovec pieces[FUSE_MSG_READ_MAX / 4096 + 2];
	unsigned blocks = FUSE_MSG_READ_MAX / 4096 + 1; /* of one that begins inside a block */
	uint8_t bytes[sizeof(pieces) / sizeof(*pieces)];

	for (unsigned i = 0; i < blocks + 1; i++) {
		bytes[i] = (uint8_t)i;
		pieces[i] = (struct iovec){.iov_base = &bytes[i], .iov_len = 1};
	}
	begin();
	EQ(0, fuse_transport.answer_read(channel, -1, 5, 0, pieces, blocks));
	EQ(0, answer_to(5));
	EQ(blocks, body_len);
	ATF_CHECK(memcmp(body, bytes, blocks) == 0);
	EQ(-E2BIG, fuse_transport.answer_read(channel, -1, 6, 0, pieces, blocks + 1));
	require_no_answer();
	end();
}

CASE(readers_see_EIO_unless_they_are_interrupted)
{
	static const int errors[][2] = {{-EIO, -EIO},     {-EINTR, -EINTR}, {-ETIMEDOUT, -EIO},
					{-EBADMSG, -EIO}, {-ENOMEM, -EIO},  {-4000, -EIO}};

	begin();
	for (unsigned i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		EQ(0, fuse_transport.answer_read(channel, -1, 5 + i, errors[i][0], NULL, 0));
		EQ(errors[i][1], answer_to(5 + i));
	}
	end();
}

CASE(an_answer_that_the_kernel_refuses_is_told)
{
	signal(SIGPIPE, SIG_IGN);
	begin();
	close(ends[1]);
	EQ(-EPIPE, fuse_transport.answer_read(channel, -1, 5, -EIO, NULL, 0));
	end();
}

CASE(an_interrupt_reaches_the_engine_and_has_no_answer)
{
	struct fuse_interrupt_in in = {.unique = RESEND_UNIQUE | 5};

	begin();
	say(FUSE_INTERRUPT, 6, 0, &in, sizeof(in));
	say(FUSE_INTERRUPT, 7, 0, &in, 3);
	ATF_CHECK_STREQ("interrupt 9223372036854775813;", told());
	require_no_answer();
	end();
}

CASE(a_message_that_is_none_is_passed_over)
{
	begin();
	MUST_EQ(3, send(ends[1], "odd", 3, 0));
	say_read(5, 99, 0, 4096);
	ATF_CHECK_STREQ("read 99 5 0 4096;", told());
	require_no_answer();
	end();
}

CASE(the_device_says_how_it_ends)
{
	static const struct {
		int errors[3];
		const char *told;
	} kinds[] = {{{ENODEV}, "ended;"},
		     {{EIO}, "died -5;"},
		     /* Nobody waits for that request any more; a signal. */
		     {{ENOENT, EINTR}, "read 99 5 0 4096;"},
		     {{ENOENT, ENODEV}, "ended;"},
		     {{EAGAIN}, "read 99 5 0 4096;"}};

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		begin();
		memcpy(read_errors, kinds[i].errors, sizeof(kinds[i].errors));
		say_read(5, 99, 0, 4096);
		ATF_CHECK_STREQ(kinds[i].told, told());
		EQ(0, read_errors[0]);
		end();
	}
}

CASE(a_turn_takes_a_part_of_a_storm_of_requests_and_none_twice)
{
	enum { REQUESTS = 150, A_TURN = 64 };
	char expected[sizeof(seen)] = "", all[sizeof(seen)] = "";

	begin();
	for (unsigned i = 0; i < REQUESTS; i++) {
		say_read(1000 + i, 99, i * 4096, 4096);
		sprintf(expected + strlen(expected), "read 99 %u %u 4096;", 1000 + i, i * 4096);
	}
	for (unsigned turns = 0; turns < 3; turns++) {
		unsigned count = 0;

		strcat(all, told_in(0));
		for (const char *at = seen; (at = strchr(at, ';')); at++)
			count++;
		EQ(turns < 2 ? A_TURN : REQUESTS - 2 * A_TURN, count);
	}
	ATF_CHECK_STREQ(expected, all);
	end();
}

CASE(the_kernel_is_not_paused)
{
	begin();
	fuse_transport.pause(channel, true);
	say_read(5, 99, 0, 4096);
	ATF_CHECK_STREQ("read 99 5 0 4096;", told());
	fuse_transport.pause(channel, false);
	end();
}

CASE(without_memory_a_lookup_fails_and_comes_again)
{
	uint64_t id;

	begin();
	say_lookup(5, FUSE_ROOT_ID, "image");
	is_out_of_memory = true;
	EQ(-ENOMEM, fuse_transport.adopt(channel, "image", 4096, &id));
	ATF_CHECK_STREQ("", told());
	is_out_of_memory = false;
	EQ(-ENOMEM, answer_to(5));
	say_lookup(6, FUSE_ROOT_ID, "image");
	ATF_CHECK_STREQ("open 6 image;", told());
	end();
}

CASE(without_memory_there_is_no_channel)
{
	struct channel *other = NULL;

	begin();
	is_out_of_memory = true;
	EQ(-ENOMEM, fuse_transport.open(&other, loop, ends[1], &sink, &timer));
	is_out_of_memory = false;
	EQ(-EBADF, fuse_transport.open(&other, loop, -1, &sink, &timer));
	ATF_CHECK(other == NULL);
	fuse_transport.close(NULL);
	end();
}

CASE(it_is_found_by_its_name)
{
	ATF_CHECK(transport_find("fuse") == &fuse_transport);
	ATF_CHECK_STREQ("fuse", transport_option(&fuse_transport));
	ATF_CHECK(!fuse_transport.has_files);
}

CASE(the_image_is_mounted_by_its_name)
{
	struct mount_plan plan;

	fuse_transport.plan("image-1", &plan);
	ATF_CHECK_STREQ("image-1", plan.source);
	ATF_CHECK_STREQ("-", plan.options);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_lookup_is_answered_when_the_engine_knows_the_size_which_is_whole_blocks);
	ATF_TP_ADD_TC(tp, a_lookup_that_the_engine_refuses_may_come_again);
	ATF_TP_ADD_TC(tp, a_name_that_is_looked_up_twice_is_answered_twice);
	ATF_TP_ADD_TC(tp, there_is_one_directory);
	ATF_TP_ADD_TC(tp, what_an_earlier_engine_told_is_true_in_this_one);
	ATF_TP_ADD_TC(tp, attributes_are_those_of_the_directory_and_of_files_that_are_served);
	ATF_TP_ADD_TC(tp, what_else_comes_has_its_answer_or_none);
	ATF_TP_ADD_TC(tp, a_read_reaches_the_engine_as_it_is_and_an_odd_one_does_not);
	ATF_TP_ADD_TC(tp, an_answer_is_one_message_of_all_its_pieces);
	ATF_TP_ADD_TC(tp, the_largest_read_may_be_in_as_many_pieces_as_it_has_blocks);
	ATF_TP_ADD_TC(tp, readers_see_EIO_unless_they_are_interrupted);
	ATF_TP_ADD_TC(tp, an_answer_that_the_kernel_refuses_is_told);
	ATF_TP_ADD_TC(tp, an_interrupt_reaches_the_engine_and_has_no_answer);
	ATF_TP_ADD_TC(tp, a_message_that_is_none_is_passed_over);
	ATF_TP_ADD_TC(tp, the_device_says_how_it_ends);
	ATF_TP_ADD_TC(tp, a_turn_takes_a_part_of_a_storm_of_requests_and_none_twice);
	ATF_TP_ADD_TC(tp, the_kernel_is_not_paused);
	ATF_TP_ADD_TC(tp, without_memory_a_lookup_fails_and_comes_again);
	ATF_TP_ADD_TC(tp, without_memory_there_is_no_channel);
	ATF_TP_ADD_TC(tp, it_is_found_by_its_name);
	ATF_TP_ADD_TC(tp, the_image_is_mounted_by_its_name);
	return atf_no_error();
}
