/* SPDX-License-Identifier: MIT */
#include "fake_transport.h"

#include "base/block.h"
#include "fake_fetch.h"
#include "serve/store.h"
#include "unit.h"

#include <errno.h>

/* Whose files stores are about. */
static struct channel *current;

struct channel *fake_transport_new(void)
{
	struct channel *channel = calloc(1, sizeof(*channel));

	ATF_REQUIRE(channel != NULL);
	channel->request_count = 1; /* no request is 0: an answer to a forgotten id shows */
	current = channel;
	return channel;
}

void fake_transport_free(struct channel *channel)
{
	for (unsigned i = 0; i < channel->file_count; i++)
		free(channel->files[i].blocks);
	free(channel);
}

static uint64_t blocks_of(const struct fake_file *file)
{
	return (file->size + BLOCK_SIZE - 1) / BLOCK_SIZE;
}

static struct fake_file *file_at(struct channel *channel, int number)
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
	file->blocks = calloc(blocks_of(file) + 1, sizeof(*file->blocks));
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
	uint64_t limit = blocks_of(file) * BLOCK_SIZE, end;

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

static int answer_read(struct channel *channel, int file, uint64_t request_id, int err)
{
	struct fake_request *request = &channel->requests[request_id];

	ATF_REQUIRE_MSG(request_id > 0 && request_id < channel->request_count, "an answer nobody waits for");
	file_at(channel, file);
	MUST_EQ(request->file, file);
	ATF_REQUIRE(err <= 0);
	request->answers++;
	ATF_REQUIRE_MSG(request->answers == 1, "request %" PRIu64 " is answered twice", request_id);
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

const struct transport fake_transport = {.name = "fake", .pause = pause_requests, .answer_read = answer_read};

int store_write(struct store *store, const void *buf, uint64_t off, uint64_t len)
{
	struct fake_file *file = file_at(current, store->fd);
	const uint8_t *bytes = buf;

	ATF_REQUIRE_MSG(len > 0 && off % BLOCK_SIZE == 0 && len % BLOCK_SIZE == 0 &&
				(uintptr_t)buf % BLOCK_SIZE == 0,
			"an unaligned fill: %" PRIu64 "+%" PRIu64, off, len);
	ATF_REQUIRE_MSG(off + len <= blocks_of(file) * BLOCK_SIZE, "a fill beyond the file's end");
	ATF_REQUIRE_MSG(!current->fill_limit || off + len <= current->fill_limit,
			"a fill beyond the image's end");
	if (current->fill_error) {
		current->fill_failures++;
		return current->fill_error;
	}
	for (uint64_t block = off / BLOCK_SIZE; block < (off + len) / BLOCK_SIZE; block++) {
		current->refills += file->blocks[block];
		file->blocks[block] = true;
	}
	for (uint64_t i = 0; i < len; i++)
		ATF_REQUIRE_MSG(bytes[i] == (off + i < file->size ? fake_byte(off + i) : 0),
				"the byte at %" PRIu64 " is wrong", off + i);
	current->fills++;
	current->filled += len;
	return 0;
}

int store_next_data(struct store *store, uint64_t off, uint64_t *start_out, uint64_t *end_out)
{
	struct fake_file *file = file_at(current, store->fd);

	for (int i = 0; i < FAKE_STRETCHES_MAX; i++) {
		if (file->old[i][1] > off) {
			*start_out = file->old[i][0] > off ? file->old[i][0] : off;
			*end_out = file->old[i][1];
			return 0;
		}
	}
	return -ENXIO;
}

void store_close(struct store *store)
{
	file_at(current, store->fd)->is_open = false;
}
