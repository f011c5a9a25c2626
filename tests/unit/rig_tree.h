/* SPDX-License-Identifier: MIT */
/*
 * An object under a hash tree, with mirrors, on a rig.
 *
 * Flow: rig_open, rig_tree_open, rig_ask.., the test answers transfers (fake_tree), rig_tree_close, rig_close.
 * Process: tests
 */
#ifndef BLOBROOT_RIG_TREE_H
#define BLOBROOT_RIG_TREE_H

#include "fake_tree.h"
#include "rig.h"
#include "trust/tree.h"

struct rig_tree {
	struct rig *rig;
	struct fake_tree fake;
	struct blob blob; /* of the tree */
	struct tree *tree;
	struct object *object;
};

/* Mirrors are http://m0/image and so on, with `.verity` behind it for the tree. */
void rig_tree_open(struct rig_tree *verified, struct rig *rig, uint64_t blocks, unsigned mirrors);
/* Closes the object if it is still open. */
void rig_tree_close(struct rig_tree *verified);

/* Another blob of these mirrors, for an object of the same tree. Owns: the object takes it over. */
struct object *rig_tree_object(struct rig_tree *verified, unsigned mirrors);

/* Serves all that is on the wire, and what begins then; moves the clock where nothing is. */
void rig_tree_serve_all(struct rig_tree *verified);
/* The same for what is for the tree, or for the image, without the clock. */
void rig_tree_serve_these(struct rig_tree *verified, bool is_tree, enum fake_lie lie, uint64_t at);

/* The transfer of the tree, or the image, that must be the only one. */
struct fetch_transfer *rig_tree_only(struct rig_tree *verified, bool is_tree);
unsigned rig_tree_flying(struct rig_tree *verified, bool is_tree);

#endif
