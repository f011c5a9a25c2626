/* SPDX-License-Identifier: MIT */
/*
 * `blobrootd mount-image`: mounts a published image on a host that runs, without an initramfs.
 *
 * Flow: launch -> keeper -> engine; when the image is ready, this process mounts it, and ends. Keeper and engine serve
 * until the image is unmounted.
 * Process: keeper
 */
#ifndef BLOBROOT_MOUNT_IMAGE_H
#define BLOBROOT_MOUNT_IMAGE_H

/* The role. Returns an exit status. */
int mount_image_main(int argc, char **argv);

#endif
