/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "transport/cachefiles_msg.h"

#include <linux/cachefiles.h>

static uint8_t bytes[CACHEFILES_MSG_MAX];
static struct cachefiles_request request;

static size_t make(uint32_t op, const void *data, size_t len)
{
	struct cachefiles_msg head = {
		.msg_id = 7, .opcode = op, .len = (uint32_t)(sizeof(head) + len), .object_id = 9};

	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), data, len);
	return head.len;
}

static size_t make_open(const char *volume, uint32_t volume_size, const char *cookie, uint32_t cookie_size)
{
	uint8_t data[1024];
	struct cachefiles_open head = {
		.volume_key_size = volume_size, .cookie_key_size = cookie_size, .fd = 5};

	memcpy(data, &head, sizeof(head));
	memcpy(data + sizeof(head), volume, volume_size);
	memcpy(data + sizeof(head) + volume_size, cookie, cookie_size);
	return make(CACHEFILES_OP_OPEN, data, sizeof(head) + volume_size + cookie_size);
}

static enum cachefiles_msg_result make_read(uint64_t off, uint64_t len)
{
	struct cachefiles_read body = {.off = off, .len = len};

	return cachefiles_msg_decode(bytes, make(CACHEFILES_OP_READ, &body, sizeof(body)), &request);
}

CASE(an_open_comes_out_with_its_keys)
{
	size_t len = make_open("erofs,dom\0\0", 11, "image-1", 7);

	MUST_EQ(CACHEFILES_MSG_OK, cachefiles_msg_decode(bytes, len, &request));
	EQ(CACHEFILES_OPEN, request.op);
	EQ(7u, request.id);
	EQ(9u, request.object_id);
	EQ(5, request.open.fd);
	ATF_CHECK_STREQ("erofs,dom", request.open.volume_key);
	ATF_CHECK_STREQ("image-1", request.open.cookie_key);
}

CASE(a_key_of_255_bytes_fits_and_one_of_256_does_not)
{
	char key[256];

	memset(key, 'k', sizeof(key));
	EQ(CACHEFILES_MSG_OK, cachefiles_msg_decode(bytes, make_open("v", 1, key, 255), &request));
	EQ(255u, strlen(request.open.cookie_key));
	EQ(CACHEFILES_MSG_BAD_KEY, cachefiles_msg_decode(bytes, make_open("v", 1, key, 256), &request));
	EQ(5, request.open.fd);
	EQ(7u, request.id);
}

CASE(odd_keys_are_refused_with_fd_and_id_for_the_answer)
{
	static const struct {
		const char *key;
		uint32_t size;
	} odd[] = {{"", 0}, {"\0\0", 2}, {"a\0b", 3}, {"a\nb", 3}, {"\x1b[2J", 4}, {"a\x7f", 2}};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		size_t len = make_open("v", 1, odd[i].key, odd[i].size);

		ATF_CHECK_EQ_MSG(CACHEFILES_MSG_BAD_KEY, cachefiles_msg_decode(bytes, len, &request), "%zu",
				 i);
		EQ(CACHEFILES_OPEN, request.op);
		EQ(5, request.open.fd);
		EQ(7u, request.id);
	}
}

CASE(key_sizes_that_overflow_are_refused)
{
	static const uint32_t sizes[][2] = {
		{UINT32_MAX, 2},          {2, UINT32_MAX}, {UINT32_MAX, UINT32_MAX},
		{0x80000000, 0x80000000}, {3, 1},          {0, 4}};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t len = make_open("v", 1, "kk", 2);
		struct cachefiles_open head = {
			.volume_key_size = sizes[i][0], .cookie_key_size = sizes[i][1], .fd = 5};

		memcpy(bytes + sizeof(struct cachefiles_msg), &head, sizeof(head));
		ATF_CHECK_EQ_MSG(CACHEFILES_MSG_BAD_KEY, cachefiles_msg_decode(bytes, len, &request), "%zu",
				 i);
	}
}

CASE(a_read_must_fit_into_63_bits)
{
	EQ(CACHEFILES_MSG_OK, make_read(4096, 131072));
	EQ(CACHEFILES_READ, request.op);
	EQ(4096u, request.read.off);
	EQ(131072u, request.read.len);
	EQ(CACHEFILES_MSG_OK, make_read(INT64_MAX - 1, 1));
	EQ(CACHEFILES_MSG_BAD_RANGE, make_read(0, 0));
	EQ(CACHEFILES_MSG_BAD_RANGE, make_read(UINT64_C(1) << 63, 1));
	EQ(CACHEFILES_MSG_BAD_RANGE, make_read(UINT64_MAX, UINT64_MAX));
	EQ(CACHEFILES_MSG_BAD_RANGE, make_read(INT64_MAX, 1));
	EQ(CACHEFILES_MSG_BAD_RANGE, make_read(1, INT64_MAX));
	EQ(7u, request.id);
	EQ(9u, request.object_id);
}

CASE(a_close_carries_nothing)
{
	EQ(CACHEFILES_MSG_OK, cachefiles_msg_decode(bytes, make(CACHEFILES_OP_CLOSE, "", 0), &request));
	EQ(CACHEFILES_CLOSE, request.op);
	EQ(CACHEFILES_MSG_BAD_LEN, cachefiles_msg_decode(bytes, make(CACHEFILES_OP_CLOSE, "x", 1), &request));
}

CASE(an_unknown_kind_still_has_its_id)
{
	EQ(CACHEFILES_MSG_BAD_OP, cachefiles_msg_decode(bytes, make(77, "", 0), &request));
	EQ(7u, request.id);
}

CASE_ABOUT(every_prefix_of_a_message_is_refused,
	   "bytes stand in memory of exactly their length: reads beyond show")
{
	size_t whole = make_open("volume", 6, "cookie", 6);

	for (size_t len = 0; len < whole; len++) {
		uint8_t *cut = malloc(len + !len);
		uint32_t claimed = (uint32_t)len;

		memcpy(cut, bytes, len);
		ATF_CHECK(cachefiles_msg_decode(cut, len, &request) != CACHEFILES_MSG_OK);
		EQ(-1, request.open.fd == 5 ? -1 : request.open.fd);
		if (len >= sizeof(struct cachefiles_msg))
			memcpy(cut + offsetof(struct cachefiles_msg, len), &claimed, sizeof(claimed));
		ATF_CHECK(cachefiles_msg_decode(cut, len, &request) != CACHEFILES_MSG_OK);
		free(cut);
	}
}

CASE(random_bytes_never_crash_it)
{
	srand(3);
	for (int i = 0; i < 200000; i++) {
		size_t len = (size_t)rand() % 128;

		for (size_t at = 0; at < len; at++)
			bytes[at] = (uint8_t)(rand() % 3 ? rand() % 4 : rand());
		if (cachefiles_msg_decode(bytes, len, &request) == CACHEFILES_MSG_OK &&
		    request.op == CACHEFILES_READ)
			ATF_REQUIRE(request.read.len > 0 && request.read.off + request.read.len <= INT64_MAX);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, an_open_comes_out_with_its_keys);
	ATF_TP_ADD_TC(tp, a_key_of_255_bytes_fits_and_one_of_256_does_not);
	ATF_TP_ADD_TC(tp, odd_keys_are_refused_with_fd_and_id_for_the_answer);
	ATF_TP_ADD_TC(tp, key_sizes_that_overflow_are_refused);
	ATF_TP_ADD_TC(tp, a_read_must_fit_into_63_bits);
	ATF_TP_ADD_TC(tp, a_close_carries_nothing);
	ATF_TP_ADD_TC(tp, an_unknown_kind_still_has_its_id);
	ATF_TP_ADD_TC(tp, every_prefix_of_a_message_is_refused);
	ATF_TP_ADD_TC(tp, random_bytes_never_crash_it);
	return atf_no_error();
}
