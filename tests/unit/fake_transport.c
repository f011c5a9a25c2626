/* SPDX-License-Identifier: MIT */
#include "fake_transport.h"

#include "base/block.h"
#include "fake_fetch.h"
#include "unit.h"

#include <errno.h>

struct transport *fake_transport_new(void)
{
	struct transport *transport = calloc(1, sizeof(*transport));

	ATF_REQUIRE(transport != NULL);
	transport->request_count = 1; /* no request is 0: an answer to a forgotten id shows */
	return transport;
}

void fake_transport_free(struct transport *transport)
{
	for (unsigned i = 0; i < transport->file_count; i++)
		free(transport->files[i].blocks);
	free(transport);
}

static uint64_t blocks_of(const struct fake_file *file)
{
	return (file->size + BLOCK_SIZE - 1) / BLOCK_SIZE;
}

static struct fake_file *file_at(struct transport *transport, transport_port port)
{
	ATF_REQUIRE(port >= 0 && (unsigned)port < transport->file_count);
	ATF_REQUIRE_MSG(transport->files[port].is_open, "port %d is used after it was closed", port);
	return &transport->files[port];
}

transport_port fake_transport_file(struct transport *transport, uint64_t size)
{
	struct fake_file *file = &transport->files[transport->file_count];

	ATF_REQUIRE(transport->file_count < FAKE_PORTS_MAX);
	file->is_open = true;
	file->size = size;
	file->blocks = calloc(blocks_of(file) + 1, sizeof(*file->blocks));
	ATF_REQUIRE(file->blocks != NULL);
	return (transport_port)transport->file_count++;
}

uint32_t fake_transport_request(struct transport *transport, transport_port port, uint64_t off, uint64_t len)
{
	ATF_REQUIRE(transport->request_count < FAKE_REQUESTS_MAX);
	transport->requests[transport->request_count] =
		(struct fake_request){.port = port, .off = off, .len = len};
	return transport->request_count++;
}

bool fake_transport_has(const struct transport *transport, transport_port port, uint64_t off, uint64_t len)
{
	const struct fake_file *file = &transport->files[port];
	uint64_t limit = blocks_of(file) * BLOCK_SIZE, end;

	if (len == 0 || off >= limit)
		return true;
	end = len > limit - off ? limit : off + len;
	for (uint64_t block = off / BLOCK_SIZE; block < (end + BLOCK_SIZE - 1) / BLOCK_SIZE; block++)
		if (!file->blocks[block])
			return false;
	return true;
}

unsigned fake_transport_unanswered(const struct transport *transport)
{
	unsigned count = 0;

	for (unsigned id = 1; id < transport->request_count; id++)
		count += transport->requests[id].answers == 0;
	return count;
}

static int answer_read(struct transport *transport, transport_port port, uint32_t request_id)
{
	struct fake_request *request = &transport->requests[request_id];

	ATF_REQUIRE_MSG(request_id > 0 && request_id < transport->request_count,
			"an answer nobody waits for");
	file_at(transport, port);
	MUST_EQ(request->port, port);
	request->answers++;
	ATF_REQUIRE_MSG(request->answers == 1, "request %u is answered twice", request_id);
	request->was_whole = fake_transport_has(transport, port, request->off, request->len);
	return 0;
}

static int fill(struct transport *transport, transport_port port, const void *buf, uint64_t off, uint64_t len)
{
	struct fake_file *file = file_at(transport, port);
	const uint8_t *bytes = buf;

	ATF_REQUIRE_MSG(len > 0 && off % BLOCK_SIZE == 0 && len % BLOCK_SIZE == 0 &&
				(uintptr_t)buf % BLOCK_SIZE == 0,
			"an unaligned fill: %" PRIu64 "+%" PRIu64, off, len);
	ATF_REQUIRE_MSG(off + len <= blocks_of(file) * BLOCK_SIZE, "a fill beyond the file's end");
	if (transport->fill_error) {
		transport->fill_failures++;
		return transport->fill_error;
	}
	for (uint64_t block = off / BLOCK_SIZE; block < (off + len) / BLOCK_SIZE; block++) {
		transport->refills += file->blocks[block];
		file->blocks[block] = true;
	}
	for (uint64_t i = 0; i < len; i++)
		ATF_REQUIRE_MSG(bytes[i] == (off + i < file->size ? fake_byte(off + i) : 0),
				"the byte at %" PRIu64 " is wrong", off + i);
	transport->fills++;
	transport->filled += len;
	return 0;
}

static int next_data(struct transport *transport, transport_port port, uint64_t off, uint64_t *start_out,
		     uint64_t *end_out)
{
	struct fake_file *file = file_at(transport, port);

	for (int i = 0; i < FAKE_STRETCHES_MAX; i++) {
		if (file->old[i][1] > off) {
			*start_out = file->old[i][0] > off ? file->old[i][0] : off;
			*end_out = file->old[i][1];
			return 0;
		}
	}
	return -ENXIO;
}

static void pause_requests(struct transport *transport, int is_paused)
{
	transport->pauses += is_paused && !transport->is_paused;
	transport->is_paused = is_paused;
}

static void close_port(struct transport *transport, transport_port port)
{
	file_at(transport, port)->is_open = false;
}

const struct transport_ops fake_transport_ops = {
	.name = "fake",
	.pause = pause_requests,
	.answer_read = answer_read,
	.fill = fill,
	.next_data = next_data,
	.close_port = close_port,
};
