/* SPDX-License-Identifier: MIT */
/*
 * The engine's way into its sandbox: the home as its root directory, what lies there in memory, and no rights left.
 *
 * Flow: engine_run calls it first; nothing from the network has been read by then. confine.h takes the rights.
 * Process: engine
 */
#ifndef BLOBROOT_SANDBOX_H
#define BLOBROOT_SANDBOX_H

#include "engine/engine_start.h"
#include "fetch/credentials.h"
#include "trust/signature.h"

/*
 * credentials_out: NULL without a home. signers_out: whose signatures of a root hash count; NULL where none is asked
 * for. Returns an exit status; unless it is EXIT_DONE the process must not go on, and what was wrong has been said.
 */
int sandbox_enter(const struct engine_start *start, struct credentials **credentials_out,
		  struct signature_certs **signers_out);

#endif
