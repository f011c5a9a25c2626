/* SPDX-License-Identifier: MIT */
/*
 * The engine: answers the kernel's requests with bytes from the server. One event loop; libcurl resolves
 * names in threads of its own.
 *
 * Flow: transport -> engine (which object?) -> object -> flight -> blob -> fetch -> cache file -> answer.
 * Process: engine
 */
#ifndef BLOBROOT_ENGINE_H
#define BLOBROOT_ENGINE_H

#include "fetch/blob.h"
#include "base/cmdline.h"
#include "base/notice.h"
#include "trust/verity.h"

enum { ENGINE_REMEMBER_MAX = NOTICE_REMEMBER_MAX, ENGINE_OBJECTS_MAX = 1024 };

/* What earlier engines learned of a blob; key is the kernel's name for it. */
struct remembered {
	char key[256];
	struct version version;
};

struct engine_start {
	struct config config;
	int device;      /* of the transport, bound by the keeper */
	int notices;     /* to the keeper */
	int counters_fd; /* memfd of a struct counters, or -1 */
	int hashes_fd;   /* memfd of a struct shelf, or -1 */
	uint64_t room;   /* bytes that the store can take */
	int home;        /* directory to make the root of the process, or -1 */
	struct remembered remembered[ENGINE_REMEMBER_MAX];
	unsigned remembered_count;
	struct verity verity; /* the hash tree that an earlier engine has found, if has_verity */
	bool has_verity;
};

/* The key under which the kernel knows the image, when the keeper remembers it. */
#define ENGINE_IMAGE_KEY "*image*"
/* The same for its hash tree; the text is verity_format's. */
#define ENGINE_VERITY_KEY "*verity*"

/* Runs until the device is dead. Returns an exit status: see exits.h. */
int engine_run(struct engine_start *start);

#endif
