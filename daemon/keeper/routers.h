/* SPDX-License-Identifier: MIT */
/*
 * `blobrootd routers`: the name servers that IPv6 routers announce, while an initramfs brings up the network.
 *
 * Flow: rtnetlink -> rdnss_decode -> stdout, a line `INTERFACE ADDRESS` for each server (fe80::1%2: of link 2), until it is killed
 * Process: neither; ends with the initramfs
 */
#ifndef BLOBROOT_ROUTERS_H
#define BLOBROOT_ROUTERS_H

/* The role. Returns an exit status. */
int routers_main(void);

#endif
