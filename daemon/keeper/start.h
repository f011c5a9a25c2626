/* SPDX-License-Identifier: MIT */
/*
 * `blobrootd start`: reads the command line, binds the store, forks the keeper, and waits until the image can
 * be mounted or cannot.
 *
 * Flow: initramfs -> start -> keeper -> engine; the answer comes back through a pipe.
 * Process: keeper
 */
#ifndef BLOBROOT_START_H
#define BLOBROOT_START_H

/*
 * Waits for the line by which a keeper reports whether it serves; prints why if it does not. Returns an exit
 * status. Shape: fd is the read end of struct keeper_options' ready.
 */
int start_wait(int fd);

/* The role. Returns an exit status. */
int start_main(int argc, char **argv);

#endif
