/* SPDX-License-Identifier: MIT */
#include "store/worker.h"

#include "base/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct worker {
	struct loop *loop;
	int done_fd; /* an eventfd: jobs are done */
	pthread_t thread;
	pthread_mutex_t mutex; /* of what follows */
	pthread_cond_t change;
	struct list waiting, done;
	bool is_ending;
};

static struct worker_job *take(struct list *jobs)
{
	struct worker_job *job = list_first(jobs, struct worker_job, link);

	if (job)
		list_remove(&job->link);
	return job;
}

/* The next job; NULL: there will be none. */
static struct worker_job *wait_for_job(struct worker *worker)
{
	struct worker_job *job;

	pthread_mutex_lock(&worker->mutex);
	while (!(job = take(&worker->waiting)) && !worker->is_ending)
		pthread_cond_wait(&worker->change, &worker->mutex);
	pthread_mutex_unlock(&worker->mutex);
	return job;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	const uint64_t one = 1;
	struct worker_job *job;

	while ((job = wait_for_job(worker))) {
		ssize_t ignored;

		job->run(job);
		pthread_mutex_lock(&worker->mutex);
		list_append(&worker->done, &job->link);
		pthread_mutex_unlock(&worker->mutex);
		/* It cannot fail before 2^64 jobs are done and not looked at. */
		ignored = write(worker->done_fd, &one, sizeof(one));
		(void)ignored;
	}
	return NULL;
}

static void finish(struct worker *worker)
{
	struct worker_job *job;

	do {
		pthread_mutex_lock(&worker->mutex);
		job = take(&worker->done);
		pthread_mutex_unlock(&worker->mutex);
		if (job)
			job->done(job);
	} while (job);
}

static void on_done(void *arg, uint32_t events)
{
	struct worker *worker = arg;
	uint64_t count;
	ssize_t ignored = read(worker->done_fd, &count, sizeof(count));

	(void)ignored;
	(void)events;
	finish(worker);
}

int worker_open(struct worker **worker_out, struct loop *loop)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	int err = 0;

	if (!worker)
		return -ENOMEM;
	worker->loop = loop;
	list_init(&worker->waiting);
	list_init(&worker->done);
	pthread_mutex_init(&worker->mutex, NULL);
	pthread_cond_init(&worker->change, NULL);
	worker->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->done_fd < 0)
		err = -errno;
	if (!err)
		err = loop_watch(loop, worker->done_fd, EPOLLIN, on_done, worker);
	if (!err) {
		err = -pthread_create(&worker->thread, NULL, work, worker);
		if (err)
			loop_forget(loop, worker->done_fd);
	}
	if (err) {
		if (worker->done_fd >= 0)
			close(worker->done_fd);
		free(worker);
		return err;
	}
	*worker_out = worker;
	return 0;
}

void worker_close(struct worker *worker)
{
	if (!worker)
		return;
	pthread_mutex_lock(&worker->mutex);
	worker->is_ending = true;
	pthread_cond_signal(&worker->change);
	pthread_mutex_unlock(&worker->mutex);
	pthread_join(worker->thread, NULL);
	finish(worker);
	loop_forget(worker->loop, worker->done_fd);
	close(worker->done_fd);
	pthread_cond_destroy(&worker->change);
	pthread_mutex_destroy(&worker->mutex);
	free(worker);
}

void worker_put(struct worker *worker, struct worker_job *job)
{
	pthread_mutex_lock(&worker->mutex);
	list_append(&worker->waiting, &job->link);
	pthread_cond_signal(&worker->change);
	pthread_mutex_unlock(&worker->mutex);
}
