/* SPDX-License-Identifier: MIT */
/*
 * What keeper, engine and client agree on without talking: paths, the engine's user, and sizes of shared memory.
 *
 * Process: both
 */
#ifndef BLOBROOT_LAYOUT_H
#define BLOBROOT_LAYOUT_H

/* The run directory, by default, and what is in it. */
#define LAYOUT_RUN     "/run/blobroot"
#define LAYOUT_CONTROL "control"    /* socket: see client.h */
#define LAYOUT_UPGRADE "upgrade"    /* socket: see upgrade.h */
#define LAYOUT_PID     "keeper.pid" /* the keeper's process ID and a newline, once the image can be mounted */
#define LAYOUT_HOME    "home"       /* directory: the engine's root */

/* In the engine's root directory: copies of files of the initramfs' /etc (home.h). */
#define LAYOUT_CA         "etc/blobroot/ca.crt"
#define LAYOUT_CERT       "etc/blobroot/client.crt"
#define LAYOUT_KEY        "etc/blobroot/client.key" /* not there: the key stands in LAYOUT_CERT */
#define LAYOUT_NETRC      "etc/blobroot/netrc"
#define LAYOUT_VERITY_DIR "etc/verity.d"

enum {
	LAYOUT_CA_MAX = 1024 * 1024, /* bytes; a system's bundle has 220 KB */

	/*
	 * The engine's user and group. Not nobody's, whose processes could send us signals: 65000 to 65533 are reserved
	 * and not in use (Debian policy, 9.2.2; systemd's UIDS-GIDS.md). Files that only the engine shall read belong to
	 * this group.
	 */
	LAYOUT_ENGINE_ID = 65533,

	/* Bytes of memory that engines leave to the next one, and the keeper holds: struct hash_cache. */
	LAYOUT_HASH_CACHE_SIZE = (16384 + 1) * 4096,
};

#endif
