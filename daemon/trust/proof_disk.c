/* SPDX-License-Identifier: MIT */
#include "trust/proof_disk.h"

#include "base/block.h"
#include "trust/proof_judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A read of the image's first blocks. On the heap: a disk may answer when nobody waits any more. */
struct head_read {
	struct disk_read read;
	struct proof_disk *owner; /* NULL: nobody waits */
	_Alignas(BLOCK_SIZE) uint8_t bytes[CONTACT_HEAD];
};

/* It is over; proof is as it was, unless the image is proven. */
static void finish(struct proof_disk *disk)
{
	struct proof *proof = disk->proof;
	bool is_proven = !disk->why[0];

	tree_wait_end(&disk->hashes);
	if (disk->head)
		disk->head->owner = NULL;
	if (!is_proven) {
		proof_forget(proof);
		contact_end(&proof->contacts[PROOF_IMAGE]);
	}
	disk->done(disk->arg, is_proven ? NULL : disk->why);
}

static void end_soon(struct proof_disk *disk, const char *why)
{
	if (disk->is_over)
		return;
	disk->is_over = true;
	snprintf(disk->why, sizeof(disk->why), "%s", why ? why : "");
	loop_arm(disk->proof->loop, &disk->timer, 0);
}

static void on_timer(void *arg)
{
	struct proof_disk *disk = arg;

	if (!disk->is_over)
		snprintf(disk->why, sizeof(disk->why), "%s",
			 disk->is_read ? "its hashes are not there" : "the disk does not answer");
	disk->is_over = true;
	finish(disk);
}

static void judge(struct proof_disk *disk)
{
	struct proof *proof = disk->proof;
	struct contact *contact = &proof->contacts[PROOF_IMAGE];
	const struct verity *verity = &proof->tree->hashes.verity;
	uint64_t blocks = contact->head_len / BLOCK_SIZE, good;
	enum hashes_verdict verdict;
	char buf[256];

	good = hashes_check(&proof->tree->hashes, 0, contact->head, blocks, &verdict);
	if (good < blocks && verdict == HASHES_UNKNOWN)
		return;
	if (good < blocks) {
		blockset_clear(&disk->image->files[DISK_BLOCKS].claims, good);
		end_soon(disk, "its first blocks are wrong there");
		return;
	}
	end_soon(disk, proof->object(proof, verity->data_blocks * BLOCK_SIZE, buf, sizeof(buf)));
}

static void on_tree(void *arg, enum tree_event event, uint64_t begin, uint64_t end, const char *why)
{
	struct proof_disk *disk = arg;

	(void)begin;
	(void)end;
	(void)why;
	/* What cannot be fetched is tried again, until the patience ends. */
	if (event == TREE_CAME && disk->is_read && !disk->is_over)
		judge(disk);
}

static void on_read(struct disk_read *read)
{
	struct head_read *head = list_entry(read, struct head_read, read);
	struct proof_disk *disk = head->owner;
	struct contact *contact;

	if (disk) {
		contact = &disk->proof->contacts[PROOF_IMAGE];
		disk->head = NULL;
		disk->is_read = true;
		memcpy(contact->head, head->bytes, read->len);
		contact->head_len = read->len;
		if (read->err)
			end_soon(disk, strerror(-read->err));
		else
			judge(disk);
	}
	free(head);
}

/* Reads the image's first blocks, as many as there are in a row. Returns why not, or NULL. */
static const char *read_head(struct proof_disk *disk)
{
	struct proof *proof = disk->proof;
	struct disk_file *file = &disk->image->files[DISK_BLOCKS];
	uint64_t blocks = blockset_next(&file->claims, 0, CONTACT_HEAD / BLOCK_SIZE, false);
	struct head_read *head;

	if (blocks == 0)
		return "its first block is not there";
	head = aligned_alloc(BLOCK_SIZE, block_ceil(sizeof(*head)));
	if (!head || contact_make(&proof->contacts[PROOF_IMAGE], &proof->blobs[PROOF_IMAGE], proof->loop)) {
		free(head);
		return strerror(ENOMEM);
	}
	head->owner = disk;
	head->read = (struct disk_read){
		.file = file, .buf = head->bytes, .len = blocks * BLOCK_SIZE, .done = on_read};
	disk->head = head;
	tree_wait_begin(proof->tree, &disk->hashes, 0, blocks);
	disk_read_begin(&head->read);
	return NULL;
}

/* Opens the tree. Returns why not, or NULL. */
static const char *open_tree(struct proof_disk *disk, const char *roothash)
{
	struct proof *proof = disk->proof;
	uint64_t counts[DISK_PARTS];
	struct verity verity;

	/* A first contact that has failed may have left something. */
	proof_forget(proof);
	if (verity_decode(disk->image->super, sizeof(disk->image->super), proof->config->verity_off, roothash,
			  &verity) != VERITY_OK)
		return "the superblock of its hash tree is not there";
	counts[DISK_BLOCKS] = verity.data_blocks;
	counts[DISK_TREE] = verity.hash_blocks + 1;
	if (disk_image_fit(disk->image, counts) || proof_recall(proof, &verity))
		return strerror(ENOMEM);
	tree_use_disk(proof->tree, &disk->image->files[DISK_TREE], disk->image->super);
	return NULL;
}

void proof_disk_begin(struct proof_disk *disk, struct proof *proof, struct disk_image *image,
		      const char *roothash, void (*done)(void *arg, const char *why), void *arg)
{
	const char *why;

	*disk = (struct proof_disk){.proof = proof,
				    .image = image,
				    .timer = {.fn = on_timer, .arg = disk},
				    .hashes = {.fn = on_tree, .arg = disk},
				    .done = done,
				    .arg = arg};
	why = open_tree(disk, roothash);
	if (!why)
		why = read_head(disk);
	if (why)
		end_soon(disk, why);
	else
		loop_arm(proof->loop, &disk->timer, PROOF_DISK_PATIENCE_MS);
}

bool proof_disk_is_signed(const struct signature_certs *signers, const void *text, size_t text_len,
			  const void *p7s, size_t len, char roothash_out[ROOTHASH_DIGITS + 1])
{
	const struct contact signed_text = {.head = (uint8_t *)text, .head_len = text_len},
			     signature = {.head = (uint8_t *)p7s, .head_len = len};
	const char *why;
	char buf[256];

	return proof_judge_signature(signers, &signed_text, &signature, roothash_out, &why, buf,
				     sizeof(buf)) == PROOF_PARTS;
}
