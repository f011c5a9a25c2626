/* SPDX-License-Identifier: MIT */
/*
 * Gets the boot profile of the image, so that what earlier boots read is fetched before it is asked for.
 *
 * Flow: engine -> replay_begin, beside the first contacts -> `URL.profile`, or what rd.blob.profile= names -> profile_parse, once
 * the image is known (replay_know) -> done -> object_use_profile.
 * Process: engine
 *
 * The boot never waits for it. A mirror that does not have it is normal; whatever else is wrong is one line, and then there is
 * no profile.
 */
#ifndef BLOBROOT_REPLAY_H
#define BLOBROOT_REPLAY_H

#include "base/cmdline.h"
#include "fetch/race.h"
#include "serve/profile.h"

enum {
	REPLAY_PATIENCE_S = 30, /* so long it may take, all attempts together */
	REPLAY_RETRIES = 5,     /* .. beside one of each mirror */
};

struct replay {
	struct loop *loop;
	struct blob blob;
	struct race race;
	struct loop_timer retry, patience;
	bool is_named; /* by the command line: then it has to be there */
	unsigned attempts;
	bool is_absent; /* a server has said so: where nobody named one, that is as it should be */
	char *text;
	size_t len, size; /* bytes that are here, of those allocated */
	bool is_here, is_known;
	char roothash[65];
	uint64_t blocks;
	struct profile profile;
	/* It is this image's, and stays. */
	void (*done)(void *arg, const struct profile *profile);
	void *arg;
};

/*
 * Asks for it, unless config wants none. Shape: loop, done and arg are set; leader is the image's blob, whose servers' pace it
 * shares; delay_ms: before the first request. Owns: leader must outlive it, and it lives as long as the engine.
 */
void replay_begin(struct replay *replay, const struct config *config, struct fetch *fetch,
		  struct blob *leader, uint32_t delay_ms);

/* The image is this one. Shape: roothash as in struct record. */
void replay_know(struct replay *replay, const char *roothash, uint64_t blocks);

#endif
