/* SPDX-License-Identifier: MIT */
#include "rig_tree.h"

#include "unit.h"

static void name(struct blob *blob, struct rig *rig, unsigned mirrors, const char *suffix)
{
	char url[64];

	for (unsigned i = 0; i < mirrors; i++) {
		snprintf(url, sizeof(url), "http://m%u/image%s", i, suffix);
		MUST_EQ(0, i == 0 ? blob_init(blob, rig->fetch, rig->loop, url) : blob_add_mirror(blob, url));
	}
	blob->is_proven = true;
}

struct object *rig_tree_object(struct rig_tree *verified, unsigned mirrors)
{
	struct rig *rig = verified->rig;
	struct blob *blob = calloc(1, sizeof(*blob));
	int file = fake_transport_file(rig->transport, verified->fake.image_size);
	struct object *object;

	ATF_REQUIRE(blob != NULL);
	name(blob, rig, mirrors, "");
	blob->size = verified->fake.image_size;
	blob->is_known = true;
	MUST_EQ(0, object_open(&rig->table, (uint64_t)file, rig->table.memory ? -1 : file, blob, true,
			       verified->tree, &object));
	object_use_disk(object, rig->disk);
	return object;
}

void rig_tree_open(struct rig_tree *verified, struct rig *rig, uint64_t blocks, unsigned mirrors)
{
	memset(verified, 0, sizeof(*verified));
	verified->rig = rig;
	fake_tree_build(&verified->fake, blocks, 32);
	name(&verified->blob, rig, mirrors, ".verity");
	MUST_EQ(0, tree_open(&verified->tree, rig->loop, &verified->blob, &rig->counters,
			     &verified->fake.verity));
	verified->object = rig_tree_object(verified, mirrors);
}

void rig_tree_close(struct rig_tree *verified)
{
	if (verified->object)
		object_close(verified->object);
	ATF_CHECK_MSG(list_is_empty(&verified->tree->waits), "somebody still waits for hashes");
	tree_close(verified->tree);
	blob_fini(&verified->blob);
	fake_tree_free(&verified->fake);
}

/* The first that does not pause. */
static struct fetch_transfer *next(struct rig *rig, bool is_tree)
{
	struct fetch_transfer *transfer;

	for (unsigned n = 0; (transfer = fake_tree_find(rig->fetch, is_tree, n)); n++)
		if (!transfer->kept)
			return transfer;
	return NULL;
}

void rig_tree_serve_these(struct rig_tree *verified, bool is_tree, enum fake_lie lie, uint64_t at)
{
	struct fetch_transfer *transfer;

	for (int rounds = 0; (transfer = next(verified->rig, is_tree)); rounds++) {
		ATF_REQUIRE_MSG(rounds < 100000, "it never comes to an end");
		fake_tree_serve(&verified->fake, transfer, lie, at);
	}
}

void rig_tree_serve_all(struct rig_tree *verified)
{
	struct rig *rig = verified->rig;

	for (int rounds = 0; fake_fetch_flying(rig->fetch) > 0 || fake_loop_armed(rig->loop) > 0; rounds++) {
		ATF_REQUIRE_MSG(rounds < 10000, "it never comes to an end");
		rig_tree_serve_these(verified, false, FAKE_RIGHT, 0);
		rig_tree_serve_these(verified, true, FAKE_RIGHT, 0);
		/* What is kept waits for hashes, and they may wait for a time. */
		if (!next(rig, false) && !next(rig, true) && fake_loop_armed(rig->loop) > 0)
			fake_loop_advance(rig->loop, fake_loop_next_ms(rig->loop));
	}
}

unsigned rig_tree_flying(struct rig_tree *verified, bool is_tree)
{
	unsigned count = 0;

	while (fake_tree_find(verified->rig->fetch, is_tree, count))
		count++;
	return count;
}

struct fetch_transfer *rig_tree_only(struct rig_tree *verified, bool is_tree)
{
	MUST_EQ(1u, rig_tree_flying(verified, is_tree));
	return fake_tree_find(verified->rig->fetch, is_tree, 0);
}
