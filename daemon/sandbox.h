/* SPDX-License-Identifier: MIT */
/*
 * The engine's way into its sandbox: the home as its root directory, the certificates in memory, and no rights left.
 *
 * Flow: engine_run calls it first; nothing from the network has been read by then. confine.h takes the rights.
 * Process: engine
 */
#ifndef BLOBROOT_SANDBOX_H
#define BLOBROOT_SANDBOX_H

#include "engine.h"
#include "signature.h"

/*
 * signers_out: whose signatures of a root hash count; NULL where none is asked for. Logs what is wrong. Errors: -errno,
 * and then the process must not go on.
 */
int sandbox_enter(const struct engine_start *start, struct signature_certs **signers_out);

#endif
