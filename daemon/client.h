/* SPDX-License-Identifier: MIT */
/*
 * `blobrootd status` and `blobrootd mount`: what the initramfs and an administrator ask a running keeper.
 *
 * Flow: control socket -> lines of key=value -> stdout, or mount(2).
 * Process: neither; short-lived
 */
#ifndef BLOBROOT_CLIENT_H
#define BLOBROOT_CLIENT_H

/* The roles. argv[1] is the role. Return an exit status. */
int client_status_main(int argc, char **argv);
int client_mount_main(int argc, char **argv);

#endif
