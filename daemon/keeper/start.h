/* SPDX-License-Identifier: MIT */
/*
 * `blobrootd start`: reads the command line, binds the store, forks the keeper, and waits until the image can
 * be mounted or cannot.
 *
 * Flow: initramfs -> start -> launch -> keeper -> engine; the answer comes back through a pipe.
 * Process: keeper
 */
#ifndef BLOBROOT_START_H
#define BLOBROOT_START_H

/* The role. Returns an exit status. */
int start_main(int argc, char **argv);

#endif
