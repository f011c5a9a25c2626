/* SPDX-License-Identifier: MIT */
/*
 * Constants that keeper, engine and client share: paths, the engine's user, and sizes of shared memory.
 *
 * Process: both
 */
#ifndef BLOBROOT_LAYOUT_H
#define BLOBROOT_LAYOUT_H

/* The default run directory, and what is in it. */
#define LAYOUT_RUN     "/run/blobroot"
#define LAYOUT_CONTROL "control"    /* socket: see client.h */
#define LAYOUT_UPGRADE "upgrade"    /* socket: see upgrade.h */
#define LAYOUT_PID     "keeper.pid" /* the keeper's process ID and a newline, once the image can be mounted */
#define LAYOUT_HOME    "home"       /* directory: the engine's root */

#define LAYOUT_MARKS "marks" /* phases of the boot: lines of SECONDS NAME, since the kernel began */

/* The mark of a store's directory: a file, and its text. They must never change, because disks bear them. */
#define LAYOUT_MARK      "mark"
#define LAYOUT_MARK_TEXT "blobroot made this directory, and deletes what it made here.\n"

/* Where the initramfs has a store on a disk. */
#define LAYOUT_STORE LAYOUT_RUN "/store/blobroot"

/* In the engine's root directory: copies of files from the initramfs' /etc (home.h). */
#define LAYOUT_CA         "etc/blobroot/ca.crt"
#define LAYOUT_CERT       "etc/blobroot/client.crt"
#define LAYOUT_KEY        "etc/blobroot/client.key" /* if absent, the key is in LAYOUT_CERT */
#define LAYOUT_NETRC      "etc/blobroot/netrc"
#define LAYOUT_VERITY_DIR "etc/verity.d"

/* In the initramfs' /etc, for the keeper: how much a store may take of its disk (limits.h). */
#define LAYOUT_LIMITS "blobroot/cachefilesd.conf"

enum {
	LAYOUT_CA_MAX = 1024 * 1024, /* bytes; a distribution's bundle has 220 KB */

	/*
	 * The engine's user and group. Not nobody, whose other processes could send us signals. 65000 to
	 * 65533 are reserved and unused (Debian policy, 9.2.2; systemd's UIDS-GIDS.md). Keys and
	 * passwords in its home belong to this user.
	 */
	LAYOUT_ENGINE_ID = 65533,

	/* Bytes of the memory that the keeper holds across engine restarts: struct hash_cache. */
	LAYOUT_HASH_CACHE_SIZE = (16384 + 1) * 4096,
};

#endif
