/* SPDX-License-Identifier: MIT */
/*
 * Pages of a file that are in the page cache, pinned there.
 *
 * Flow: a mapping of the file -> mincore(2) -> those pages locked, and no other one read.
 * Process: hold
 */
#ifndef BLOBROOT_PIN_H
#define BLOBROOT_PIN_H

#include <stdint.h>

/*
 * map: len bytes of a file, mapped shared and readable. At most limit bytes are pinned, whole pages, those of the lowest
 * offsets first, until the mapping ends. A page that is dropped between the look and the touch is read again, or, if that
 * fails, passed over. Returns how many bytes are pinned, or -errno: of mlock2(2). *present_out: how many were found.
 */
int64_t pin_present(void *map, uint64_t len, uint64_t limit, uint64_t *present_out);

#endif
