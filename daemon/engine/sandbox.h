/* SPDX-License-Identifier: MIT */
/*
 * Puts the engine into its sandbox: chroot to its home, files there loaded, all privileges dropped.
 *
 * Flow: engine_run -> sandbox_enter, before anything from the network is read. confine.h drops the
 * privileges.
 * Process: engine
 */
#ifndef BLOBROOT_SANDBOX_H
#define BLOBROOT_SANDBOX_H

#include "engine/engine_start.h"
#include "fetch/credentials.h"
#include "trust/signature.h"

/*
 * credentials_out: NULL without a home. signers_out: whose signatures of a root hash count; NULL if none is
 * needed. Returns an exit status; unless it is EXIT_DONE, the error was reported, and the process must not go
 * on.
 */
int sandbox_enter(const struct engine_start *start, struct credentials **credentials_out,
		  struct signature_certs **signers_out);

#endif
