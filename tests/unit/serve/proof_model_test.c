/* SPDX-License-Identifier: MIT */
/*
 * Random requests while mirrors lie about data and hashes, with fixed seeds. The fake transport knows the true image
 * and looks at each byte that reaches the cache file.
 */
#include "unit.h"

#include "rig_tree.h"

#include <errno.h>

enum { MIRRORS_MAX = 4, STEPS = 1500 };

static struct rig rig;
static struct rig_tree verified;
static unsigned mirrors;
/* Readers in sequence, as the kernel asks for them, and others anywhere. */
static void ask(void)
{
	static uint64_t readers[3];
	uint64_t size = verified.fake.image_size, *at = &readers[rig_draw(3)];

	if (rig_draw(3) == 0) {
		rig_ask(&rig, verified.object, rig_draw((uint32_t)size + 8192),
			1 + rig_draw(1 << rig_draw(22)));
		return;
	}
	if (*at >= size || rig_draw(40) == 0)
		*at = rig_draw((uint32_t)size) / BLOCK_SIZE * BLOCK_SIZE;
	while (*at < size && fake_transport_has(rig.transport, verified.object->requests.file, *at, 1))
		*at += BLOCK_SIZE;
	rig_ask(&rig, verified.object, *at, 131072);
}

static uint64_t size_of(const struct fetch_transfer *transfer)
{
	return fake_tree_is_for(transfer) ? verified.fake.size : verified.fake.image_size;
}

/* Heads of all kinds, but for the right one. */
static void answer_badly(struct fetch_transfer *transfer)
{
	uint64_t size = size_of(transfer);

	switch (rig_draw(6)) {
	case 0:
		fake_fetch_status(transfer, rig_draw(2) ? 503 : 404);
		break;
	case 1:
		/* Published anew, as far as this mirror knows. */
		fake_fetch_head_206(transfer, size, rig_draw(2) ? "\"two\"" : NULL);
		break;
	case 2:
		fake_fetch_head_206(transfer, size - rig_draw((uint32_t)size), "\"one\"");
		break;
	case 3:
		fake_fetch_head_206(transfer, size + rig_draw(100000), "\"one\"");
		break;
	default:
		fake_fetch_end(transfer, rig_draw(2) ? "reset" : NULL);
	}
}

/* One move of a server. Some mirrors lie seldom, the last one mostly. */
static void answer(bool is_faulty)
{
	struct fetch_transfer *transfer = fake_fetch_at(rig.fetch, rig_draw(fake_fetch_flying(rig.fetch)));
	uint64_t left = transfer->len - transfer->sent, part = 1 + rig_draw(rig_draw(2) ? 9000 : 300000), at;
	uint32_t seldom = fake_tree_mirror(transfer) + 1 == mirrors ? 2 : 10;
	enum fake_lie lie = is_faulty && rig_draw(seldom) == 0 ? (enum fake_lie)rig_draw(4) : FAKE_RIGHT;

	if (transfer->off + transfer->len > size_of(transfer))
		left = size_of(transfer) - transfer->off - transfer->sent;
	if (part > left)
		part = left;
	at = transfer->off + transfer->sent + (part ? rig_draw((uint32_t)part) : 0);
	if (is_faulty && rig_draw(20) == 0)
		fake_fetch_end(transfer, rig_draw(2) ? "reset" : NULL);
	else if (transfer->kept)
		return;
	else if (!transfer->is_head_told && is_faulty && rig_draw(5) == 0)
		answer_badly(transfer);
	else if (!transfer->is_head_told)
		fake_tree_head(&verified.fake, transfer);
	else if (left > 0)
		fake_tree_send(&verified.fake, transfer, part, lie, at);
	else
		fake_fetch_end(transfer, NULL);
}

static void step(bool is_faulty)
{
	uint32_t what = rig_draw(200);

	if (what < 40) {
		ask();
	} else if (what < 185) {
		for (int moves = 0; moves < 4 && fake_fetch_flying(rig.fetch) > 0; moves++)
			answer(is_faulty);
	} else if (what < 195) {
		fake_loop_advance(rig.loop, rig_draw(rig_draw(10) ? 2000 : 400000));
	} else if (is_faulty && what < 199) {
		rig.transport->fill_error = rig_draw(3) ? 0 : rig_draw(2) ? -ENOSPC : -EIO;
		fake_fetch_refuse(rig.fetch, rig_draw(4));
	} else if (is_faulty && rig.transport->file_count < FAKE_FILES_MAX) {
		/* The kernel opens it anew; its hashes stay. */
		object_close(verified.object);
		verified.object = rig_tree_object(&verified, mirrors);
		verified.object->blob->is_raced = verified.blob.is_raced;
	}
}

/* With honest mirrors whoever waits is served, and so is everything else. */
static void read_it_all(uint32_t seed)
{
	uint64_t size = verified.fake.image_size;

	rig.transport->fill_error = 0;
	fake_fetch_refuse(rig.fetch, 0);
	/* What was begun before may have been answered with lies in part. */
	rig_tree_serve_all(&verified);
	ATF_REQUIRE_MSG(fake_transport_unanswered(rig.transport) == 0,
			"seed %u: %u requests are never answered", seed,
			fake_transport_unanswered(rig.transport));
	for (uint64_t off = 0; off < size; off += 1 << 20) {
		uint32_t id = rig_ask(&rig, verified.object, off, 1 << 20);

		rig_tree_serve_all(&verified);
		ATF_REQUIRE_MSG(rig_state(&rig, id) == RIG_SERVED, "seed %u: no bytes at %u", seed,
				(unsigned)off);
	}
}

static void run(uint32_t seed, bool is_faulty)
{
	/* One to three levels, and none. */
	static const uint64_t blocks[] = {4096, 129, 700, 2, 1, 128, 2100};

	rig_seed(seed);
	mirrors = 1 + seed % MIRRORS_MAX;
	rig_open(&rig, seed % 4 ? 0 : 1 + seed % 7);
	rig_tree_open(&verified, &rig,
		      seed % 20 == 0 ? 16385 : blocks[seed % (sizeof(blocks) / sizeof(blocks[0]))], mirrors);
	/* Stalls are raced with every other seed. */
	verified.object->blob->is_raced = verified.blob.is_raced = seed / 4 % 2;
	for (int i = 0; i < STEPS; i++)
		step(is_faulty && i / 100 % 4 != 3);
	/* The others end with requests still waiting: closing answers them. */
	if (rig_draw(5))
		read_it_all(seed);
	rig_tree_close(&verified);
	if (!is_faulty) {
		ATF_CHECK_MSG(rig.transport->refills == 0, "seed %u: %u blocks came twice", seed,
			      rig.transport->refills);
		EQ(0u, rig.counters.wrong_blocks);
		EQ(0u, rig.news[OBJECT_FALSE] + rig.news[OBJECT_UNPROVEN] + rig.news[OBJECT_TROUBLE]);
	}
	rig_close(&rig);
}

CASE_ABOUT(no_byte_reaches_the_cache_file_before_its_hash_chain_ends_in_the_root_hash,
	   "invariant 2: random requests while mirrors lie about data and hashes; fixed seeds")
{
	unsigned wrong = 0, lost = 0, seeds = LONG_OR_SHORT(600, 20);

	for (uint32_t seed = 1; seed <= seeds; seed++) {
		run(seed, true);
		wrong += rig.counters.wrong_blocks > 0;
		lost += rig.news[OBJECT_FALSE] > 0 && rig.news[OBJECT_UNPROVEN] > 0;
	}
	/* Or else nothing was tried. */
	ATF_CHECK_MSG(wrong > seeds * 3 / 4, "lies were seen with %u seeds", wrong);
	ATF_CHECK_MSG(lost > seeds / 15, "lies of all mirrors with %u seeds", lost);
}

CASE(honest_mirrors_fail_nobody_and_no_block_comes_twice)
{
	for (uint32_t seed = 1; seed <= LONG_OR_SHORT(300u, 10u); seed++)
		run(seed, false);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, no_byte_reaches_the_cache_file_before_its_hash_chain_ends_in_the_root_hash);
	ATF_TP_ADD_TC(tp, honest_mirrors_fail_nobody_and_no_block_comes_twice);
	return atf_no_error();
}
