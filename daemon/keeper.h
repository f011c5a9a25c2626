/* SPDX-License-Identifier: MIT */
/*
 * The keeper: holds the kernel's descriptor, so that it outlives every engine, and keeps an engine running.
 *
 * Flow: start prepares everything and forks; the keeper starts engines, reaps them, has `restore` written,
 * and tells whoever connects to the control socket how things stand. Process: keeper. It opens nothing after
 * its start, allocates nothing, and parses nothing that comes from the network.
 *
 * Invariant 3 (the kernel's fd is never closed while a mount depends on it) is held here: `device` is closed
 * by nothing but the keeper's end, and the keeper ends only before NOTICE_READY, when nothing can be mounted
 * yet.
 */
#ifndef BLOBROOT_KEEPER_H
#define BLOBROOT_KEEPER_H

struct keeper_start {
	int device;         /* bound */
	int control;        /* listening Unix stream socket */
	int program;        /* this program, to start engines from */
	int home;           /* directory that becomes the engines' root */
	int counters_fd;    /* memfd of a struct counters */
	int ready;          /* pipe to start: one line, `0` or `STATUS what: why`, then closed */
	char *const *words; /* kernel command line words for the engine, NULL at the end */
	unsigned word_count;
};

/* Returns the exit status, when the first engine cannot make the image mountable; else never. */
int keeper_run(const struct keeper_start *start);

#endif
