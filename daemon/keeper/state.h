/* SPDX-License-Identifier: MIT */
/*
 * What the keeper tells whoever asks: its state as lines of key=value, and descriptors that it holds.
 *
 * Flow: a client connects to the control socket -> keeper -> state_tell -> client.c.
 * Process: keeper. It allocates nothing.
 */
#ifndef BLOBROOT_STATE_H
#define BLOBROOT_STATE_H

#include "keeper/handover.h"

struct counters;
struct transport;

/* Takes one client, and waits for nothing: it reads nothing from it. */
void state_tell(const struct handover *know, const struct transport *transport,
		const struct counters *counters);

#endif
