/* SPDX-License-Identifier: MIT */
/*
 * `blobrootd status`, `mount` and `upgrade`: what the initramfs and an administrator ask of a running keeper.
 *
 * Flow: control socket -> lines of key=value -> stdout, or mount(2). A program as a sealed memfd -> upgrade socket.
 * Process: neither; short-lived
 */
#ifndef BLOBROOT_CLIENT_H
#define BLOBROOT_CLIENT_H

/* The roles. argv[1] is the role. Return an exit status. */
int client_status_main(int argc, char **argv);
int client_mount_main(int argc, char **argv);
int client_upgrade_main(int argc, char **argv);

/* The role kexec: boots the kernel of kexec_load(2), for initrd/handover/shutdown. BusyBox cannot. */
int client_kexec_main(void);

#endif
