/* SPDX-License-Identifier: MIT */
/*
 * What an engine starts with: the command line, the keeper's options, and what earlier engines learned.
 *
 * Flow: process.c fills it in; engine and sandbox read it.
 * Process: engine
 */
#ifndef BLOBROOT_ENGINE_START_H
#define BLOBROOT_ENGINE_START_H

#include "base/cmdline.h"
#include "base/engine_options.h"
#include "engine/recall.h"
#include "transport/transport.h"

struct engine_start {
	struct config config;
	struct engine_options options;
	const struct transport *transport;
	struct recall recall;
};

#endif
