/* SPDX-License-Identifier: MIT */
/*
 * How to mount the image: sent by the engine, through the keeper, to `blobrootd mount`.
 *
 * Flow: engine formats it into NOTICE_READY; the keeper keeps it as text; client parses it.
 * Process: both. One line: SOURCE TAB OPTIONS TAB FLAGS TAB FEATURES:DEVICES TAB KEPT, FLAGS being "compressed" or "-". The last
 * fields are left out when they say nothing: older versions had none, and pass over them.
 */
#ifndef BLOBROOT_MOUNT_PLAN_H
#define BLOBROOT_MOUNT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mount_plan {
	char source[128];
	char options[384];
	bool is_compressed; /* the image needs a kernel that survives split reads of compressed data */
	uint32_t
		features; /* that its file system's driver must know, a bit for each: transport/erofs_features.h */
	uint16_t nameless; /* blobs beside the image whose names only the mount options can have */
	/* For a transport with files: the directory in which a store on a disk has the image; empty: nowhere. */
	char kept[96];
};

/* text_out needs 700 bytes. */
void mount_plan_format(const struct mount_plan *plan, char *text_out, size_t size);
bool mount_plan_parse(const char *text, struct mount_plan *plan_out);

#endif
