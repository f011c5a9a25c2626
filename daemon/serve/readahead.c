/* SPDX-License-Identifier: MIT */
#include "serve/readahead.h"

#include "base/block.h"

/* The stream that a miss belongs to, or a new one in place of the least recently used. */
static struct readahead_stream *find(struct readahead *readahead, uint64_t off, uint64_t len)
{
	uint64_t gap = len / READAHEAD_GAP_SHARE;
	struct readahead_stream *oldest = &readahead->streams[0];

	for (int i = 0; i < READAHEAD_STREAMS; i++) {
		struct readahead_stream *stream = &readahead->streams[i];

		if (stream->used && off + stream->window >= stream->end &&
		    off <= stream->end + stream->beside + gap)
			return stream;
		if (stream->used < oldest->used)
			oldest = stream;
	}
	*oldest = (struct readahead_stream){.end = off};
	return oldest;
}

/* The largest window: two of each stream that is being read have room. */
static uint64_t window_max(const struct readahead *readahead)
{
	uint64_t live = 0, most;

	if (!readahead->room)
		return READAHEAD_MAX;
	for (int i = 0; i < READAHEAD_STREAMS; i++)
		live += readahead->streams[i].window > 0 &&
			readahead->streams[i].used + READAHEAD_LIVE > readahead->clock;
	most = block_floor(readahead->room / 2 / (live > READAHEAD_LIVE_LEAST ? live : READAHEAD_LIVE_LEAST));
	return most < READAHEAD_MAX ? most : READAHEAD_MAX;
}

/* The next window of the stream, from stream->end on. */
static struct readahead_window advance(struct readahead *readahead, struct readahead_stream *stream)
{
	struct readahead_window window = {.off = stream->end};
	uint64_t most = window_max(readahead);

	window.len = block_floor(stream->read / READAHEAD_SHARE);
	if (window.len > most)
		window.len = most;
	window.kind = window.len == 0                  ? READAHEAD_NONE
		      : window.len < READAHEAD_TRIGGER ? READAHEAD_JOINED
						       : READAHEAD_APART;
	stream->has_trigger = window.kind == READAHEAD_APART;
	stream->window = window.len;
	stream->end += window.len;
	/* By the time the next window is planned, this one was read or skipped: it counts either way. */
	stream->read += window.len;
	stream->used = ++readahead->clock;
	return window;
}

/* Makes a miss's window as long as it is worth. What that adds is nothing that the reader has earned: it may not want it. */
static struct readahead_window widen(struct readahead *readahead, struct readahead_stream *stream,
				     struct readahead_window window, uint64_t worth)
{
	worth = block_floor(worth < READAHEAD_WORTH_MAX ? worth : READAHEAD_WORTH_MAX);
	if (worth <= window.len || readahead->worth_spent >= READAHEAD_WORTH_TOTAL)
		return window;
	stream->beside = worth - window.len;
	readahead->worth_spent += stream->beside;
	window.len = worth;
	window.kind = READAHEAD_JOINED;
	return window;
}

struct readahead_window readahead_miss(struct readahead *readahead, uint64_t off, uint64_t len,
				       uint64_t worth)
{
	struct readahead_stream *stream;

	if (readahead->is_off)
		return (struct readahead_window){.kind = READAHEAD_NONE};
	stream = find(readahead, off, len);
	if (off < stream->end)
		stream->read -= stream->end - off;
	stream->read += len;
	stream->end = off + len;
	stream->beside = 0;
	return widen(readahead, stream, advance(readahead, stream), worth);
}

struct readahead_window readahead_reached(struct readahead *readahead, uint64_t off)
{
	for (int i = 0; i < READAHEAD_STREAMS; i++) {
		struct readahead_stream *stream = &readahead->streams[i];

		if (stream->has_trigger && stream->end - stream->window == off)
			return advance(readahead, stream);
	}
	return (struct readahead_window){.kind = READAHEAD_NONE};
}
