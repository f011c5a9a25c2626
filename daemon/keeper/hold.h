/* SPDX-License-Identifier: MIT */
/*
 * `blobrootd hold`: what of the image is in the page cache stays there, however short memory gets, as long as this process
 * lives. It is never the one that the kernel kills for memory. So a host whose server is gone can still be ended, by programs that were read before (initrd/handover/read-end).
 *
 * Flow: control socket -> the tree in which the served file lies -> mincore(2), mlock2(2) -> a line that says how much ->
 * a process that waits. Where what was fetched is kept elsewhere (files, rd.blob.cache=ram), it holds nothing, and waits
 * all the same: the file system that its program lies on cannot be unmounted meanwhile.
 * Process: neither; it lives until it is killed
 */
#ifndef BLOBROOT_HOLD_H
#define BLOBROOT_HOLD_H

/* At most such a part of the host's memory, because the kernel cannot have it back. blobrootd(8) says it, too. */
enum { HOLD_PART = 8 };

/* The role. Returns an exit status, if it cannot hold. */
int hold_main(int argc, char **argv);

#endif
