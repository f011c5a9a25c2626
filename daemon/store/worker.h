/* SPDX-License-Identifier: MIT */
/*
 * A thread that makes the system calls which a disk may block, one after the other, so that the event loop never waits for
 * a disk.
 *
 * Flow: disk puts in jobs -> the thread runs them, in this order -> the loop calls what is done.
 * Process: engine
 */
#ifndef BLOBROOT_WORKER_H
#define BLOBROOT_WORKER_H

#include "base/list.h"

struct loop;
struct worker;

/* Embedded in its owner, which must stay until done is called. */
struct worker_job {
	void (*run)(struct worker_job
			    *job); /* in the thread: it must touch nothing that the loop touches meanwhile */
	void (*done)(struct worker_job *job); /* in the loop; it may free the job, and put in others */
	struct list link;
};

/* Errors: -errno, -ENOMEM. Owns: worker_close. */
int worker_open(struct worker **worker_out, struct loop *loop);
/* Waits until all jobs have run, and calls done for each. */
void worker_close(struct worker *worker);

void worker_put(struct worker *worker, struct worker_job *job);

#endif
