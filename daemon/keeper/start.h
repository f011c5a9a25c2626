/* SPDX-License-Identifier: MIT */
/*
 * `blobrootd start`: reads the command line, binds the cache, forks the keeper, and waits until the image can
 * be mounted or cannot.
 *
 * Flow: initramfs -> start -> keeper -> engine; the answer comes back through a pipe.
 * Process: keeper
 */
#ifndef BLOBROOT_START_H
#define BLOBROOT_START_H

/*
 * Waits for the line that a keeper writes when it serves, or does not: prints why not. Returns an exit status. Shape:
 * the reading end of struct handover's ready.
 */
int start_wait(int fd);

/* The role. Returns an exit status. */
int start_main(int argc, char **argv);

#endif
