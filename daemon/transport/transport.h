/* SPDX-License-Identifier: MIT */
/*
 * A transport: a way in which the kernel asks for the image's bytes. This is the border that each of them fills in, one
 * struct a transport; nobody outside of transport/ names one.
 *
 * Flow: start, keeper and mount call the keeper's half. The engine opens a channel; the kernel's requests go to the
 * sink, and their answers back through the engine's half. A transport knows nothing of HTTP, mirrors, hashes or
 * retries, and stores nothing: what the kernel has asked for is the engine's to have, and where it is kept is the
 * store's (serve/store.h).
 * Process: each member says which
 *
 * Invariant: every request that reaches the sink is answered exactly once, by the engine. One that a transport cannot
 * decode is answered by the transport, with an error, if it says enough to be answered.
 */
#ifndef BLOBROOT_TRANSPORT_H
#define BLOBROOT_TRANSPORT_H

#include "base/mount_plan.h"
#include "base/syscall_rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

/* The engine's end of a bound device. Each transport has a struct of its own. */
struct channel;

enum { TRANSPORT_WHY_MAX = 512 };

/* Whom a channel calls: the engine. From the loop only, never from inside a member of struct transport. */
struct transport_sink {
	/*
	 * The kernel opens the blob called key, and wants to know its size: answer_open. file is where proven bytes of the
	 * object are to be put, and goes with its answers; it is the engine's to close. An object_id that is still in use
	 * means that the kernel forgot the older one.
	 */
	void (*opened)(void *ctx, uint64_t object_id, uint64_t request_id, int file, const char *key);
	/* The kernel wants [off, off + len) of the object: answer_read. len 0: it said nothing that can be read. */
	void (*asked)(void *ctx, uint64_t object_id, uint64_t request_id, uint64_t off, uint64_t len);
	/* The kernel has no more use for the object; nothing is to be answered. */
	void (*closed)(void *ctx, uint64_t object_id);
	/* The channel is at its end: why is -errno. */
	void (*died)(void *ctx, int why);
};

struct transport {
	const char *name; /* as rd.blob.transport= and `blobrootd status` have it */

	/* -- The keeper's half. It has rights, and reads nothing that comes from the network. -- */

	/*
	 * Called by start, once, before there is a keeper: has the kernel keep what it gets in the directory store, and
	 * ask on *device_out. Must not touch anything if another daemon has the kernel's end. Returns an exit status, and
	 * why (TRANSPORT_WHY_MAX) unless it is EXIT_DONE. Owns: the device is the caller's; the mount depends on it.
	 */
	int (*bind)(const char *store, int *device_out, char *why_out);

	/*
	 * Called by the keeper, when an engine is dead and reaped and the next one is not started yet: has the kernel ask
	 * again what was not answered. Must not wait, nor allocate. Errors: -errno.
	 */
	int (*resume)(int device);

	/*
	 * Called by `blobrootd mount`, a process of its own: mounts the image, read-only, on dir, with more options (empty:
	 * none). Returns an exit status, and why (TRANSPORT_WHY_MAX) unless it is EXIT_DONE.
	 */
	int (*mount)(const struct mount_plan *plan, const char *dir, const char *options, char *why_out);

	/* -- The engine's half. It has no rights but those of the rules, and must never wait. -- */

	/* System calls that it makes beside those that every engine makes (engine/confine_filter.c). */
	const struct syscall_rule *rules;
	unsigned rule_count;

	/* Called once the image is known: requests come from now on. Does not own device. Errors: -ENOMEM, -errno. */
	int (*open)(struct channel **channel_out, struct loop *loop, int device,
		    const struct transport_sink *sink, void *ctx);
	void (*close)(struct channel *channel);

	/*
	 * How to mount the image that the kernel is to know as key. Called before READY is said. Shape: all of plan_out
	 * but is_compressed.
	 */
	void (*plan)(const char *key, struct mount_plan *plan_out);

	/* No new requests while it is paused; the kernel keeps them. The engine's tables are bounded, and so it says so. */
	void (*pause)(struct channel *channel, bool is_paused);

	/* size >= 0: the blob's bytes; < 0: -errno for whoever mounts. Errors: -errno: the kernel has refused. */
	int (*answer_open)(struct channel *channel, uint64_t request_id, int64_t size);

	/*
	 * The request is over. err 0: its bytes are in file; -errno: they are not, and will not be; a transport that cannot
	 * say which hands on EIO. Errors: -errno: the reader is gone meanwhile, which is harmless.
	 */
	int (*answer_read)(struct channel *channel, int file, uint64_t request_id, int err);
};

/*
 * The transport of that name; NULL: there is none. "auto": the best that this version has; empty: the one that programs had
 * before they knew of others.
 */
const struct transport *transport_find(const char *name);

/* Its name as programs hand it over: empty for the one that older programs take for granted, so that they can take over. */
const char *transport_option(const struct transport *transport);

/* The names of all, for a message: "a, b". */
void transport_names(char *text_out, size_t size);

#endif
