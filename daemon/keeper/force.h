/* SPDX-License-Identifier: MIT */
/*
 * Ends the host, whatever runs there, when its init cannot.
 *
 * Flow: keeper, when end.h says that it is time -> force_end.
 * Process: keeper
 */
#ifndef BLOBROOT_FORCE_H
#define BLOBROOT_FORCE_H

#include "keeper/end.h"

/* Says so, waits a while for data to reach disks, and ends the host. Returns only if the kernel refuses. Shape: not END_NONE. */
void force_end(enum end_how how);

#endif
