/* SPDX-License-Identifier: MIT */
/*
 * `blobrootd profile`: what this host's boot has read, as a boot profile (blobroot.profile(5)).
 *
 * Flow: the keeper hands over the record (base/record.h) that its engines have written -> stdout.
 * Process: neither; short-lived. An engine may have been taken over: every number of the record is checked.
 */
#ifndef BLOBROOT_PROFILE_ROLE_H
#define BLOBROOT_PROFILE_ROLE_H

#include "base/record.h"

#include <stdint.h>
#include <stdio.h>

/* The role. argv[1] is its name. Returns an exit status. */
int profile_main(int argc, char **argv);

/*
 * Writes it, of what was read until now_ms, and within the first seconds (0: all of it). marks: phases of the boot (LAYOUT_MARKS), or
 * NULL. Returns NULL, or why there is none: then nothing is written. Shape: record is a copy, which it may sort.
 */
const char *profile_write(struct record *record, uint64_t now_ms, uint32_t seconds, FILE *marks, FILE *out);

#endif
