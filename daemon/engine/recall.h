/* SPDX-License-Identifier: MIT */
/*
 * What engines learn and the keeper remembers for the next one: versions of blobs, and the hash tree.
 *
 * Flow: process.c -> recall_take; engine, image and blobdev look values up.
 * Process: engine. All of it is untrusted input: a compromised engine may have sent it, so an engine passes over
 * what it cannot use, and starts. SECURITY.md says what is the worst that it can be told.
 */
#ifndef BLOBROOT_RECALL_H
#define BLOBROOT_RECALL_H

#include "base/cmdline.h"
#include "base/options.h"
#include "fetch/blob.h"
#include "trust/verity.h"

/* The key of the image's version on mirror 0; a number behind it names another mirror. */
#define RECALL_IMAGE "*image*"
/* The key of its hash tree; the value is in verity_format's form. */
#define RECALL_VERITY "*verity*"

struct recall {
	struct {
		char key[NOTICE_KEY_MAX + 1];
		struct version version;
	} list[NOTICE_REMEMBER_MAX]; /* in the order in which they were told */
	unsigned count;
	struct verity verity; /* the hash tree that an earlier engine found, if has_verity */
	bool has_verity;
};

/* Parses each text as KEY TAB VALUE. Returns how many it passed over: the malformed ones, a second hash tree. */
unsigned recall_take(struct recall *recall_out, const struct option_texts *texts);

/*
 * The command line takes precedence: a hash tree with another root hash than it names is ignored. If it names
 * none, what the first engine found counts; the keeper lets nobody replace that.
 */
void recall_check(struct recall *recall, const struct config *config);

/* Tells the keeper: the next engine finds value under key. A key that is already known keeps its value. */
void recall_tell(int notices, const char *key, const char *value);
void recall_tell_version(int notices, const char *key, const struct version *version);

/* Is it a key of the image, or one that cannot be sent? */
bool recall_is_reserved(const char *key);

/* The version under this key, or NULL. */
const struct version *recall_find(const struct recall *recall, const char *key);

#endif
