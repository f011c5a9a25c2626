/* SPDX-License-Identifier: MIT */
/*
 * Which transport is taken: the one that is named, or the first that works here, and with each image.
 *
 * Flow: probe, start and mount-image -> choice_make -> the transports' probes.
 * Process: keeper
 */
#ifndef BLOBROOT_CHOICE_H
#define BLOBROOT_CHOICE_H

#include "base/cmdline.h"
#include "transport/transport.h"

enum { CHOICE_WHY_MAX = 2 * TRANSPORT_WHY_MAX };

/*
 * is_native: one that needs a store is none. Returns an exit status; text_out (CHOICE_WHY_MAX bytes): what is taken, and
 * why others were passed over, if it is EXIT_DONE; else why.
 */
int choice_make(const struct config *config, bool is_native, const struct transport **transport_out,
		char *text_out);

/*
 * Can this transport do what the command line asks for? has_store: a directory was named for the store. Shape: *cache_out is
 * rd.blob.cache=; without it a store on a disk, if there is one, or the transport's own. Returns as choice_make.
 */
int choice_check(const struct config *config, const struct transport *transport, bool has_store,
		 const char **cache_out, char *why_out);

/* The role probe. Returns an exit status. */
int choice_main(int argc, char **argv);

#endif
