/* SPDX-License-Identifier: MIT */
/*
 * What engines learn and the next one has to know, as the keeper remembers it: versions of blobs, and the hash tree.
 *
 * Flow: process.c, and a keeper that is asked whether its engines will understand all of it -> recall_take; engine asks.
 * Process: engine. Whatever stands there is input: an engine that was taken over may have said it.
 */
#ifndef BLOBROOT_RECALL_H
#define BLOBROOT_RECALL_H

#include "base/cmdline.h"
#include "base/options.h"
#include "fetch/blob.h"
#include "trust/verity.h"

/* The key of the image's version; with a mirror's number behind it, of that mirror's. */
#define RECALL_IMAGE "*image*"
/* The key of its hash tree; the value is verity_format's. */
#define RECALL_VERITY "*verity*"

struct recall {
	struct {
		char key[256];
		struct version version;
	} list[NOTICE_REMEMBER_MAX];
	unsigned count;
	struct verity verity; /* the hash tree that an earlier engine has found, if has_verity */
	bool has_verity;
};

/* Takes KEY TAB VALUE of each text. Returns false for one that is malformed. */
bool recall_take(struct recall *recall_out, const struct option_texts *texts);

/*
 * The command line has the last word: without its root hash in it the hash tree is as if it were not known. Who names
 * none goes by what the first engine found, which the keeper lets nobody replace.
 */
void recall_check(struct recall *recall, const struct config *config);

/* Tells the keeper: the next engine finds value under key. A key that is known already keeps its value. */
void recall_tell(int notices, const char *key, const char *value);
void recall_tell_version(int notices, const char *key, const struct version *version);

/* Is it a key of the image's, or none that can be told? */
bool recall_is_reserved(const char *key);

/* The version under this key, or NULL. */
const struct version *recall_find(const struct recall *recall, const char *key);

#endif
