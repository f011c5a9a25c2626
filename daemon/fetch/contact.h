/* SPDX-License-Identifier: MIT */
/*
 * The first contact with a blob: is it there, which version is it, and what are its first bytes?
 *
 * Flow: proof starts one for the image and for each file that authenticates it, the engine one for each other
 * blob that the kernel opens.
 * Process: engine
 */
#ifndef BLOBROOT_CONTACT_H
#define BLOBROOT_CONTACT_H

#include "base/loop.h"
#include "fetch/blob.h"
#include "fetch/race.h"

enum {
	CONTACT_HEAD = 64 * 1024, /* bytes fetched with it: superblock and root directory in one round trip */
	CONTACT_DOUBTS_MAX =
		6, /* so many refusals in a row that may pass are believed: two or three seconds of them */
};

struct contact {
	struct blob *blob;
	void *owner;  /* for the callbacks done and trouble */
	uint64_t off; /* where the head begins in the blob */
	struct loop *loop;
	uint8_t *head; /* CONTACT_HEAD bytes, aligned to BLOCK_SIZE; head_len of them are valid */
	size_t head_len;
	struct race race;
	struct loop_timer timer, patience;
	uint64_t begun_ms, deadline_ms;
	uint64_t asked_ms;   /* when the newest attempt began */
	uint32_t patience_s; /* how long temporary failures are retried; 0: for ever */
	uint32_t delay_ms;   /* before it begins */
	unsigned attempts;
	unsigned doubts;             /* refusals in a row that may pass */
	uint32_t avoid;              /* mirrors whose head was wrong; cleared when an attempt fails */
	unsigned denials;            /* heads that were wrong */
	char last_why[BLOB_WHY_MAX]; /* of the last failed attempt */
	/* result is BLOB_DONE, BLOB_AGAIN (timed out, or no memory) or BLOB_WRONG; why as in blob_events. */
	void (*done)(struct contact *contact, enum blob_result result, const char *why);
	/* The first failure, for the console. */
	void (*trouble)(struct contact *contact, const char *why);
};

/* Errors: -ENOMEM. Owns: the caller ends it with contact_end, which may be called from done. */
int contact_begin(struct contact *contact, struct blob *blob, struct loop *loop, uint64_t off,
		  uint32_t patience_s);

/* Makes one that has been answered by other means: the caller puts the bytes into head. Errors, Owns: as contact_begin. */
int contact_make(struct contact *contact, struct blob *blob, struct loop *loop);

/*
 * To be called after done, if the head is wrong. Asks other mirrors, and finally one that was asked before;
 * done is called again. Returns false when all that has been tried.
 */
bool contact_deny(struct contact *contact);

/* Why the head is wrong: why, and that it was said to be encoded if so, which is the likely reason. May use buf. */
const char *contact_explain(const struct contact *contact, const char *why, char *buf, size_t size);

void contact_end(struct contact *contact);

#endif
