/* SPDX-License-Identifier: MIT */
/*
 * Exit statuses of every role: an API.
 *
 * Process: both
 * Source: the convention of s6 and execline
 */
#ifndef BLOBROOT_EXITS_H
#define BLOBROOT_EXITS_H

enum {
	EXIT_DONE = 0,
	EXIT_USAGE = 2,
	EXIT_PERMANENT = 100, /* trying again will not help */
	EXIT_STORE = 101,     /* .. with this store on a disk */
	EXIT_TEMPORARY = 111, /* it may */
};

#endif
