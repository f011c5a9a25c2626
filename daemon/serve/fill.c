/* SPDX-License-Identifier: MIT */
#include "serve/fill.h"

#include "base/block.h"

#include <errno.h>

/* Why blocks are fetched. */
enum urge {
	URGE_READER, /* a request waits for them */
	URGE_AHEAD,  /* none does yet */
};

void fill_init(struct fill *fill, struct present *present, struct requests *requests, uint64_t room)
{
	fill->present = present;
	fill->requests = requests;
	fill->readahead.room = room;
}

void fill_fini(struct fill *fill)
{
	reread_owner_fini(&fill->rereads);
	flight_owner_fini(&fill->flights);
}

static struct flight *flight_at(const struct fill *fill, uint64_t off)
{
	struct flight *flight;

	list_for_each(flight, &fill->flights.flights, link)
		if (flight->bytes.off <= off && off < flight->bytes.end)
			return flight;
	return NULL;
}

/* Where a flight that starts in the hole at off must end: at the next block here or on the disk, or at another flight. */
static uint64_t hole_end(const struct fill *fill, uint64_t off, uint64_t end)
{
	const struct flight *flight;

	end = present_hole_end(fill->present, off, end);
	list_for_each(flight, &fill->flights.flights, link)
		if (flight->bytes.off > off && flight->bytes.off < end)
			end = flight->bytes.off;
	return off + BLOCK_SIZE < end ? reread_next(&fill->rereads, off + BLOCK_SIZE, end) : end;
}

/*
 * Starts flights and reads so that every missing block of [off, end) is on its way. A flight for the last of them extends to
 * `most`, unless something is in the way. Errors: -ENOMEM.
 */
static int cover(struct fill *fill, uint64_t off, uint64_t end, uint64_t most, enum urge urge)
{
	present_settle(fill->present, off, most);
	while ((off = present_missing(fill->present, off, end)) < end) {
		struct flight *flight = flight_at(fill, off);
		uint64_t read_until = flight ? off : reread_get(&fill->rereads, off, end, false);
		uint64_t until = flight ? flight->bytes.end : hole_end(fill, off, most);
		/* The reader must not wait for all that this flight fetches first. */
		bool is_cut = flight && urge == URGE_READER && off - flight->bytes.off > FILL_SPLIT;
		int err = 0;

		if (read_until > off) {
			off = read_until;
			continue;
		}
		if (is_cut)
			flight->bytes.end = off;
		if (!flight || is_cut)
			err = flight_begin(&fill->flights, off, until);
		if (err && is_cut)
			flight->bytes.end = until;
		if (err)
			return err;
		off = block_ceil(until);
	}
	return 0;
}

bool fill_prefetch(struct fill *fill, uint64_t off, uint64_t end, bool has_trigger)
{
	if (fill->is_careful)
		return false;
	/* Not a block with a pending request: that would starve, and the block would show nothing. */
	has_trigger &= !present_has(fill->present, off, off + BLOCK_SIZE) &&
		       !requests_wanted_until(fill->requests, off, off + BLOCK_SIZE);
	if (has_trigger)
		trigger_set(&fill->present->triggers, off);
	/* What a miss's own flight already fetches needs no new flight. */
	(void)cover(fill, off, end, end, URGE_AHEAD);
	return has_trigger;
}

void fill_ahead(struct fill *fill, struct readahead_window window)
{
	uint64_t limit = present_limit(fill->present), end;

	if (window.kind == READAHEAD_NONE || window.off >= limit)
		return;
	end = window.len > limit - window.off ? limit : window.off + window.len;
	(void)fill_prefetch(fill, window.off, end, window.kind == READAHEAD_APART);
}

void fill_count(const struct fill *fill, unsigned *count_out, uint64_t *bytes_out)
{
	const struct flight *flight;

	reread_count(&fill->rereads, count_out, bytes_out);
	list_for_each(flight, &fill->flights.flights, link) {
		++*count_out;
		*bytes_out += flight->bytes.end - flight->bytes.off;
	}
}

bool fill_has(const struct fill *fill, uint64_t off)
{
	return present_missing(fill->present, off, off + BLOCK_SIZE) > off || flight_at(fill, off) ||
	       reread_is_reading(&fill->rereads, off);
}

void fill_reached(struct fill *fill, uint64_t off)
{
	fill_ahead(fill, readahead_reached(&fill->readahead, off));
}

/*
 * The first missing block that is not on the disk, and that no flight fetches: one already on its way is the reader catching
 * up, not a new miss.
 */
static uint64_t first_unfetched(const struct fill *fill, uint64_t off, uint64_t end)
{
	while ((off = present_missing(fill->present, off, end)) < end) {
		const struct flight *flight = flight_at(fill, off);

		if (!flight && !reread_has(&fill->rereads, off))
			break;
		off = flight ? block_ceil(flight->bytes.end) : off + BLOCK_SIZE;
	}
	return off;
}

void fill_request(struct fill *fill, uint64_t off, uint64_t end, uint64_t worth,
		  struct readahead_window *apart_out)
{
	uint64_t hole = first_unfetched(fill, off, end), most = end;
	struct readahead_window window = {.kind = READAHEAD_NONE};

	if (hole < end)
		window = readahead_miss(&fill->readahead, hole, end - hole, worth);
	if (window.kind == READAHEAD_APART)
		*apart_out = window;
	if (window.kind == READAHEAD_JOINED && !fill->is_careful)
		most = end + window.len;
	if (cover(fill, off, end, most, URGE_READER))
		requests_failed(fill->requests, off, block_ceil(end), -ENOMEM);
}

void fill_missed(struct fill *fill, uint64_t off, uint64_t end)
{
	uint64_t wanted = requests_wanted_until(fill->requests, off, end);

	if (wanted && cover(fill, off, wanted, wanted, URGE_READER))
		requests_failed(fill->requests, off, wanted, -ENOMEM);
}

void fill_from_disk(struct fill *fill)
{
	uint64_t off = 0, end, limit = present_limit(fill->present);

	while (off < limit && requests_next(fill->requests, off, &off, &end)) {
		for (uint64_t at = off; (at = present_missing(fill->present, at, end)) < end;) {
			uint64_t until = reread_get(&fill->rereads, at, end, false);

			at = until > at ? until : at + BLOCK_SIZE;
		}
		off = end;
	}
}

/* Proves what the disk has of [off, end), has it write what it has not and is here, or gets it. Returns false for no memory. */
static bool get_hole(struct fill *fill, uint64_t off, uint64_t end)
{
	uint64_t until = reread_get(&fill->rereads, off, end, true);

	if (until > off) {
		fill->next_blk = until / BLOCK_SIZE;
		return true;
	}
	if (fill->present->store.disk)
		present_rewrite(fill->present, off, end);
	return cover(fill, off, end, end, URGE_AHEAD) == 0;
}

bool fill_hole(struct fill *fill, uint64_t most)
{
	const struct blockset *blocks = present_lasting(fill->present);
	uint64_t limit = present_limit(fill->present), off, end, ignored;

	while (!present_is_whole(fill->present)) {
		off = blockset_next(blocks, fill->next_blk, blocks->block_count, false) * BLOCK_SIZE;
		if (off == limit)
			return false;
		end = blockset_next(blocks, off / BLOCK_SIZE, blocks->block_count, true) * BLOCK_SIZE;
		if (end - off > most)
			end = off + block_floor(most);
		fill->next_blk = end / BLOCK_SIZE;
		/* Trigger blocks are not in the store: they would stay holes. */
		(void)present_release(fill->present, off, end, &ignored);
		present_settle(fill->present, off, end);
		if (fill->present->store.disk || !present_has(fill->present, off, end))
			return get_hole(fill, off, end);
	}
	return false;
}
