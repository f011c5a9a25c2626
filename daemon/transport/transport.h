/* SPDX-License-Identifier: MIT */
/*
 * A transport: a way in which the kernel asks for the image's bytes. This is the interface that each
 * transport implements as one struct; nobody outside of transport/ names one.
 *
 * Flow: start, keeper and mount call the keeper's half. The engine opens a channel. The kernel's requests go
 * to the sink, and their answers back through the engine's half. A transport knows nothing of HTTP, mirrors,
 * hashes or retries, and stores nothing: the engine fetches what the kernel asks for, and the store
 * (store/store.h) keeps it.
 * Process: each member says which
 *
 * Invariant: every request that reaches the sink is answered exactly once, by the engine. If a transport
 * cannot decode a request, that gets an error if possible: from the transport, or from the engine, by asked
 * with len 0.
 */
#ifndef BLOBROOT_TRANSPORT_H
#define BLOBROOT_TRANSPORT_H

#include "base/mount_plan.h"
#include "base/syscall_rule.h"
#include "transport/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct limits;
struct loop;

/* The engine's end of a bound device. Each transport has a struct of its own. */
struct channel;

enum { TRANSPORT_WHY_MAX = 512 };

/* What bind makes, for the keeper to hold. */
struct transport_ends {
	int device; /* the kernel's requests come from it */
	/* What the mount needs beside the plan; -1: nothing. Without files, whoever has it keeps the device alive. */
	int tree;
};

struct transport {
	const char *name; /* as in rd.blob.transport= and `blobrootd status` */
	/*
	 * Does the kernel read blocks from files, in the directory that start --store names, and never ask again for what
	 * is there? If not, answers carry the bytes, and the kernel may ask for them again.
	 */
	bool has_files;

	/* Where the blocks are if rd.blob.cache= does not say, as one of its values. */
	const char *cache;

	/* -- The keeper's half. It is privileged, and reads nothing that comes from the network. -- */

	/*
	 * Called before bind, by a process that has nothing of the others': does it work here, as far as can be tried? Leaves
	 * nothing behind. Returns an exit status, and why (TRANSPORT_WHY_MAX). With EXIT_DONE that is empty, or says what
	 * it cannot do here: another one that works is better then.
	 */
	int (*probe)(char *why_out);

	/*
	 * Called by start, once, before the keeper exists: has the kernel send its requests to the device and, with
	 * files, keep the image's bytes in the directory store. The kernel must not use anything that lay there before.
	 * is_exact: the kernel is to ask for what somebody reads, and for nothing beside it.
	 * limits: those of a store on a disk, which keeps images in ../images for later boots; NULL: there is none. Must not
	 * touch anything if another daemon has the kernel's device. Returns an exit status, and why (TRANSPORT_WHY_MAX) unless it
	 * is EXIT_DONE. Owns: both ends are the caller's; the mount depends on the device.
	 */
	int (*bind)(const char *store, const struct limits *limits, bool is_exact,
		    struct transport_ends *ends_out, char *why_out);

	/*
	 * Called by the keeper, after an engine is reaped and before the next one starts: has the kernel
	 * repeat unanswered requests. Must not block or allocate. Errors: -errno.
	 */
	int (*resume)(int device);

	/*
	 * Called by the keeper, when an engine has ended: is the last user of the blobs gone, so that none is needed
	 * any more? NULL: that never happens.
	 */
	bool (*is_over)(int device);

	/*
	 * Called by `blobrootd mount`, a process of its own: mounts the image read-only on dir, with
	 * additional options (empty: none). The plan is untrusted input: what the engine's half never asks for
	 * is refused. Returns an exit status, and why (TRANSPORT_WHY_MAX) unless it is EXIT_DONE.
	 */
	int (*mount)(int tree, const struct mount_plan *plan, const char *dir, const char *options,
		     char *why_out);

	/*
	 * Called by the boot's first engine, in a thread: marks the file in a store on a disk of a blob of size bytes, so that the
	 * kernel finds it as mount links it. With files only. Errors: -errno.
	 */
	int (*mark)(int file, uint64_t size);

	/* -- The engine's half. It may make only the system calls of the rules, and must never block. -- */

	/* System calls that it makes in addition to those of every engine (engine/confine_filter.c). */
	const struct syscall_rule *rules;
	unsigned rule_count;

	/* Called once the image is known: requests come from now on. Does not own device. Errors: -ENOMEM, -errno. */
	int (*open)(struct channel **channel_out, struct loop *loop, int device,
		    const struct transport_sink *sink, void *ctx);
	void (*close)(struct channel *channel);

	/*
	 * Tells how to mount the image, which the kernel will know as key. Called before NOTICE_READY is
	 * sent. Shape: sets source and options of plan_out.
	 */
	void (*plan)(const char *key, struct mount_plan *plan_out);

	/*
	 * Serves the blob called key, of size bytes, from now on, though the kernel has not opened it: an earlier engine may
	 * have told its size, and the kernel goes on with that. *object_id_out is the same in each engine. Errors: -ENOMEM.
	 * NULL: the kernel opens each object anew for each engine.
	 */
	int (*adopt)(struct channel *channel, const char *key, uint64_t size, uint64_t *object_id_out);

	/* Stops or resumes taking requests; they stay in the kernel. The engine's tables are bounded. */
	void (*pause)(struct channel *channel, bool is_paused);

	/* size >= 0: the blob's bytes; < 0: -errno for the mounter. Errors: -errno: the kernel refused. */
	int (*answer_open)(struct channel *channel, uint64_t request_id, int64_t size);

	/*
	 * Completes the request. err 0: its bytes are in file, or all of them in count pieces of memory; -errno: they are
	 * not, and will not be; a transport that cannot pass that on reports EIO. Errors: -errno: the reader is gone
	 * meanwhile, which is harmless.
	 */
	int (*answer_read)(struct channel *channel, int file, uint64_t request_id, int err,
			   const struct iovec *pieces, unsigned count);
};

/* The transport of that name; NULL: there is none. Empty: the only one that older programs had. */
const struct transport *transport_find(const char *name);

/* All of them, the best first; NULL: there are no more. */
const struct transport *transport_at(unsigned index);

/* Its name in a handover: empty for the only one that older programs had, so that they can take over. */
const char *transport_option(const struct transport *transport);

#endif
