/* SPDX-License-Identifier: MIT */
/*
 * The engine: answers the kernel's requests with bytes from the server. One event loop; libcurl resolves
 * names in threads of its own.
 *
 * Flow: transport -> engine (which object?) -> object -> flight -> blob -> fetch -> store -> answer.
 * Process: engine
 */
#ifndef BLOBROOT_ENGINE_H
#define BLOBROOT_ENGINE_H

#include "engine/engine_start.h"

enum { ENGINE_OBJECTS_MAX = 1024 };

/* Runs until the first contact, the device or the keeper fails. Returns an exit status: see exits.h. */
int engine_run(const struct engine_start *start);

#endif
