/* SPDX-License-Identifier: MIT */
/*
 * Finds out what the image is, for a boot's first engine: from a store on a disk that can vouch for itself, or by the first
 * contact with the servers.
 *
 * Flow: engine -> vouch_begin -> disk_store, proof_disk, proof -> done.
 * Process: engine
 *
 * With a root hash on the command line the store is asked first, and if it has what it takes to mount the image, no server is
 * waited for. Where a signature must vouch for the image, a server that answers in time wins, because it may have a newer one;
 * else it is the image that was booted last from the same URL and whose signature is proven again. If the command line does not say
 * how long to wait, that is VOUCH_CONTACT_S where there is such an image.
 *
 * is_alone: an initramfs that has no network yet asks whether the store can do it with a root hash, and all of the image is there.
 * If not, it ends with EXIT_TEMPORARY where all is there of a signed image that could be booted if no server answered, else with
 * EXIT_PERMANENT.
 */
#ifndef BLOBROOT_VOUCH_H
#define BLOBROOT_VOUCH_H

#include "engine/disk_store.h"
#include "trust/proof_disk.h"

enum { VOUCH_CONTACT_S = 10 };

struct vouch {
	struct proof *proof;
	struct disk_store *store;
	struct config *config; /* the proof's */
	const struct signature_certs *signers;
	struct proof_disk proof_disk;
	bool is_alone; /* no server is asked */
	bool is_from_store;
	unsigned candidate; /* the next one */
	uint8_t text[256];  /* its root hash, as it was published */
	size_t text_len;
	int status; /* how the first contact has ended */
	char what[CMDLINE_URL_MAX], why[1024];
	/* As struct proof's. */
	void (*done)(void *arg, int status, const char *what, const char *why);
	void *arg;
};

/* Shape: the caller has set proof to signers, is_alone, done and arg. Errors: -ENOMEM. */
int vouch_begin(struct vouch *vouch);

/* Is all of the image there, as far as the store says? Then a host can do without a network. Shape: the image is open. */
bool vouch_is_whole(const struct vouch *vouch);

/*
 * May the image be mounted, as the store is that disk_store_begin has opened? Returns an exit status, and why unless it is
 * EXIT_DONE.
 */
int vouch_judge_store(const struct vouch *vouch, const char **why_out);

/* The image is booted: the store can boot it without a server from now on. */
void vouch_booted(struct vouch *vouch);

#endif
