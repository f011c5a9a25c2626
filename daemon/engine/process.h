/* SPDX-License-Identifier: MIT */
/*
 * The engine's process from its exec to its loop: arguments, limits, locked memory.
 *
 * Flow: keeper -> exec -> main.c -> process_main -> engine_run.
 * Process: engine
 */
#ifndef BLOBROOT_PROCESS_H
#define BLOBROOT_PROCESS_H

/* The role. Returns an exit status. */
int process_main(int argc, char **argv);

#endif
