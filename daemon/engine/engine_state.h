/* SPDX-License-Identifier: MIT */
/*
 * What an engine is made of, for engine.c and boot.c alone.
 *
 * Flow: engine_run makes it -> engine_boot finds out what the image is, or what earlier engines know -> engine_take_requests.
 * Process: engine
 */
#ifndef BLOBROOT_ENGINE_STATE_H
#define BLOBROOT_ENGINE_STATE_H

#include "base/mount_plan.h"
#include "engine/blobdev.h"
#include "engine/disk_store.h"
#include "engine/engine_start.h"
#include "engine/heartbeat.h"
#include "engine/image.h"
#include "engine/interrupts.h"
#include "engine/replay.h"
#include "engine/shared.h"
#include "engine/vouch.h"
#include "serve/complete.h"
#include "serve/objects.h"
#include "transport/transport.h"
#include "trust/proof.h"

struct engine {
	const struct engine_start *start;
	struct config config; /* start's, but for what a store changes */
	struct shared shared;
	struct credentials *credentials; /* NULL without a home */
	struct signature_certs *signers;
	struct loop *loop;
	struct fetch *fetch;
	struct proof proof;
	struct replay replay;
	struct image image;
	struct disk_store disk_store;
	struct disk_file
		*kernels_file; /* of the image, in the store; NULL: it is not there, or not known yet */
	struct vouch vouch;
	struct mount_plan plan; /* told when requests are taken */
	const struct transport *transport;
	struct channel *channel;
	struct object_table table;
	struct objects objects;
	struct blobdevs blobdevs;
	struct complete complete;
	struct interrupts interrupts;
	struct heartbeat heartbeat;
};

/*
 * boot.c: begins to find out what the image is, unless earlier engines have; then requests are taken at once. Errors: -errno.
 */
int engine_boot(struct engine *engine);
/* boot.c: as vouch's done, and replay's. */
void engine_vouched(void *arg, int status, const char *what, const char *why);
void engine_use_profile(void *arg, const struct profile *profile);

/* engine.c: opens the transport, and serves what the kernel may know from earlier engines. Errors: -errno. */
int engine_take_requests(struct engine *engine);

#endif
