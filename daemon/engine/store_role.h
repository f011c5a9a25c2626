/* SPDX-License-Identifier: MIT */
/*
 * The role store: what a store on a disk has, how much of it is right, and its end, for people.
 *
 * Flow: main.c -> store_main. On a host that runs, or for another machine's disk that is mounted somewhere.
 * Process: its own. It looks at the disk as an engine does: without privileges, and with nothing but the images' directory.
 */
#ifndef BLOBROOT_STORE_ROLE_H
#define BLOBROOT_STORE_ROLE_H

/* The role. Returns an exit status; STORE_ROLE_WRONG: something that is there is wrong. */
enum { STORE_ROLE_WRONG = 1 };
int store_main(int argc, char **argv);

#endif
