/* SPDX-License-Identifier: MIT */
#include "readahead.h"

static struct readahead_stream *find(struct readahead *readahead, uint64_t off)
{
	struct readahead_stream *oldest = &readahead->streams[0];

	for (int i = 0; i < READAHEAD_STREAMS; i++) {
		struct readahead_stream *stream = &readahead->streams[i];

		if (stream->used && off >= stream->end && off - stream->end <= READAHEAD_GAP)
			return stream;
		if (stream->used < oldest->used)
			oldest = stream;
	}
	*oldest = (struct readahead_stream){.end = off};
	return oldest;
}

uint64_t readahead_plan(struct readahead *readahead, uint64_t off, uint64_t len)
{
	struct readahead_stream *stream = find(readahead, off);
	uint64_t window;

	/* What was fetched ahead before this miss has been read by now, or was skipped: either way it counts. */
	stream->read += len;
	window = stream->read / READAHEAD_SHARE;
	if (window > READAHEAD_MAX)
		window = READAHEAD_MAX;
	stream->read += window;
	stream->end = off + len + window;
	stream->used = ++readahead->clock;
	return len + window;
}
