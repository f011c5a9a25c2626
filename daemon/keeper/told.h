/* SPDX-License-Identifier: MIT */
/*
 * What the keeper takes from an engine: its notices (notice.h), checked, kept and passed on.
 *
 * Flow: keeper -> told_take, when notices came or the engine died -> the handover, for status and later engines.
 * Process: keeper. Every notice is untrusted input: the engine may have been taken over. It allocates nothing.
 */
#ifndef BLOBROOT_TOLD_H
#define BLOBROOT_TOLD_H

#include "keeper/handover.h"

#include <stdbool.h>

/* By one engine, beside what goes into the handover. Zeroed: nothing yet. */
struct told {
	char failure[NOTICE_TEXT_MAX]; /* `what: why`; empty: it reported none */
	bool is_ousted;                /* it sent a malformed notice, and was killed */
};

/*
 * Takes so many notices at most. The first plan stays, and the first value of a key to remember: an engine that
 * is taken over later cannot change what the next one uses. Closes know->engine.notices (-1) at their end, or at
 * a malformed notice; then it kills the engine as well, if know->keeper.engine_pid says that it runs.
 */
void told_take(struct told *told, struct handover *know, unsigned most);

#endif
