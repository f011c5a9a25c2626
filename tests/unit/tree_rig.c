/* SPDX-License-Identifier: MIT */
#include "tree_rig.h"

#include "unit.h"

struct tree_rig tree_rig;

void tree_rig_end_wait(unsigned i)
{
	if (!tree_rig.waiters[i])
		return;
	tree_wait_end(&tree_rig.waiters[i]->wait);
	free(tree_rig.waiters[i]);
	tree_rig.waiters[i] = NULL;
}

static void on_event(void *arg, enum tree_event event, uint64_t begin, uint64_t end, const char *why)
{
	struct tree_waiter *waiter = arg;

	ATF_REQUIRE(tree_is_waiting(&waiter->wait));
	ATF_CHECK_EQ(event == TREE_CAME, why == NULL);
	snprintf(waiter->why, sizeof(waiter->why), "%s", why ? why : "");
	waiter->came += event == TREE_CAME;
	waiter->troubles += event == TREE_TROUBLE;
	if (event == TREE_FALSE) {
		waiter->lost++;
		waiter->lost_begin = begin;
		waiter->lost_end = end;
	} else {
		ATF_CHECK(begin == 0 && end == 0);
	}
	if (waiter->manner == WAITER_BEGINS_AGAIN) {
		uint64_t from = waiter->wait.begin, until = waiter->wait.end;

		waiter->manner = WAITER_STAYS;
		tree_wait_end(&waiter->wait);
		tree_wait_begin(tree_rig.tree, &waiter->wait, from, until);
	} else if (waiter->manner == WAITER_ENDS_WHEN_LOST && event == TREE_FALSE) {
		tree_wait_end(&waiter->wait);
	} else if (waiter->manner == WAITER_ENDS_ALL) {
		for (unsigned i = 0; i < TREE_RIG_WAITERS; i++)
			tree_rig_end_wait(i);
	}
}

struct tree_waiter *tree_rig_await(unsigned i, uint64_t begin, uint64_t end)
{
	struct tree_waiter *waiter = tree_rig.waiters[i];

	if (!waiter) {
		waiter = tree_rig.waiters[i] = calloc(1, sizeof(*waiter));
		ATF_REQUIRE(waiter != NULL);
		waiter->wait = (struct tree_wait){.fn = on_event, .arg = waiter};
		waiter->manner = WAITER_ENDS_WHEN_LOST;
	}
	tree_wait_begin(tree_rig.tree, &waiter->wait, begin, end);
	return waiter;
}

void tree_rig_begin(uint64_t blocks, unsigned mirrors)
{
	tree_rig_begin_but(blocks, mirrors, 0, UINT64_MAX);
}

void tree_rig_begin_but(uint64_t blocks, unsigned mirrors, unsigned wrong_level, uint64_t wrong_at)
{
	char url[64];

	tree_rig.loop = fake_loop_open();
	tree_rig.fetch = fake_fetch_open();
	for (unsigned i = 0; i < mirrors; i++) {
		snprintf(url, sizeof(url), "http://m%u/image.verity", i);
		MUST_EQ(0, i == 0 ? blob_init(&tree_rig.blob, tree_rig.fetch, tree_rig.loop, url)
				  : blob_add_mirror(&tree_rig.blob, url));
	}
	tree_rig.blob.is_proven = true;
	fake_tree_build_but(&tree_rig.fake, blocks, 8, wrong_level, wrong_at);
	MUST_EQ(0, tree_open(&tree_rig.tree, tree_rig.loop, &tree_rig.blob, &tree_rig.counters,
			     &tree_rig.fake.verity));
}

void tree_rig_end(void)
{
	for (unsigned i = 0; i < TREE_RIG_WAITERS; i++)
		tree_rig_end_wait(i);
	ATF_CHECK(list_is_empty(&tree_rig.tree->waits));
	tree_close(tree_rig.tree);
	blob_fini(&tree_rig.blob);
	fake_tree_free(&tree_rig.fake);
	fetch_close(tree_rig.fetch);
	loop_close(tree_rig.loop);
}

struct fetch_transfer *tree_rig_at(unsigned n)
{
	return fake_fetch_at(tree_rig.fetch, n);
}

unsigned tree_rig_flying(void)
{
	return fake_fetch_flying(tree_rig.fetch);
}

struct fetch_transfer *tree_rig_for_block(uint64_t hash_block)
{
	uint64_t off = fake_tree_at(&tree_rig.fake, hash_block);

	for (unsigned i = 0; i < tree_rig_flying(); i++)
		if (tree_rig_at(i)->off <= off && off < tree_rig_at(i)->off + tree_rig_at(i)->len)
			return tree_rig_at(i);
	atf_tc_fail("nobody asks for hash block %u", (unsigned)hash_block);
}

void tree_rig_serve(uint64_t hash_block)
{
	fake_tree_serve(&tree_rig.fake, tree_rig_for_block(hash_block), FAKE_RIGHT, 0);
}

void tree_rig_lie(uint64_t hash_block, enum fake_lie how)
{
	fake_tree_serve(&tree_rig.fake, tree_rig_for_block(hash_block), how,
			fake_tree_at(&tree_rig.fake, hash_block) + 40);
}

void tree_rig_serve_all(void)
{
	while (tree_rig_flying() > 0)
		fake_tree_serve(&tree_rig.fake, tree_rig_at(0), FAKE_RIGHT, 0);
}

void tree_rig_nothing_is_left(void)
{
	EQ(0u, tree_rig_flying());
	EQ(0u, fake_loop_armed(tree_rig.loop));
	ATF_CHECK(list_is_empty(&tree_rig.tree->runs));
}

enum hashes_verdict tree_rig_check(uint64_t block, bool is_right)
{
	uint8_t bytes[BLOCK_SIZE];
	enum hashes_verdict verdict;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = fake_byte(block * BLOCK_SIZE + i);
	if (!is_right)
		bytes[4095] ^= 0x80;
	EQ(hashes_check(&tree_rig.tree->hashes, block, bytes, 1, &verdict), verdict == HASHES_TRUE ? 1u : 0u);
	return verdict;
}
