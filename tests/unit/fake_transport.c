/* SPDX-License-Identifier: MIT */
#include "fake_transport.h"

#include "base/block.h"
#include "fake_fetch.h"
#include "unit.h"

#include <errno.h>

struct channel *fake_store_channel;

struct channel *fake_transport_new(void)
{
	struct channel *channel = calloc(1, sizeof(*channel));

	ATF_REQUIRE(channel != NULL);
	channel->request_count = 1; /* no request is 0: an answer to a forgotten id shows */
	fake_store_channel = channel;
	return channel;
}

void fake_transport_free(struct channel *channel)
{
	for (unsigned i = 0; i < channel->file_count; i++)
		free(channel->files[i].blocks);
	free(channel);
}

uint64_t fake_transport_blocks(const struct fake_file *file)
{
	return (file->size + BLOCK_SIZE - 1) / BLOCK_SIZE;
}

struct fake_file *fake_transport_file_at(struct channel *channel, int number)
{
	ATF_REQUIRE(number >= 0 && (unsigned)number < channel->file_count);
	ATF_REQUIRE_MSG(channel->files[number].is_open, "file %d is used after it was closed", number);
	return &channel->files[number];
}

int fake_transport_file(struct channel *channel, uint64_t size)
{
	struct fake_file *file = &channel->files[channel->file_count];

	ATF_REQUIRE(channel->file_count < FAKE_FILES_MAX);
	file->is_open = true;
	file->size = size;
	file->blocks = calloc(fake_transport_blocks(file) + 1, sizeof(*file->blocks));
	ATF_REQUIRE(file->blocks != NULL);
	return (int)channel->file_count++;
}

uint32_t fake_transport_request(struct channel *channel, int file, uint64_t off, uint64_t len)
{
	ATF_REQUIRE(channel->request_count < FAKE_REQUESTS_MAX);
	channel->requests[channel->request_count] =
		(struct fake_request){.file = file, .off = off, .len = len};
	return channel->request_count++;
}

bool fake_transport_has(const struct channel *channel, int number, uint64_t off, uint64_t len)
{
	const struct fake_file *file = &channel->files[number];
	uint64_t limit = fake_transport_blocks(file) * BLOCK_SIZE, end;

	if (len == 0 || off >= limit)
		return true;
	end = len > limit - off ? limit : off + len;
	for (uint64_t block = off / BLOCK_SIZE; block < (end + BLOCK_SIZE - 1) / BLOCK_SIZE; block++)
		if (!file->blocks[block])
			return false;
	return true;
}

unsigned fake_transport_unanswered(const struct channel *channel)
{
	unsigned count = 0;

	for (unsigned id = 1; id < channel->request_count; id++)
		count += channel->requests[id].answers == 0;
	return count;
}

/* Are the pieces the bytes that were asked for, as far as they lie inside the file? */
static void check_pieces(const struct channel *channel, const struct fake_request *request,
			 const struct iovec *pieces, unsigned count)
{
	const struct fake_file *file = &channel->files[request->file];
	uint64_t limit = fake_transport_blocks(file) * BLOCK_SIZE, at = request->off;

	for (unsigned i = 0; i < count; i++) {
		const uint8_t *bytes = pieces[i].iov_base;

		for (size_t k = 0; k < pieces[i].iov_len; k++, at++)
			ATF_REQUIRE_MSG(bytes[k] == (at < file->size ? fake_byte(at) : 0),
					"the answered byte at %" PRIu64 " is wrong", at);
	}
	MUST_EQ(request->len > limit - request->off ? limit : request->off + request->len, at);
}

static int answer_read(struct channel *channel, int file, uint64_t request_id, int err,
		       const struct iovec *pieces, unsigned count)
{
	struct fake_request *request = &channel->requests[request_id];

	ATF_REQUIRE_MSG(request_id > 0 && request_id < channel->request_count, "an answer nobody waits for");
	ATF_REQUIRE(err <= 0);
	request->answers++;
	ATF_REQUIRE_MSG(request->answers == 1, "request %" PRIu64 " is answered twice", request_id);
	request->err = err;
	if (file < 0) {
		request->was_whole = !err;
		if (!err)
			check_pieces(channel, request, pieces, count);
		return 0;
	}
	fake_transport_file_at(channel, file);
	MUST_EQ(request->file, file);
	ATF_REQUIRE(!pieces || count == 0);
	request->was_whole = fake_transport_has(channel, file, request->off, request->len);
	ATF_REQUIRE_MSG(err || request->was_whole, "request %" PRIu64 " is told that its bytes are here",
			request_id);
	return 0;
}

static void pause_requests(struct channel *channel, bool is_paused)
{
	channel->pauses += is_paused && !channel->is_paused;
	channel->is_paused = is_paused;
}

const struct transport fake_transport = {
	.name = "fake", .has_files = true, .pause = pause_requests, .answer_read = answer_read};
const struct transport fake_transport_in_memory = {
	.name = "fake", .pause = pause_requests, .answer_read = answer_read};
