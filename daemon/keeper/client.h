/* SPDX-License-Identifier: MIT */
/*
 * `blobrootd status`, `mount` and `upgrade`: what the initramfs and an administrator ask of a running keeper.
 *
 * Flow: control socket -> lines of key=value -> stdout, or mount(2). A program as a sealed memfd -> upgrade socket.
 * Process: neither; short-lived
 */
#ifndef BLOBROOT_CLIENT_H
#define BLOBROOT_CLIENT_H

#include "base/mount_plan.h"

#include <stdbool.h>

/* The roles. argv[1] is the role. Return an exit status. */
int client_status_main(int argc, char **argv);
int client_mount_main(int argc, char **argv);
int client_upgrade_main(int argc, char **argv);

/* Takes --run DIR from a role's arguments; optind is behind it then. Returns DIR, or NULL: usage. */
const char *client_take_run(int argc, char **argv);

struct client_image {
	struct mount_plan plan;
	char transport[64]; /* empty: it is not said */
	bool is_paged;      /* what was fetched is in the kernel's page cache only */
	int tree;           /* of its transport, if it has one; else -1 */
};

/* What the keeper says of the image. Returns an exit status, and has said why. Owns: the caller closes tree. */
int client_find_image(const char *run_path, struct client_image *image_out);

/* The role kexec: boots the kernel of kexec_load(2), for initrd/handover/shutdown. BusyBox cannot. */
int client_kexec_main(void);

#endif
