/* SPDX-License-Identifier: MIT */
/*
 * Many reads by one command of the script, each of which must be answered as it has to be.
 *
 * Flow: kernel_script.c calls it.
 * Process: the fake kernel.
 */
#ifndef KERNEL_LOAD_H
#define KERNEL_LOAD_H

#include "kernel_model.h"

/* From start to end, len bytes each, one after the other, as the kernel reads ahead. */
void kernel_load_scan(struct kernel_object *object, uint64_t len);

/* count reads at random blocks, each of 1 block to len bytes, all in flight at once. */
void kernel_load_random(struct kernel_object *object, unsigned count, uint64_t seed, uint64_t len);

/* percent of the blob in pieces of len bytes at random places that do not touch, one after the other. */
void kernel_load_sample(struct kernel_object *object, unsigned percent, uint64_t seed, uint64_t len);

/*
 * All of it, len bytes a read, at_once reads in flight. path is a file of lines `FIRST-LAST`, block
 * numbers: a read that touches one of these has to fail, any other has to be right.
 */
void kernel_load_judge(struct kernel_object *object, uint64_t len, const char *path, unsigned at_once);

#endif
