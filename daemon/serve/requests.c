/* SPDX-License-Identifier: MIT */
#include "serve/requests.h"

#include "base/block.h"
#include "base/counters.h"

#include <errno.h>
#include <stdlib.h>

struct request {
	uint64_t id;
	uint64_t off, end; /* whole blocks, inside the file */
	uint64_t asked_ms;
	struct list link;
};

static struct request *first(const struct requests *requests)
{
	return list_first(&requests->list, struct request, link);
}

void requests_answer(struct requests *requests, uint64_t id, int err)
{
	struct request_pool *pool = requests->pool;

	if (err)
		pool->counters->failed++;
	else
		pool->counters->answered++;
	/* An error means that the reader was killed meanwhile: nobody is left to tell. */
	(void)pool->transport->answer_read(pool->channel, requests->file, id, err);
}

/* Removes the request from the list and answers it. */
static void finish(struct requests *requests, struct request *request, int err)
{
	struct request_pool *pool = requests->pool;
	uint64_t id = request->id;

	list_remove(&request->link);
	free(request);
	if (--pool->count == REQUESTS_MAX - 1)
		pool->transport->pause(pool->channel, false);
	requests_answer(requests, id, err);
}

static void deadline_arm(struct requests *requests)
{
	struct request_pool *pool = requests->pool;
	const struct request *oldest = first(requests);
	uint64_t now = loop_now_ms(pool->loop), due;

	loop_disarm(pool->loop, &requests->deadline);
	if (!pool->timeout_s || !oldest)
		return;
	due = oldest->asked_ms + pool->timeout_s * UINT64_C(1000);
	loop_arm(pool->loop, &requests->deadline, due > now ? due - now : 0);
}

static void deadline_passed(void *arg)
{
	struct requests *requests = arg;
	uint64_t now = loop_now_ms(requests->pool->loop);
	uint64_t limit_ms = requests->pool->timeout_s * UINT64_C(1000);
	struct request *oldest;

	while ((oldest = first(requests)) && now - oldest->asked_ms >= limit_ms) {
		requests->timed_out(requests->arg, oldest->off, oldest->end);
		finish(requests, oldest, -ETIMEDOUT);
	}
	deadline_arm(requests);
}

void requests_init(struct requests *requests, struct request_pool *pool, int file,
		   void (*timed_out)(void *arg, uint64_t off, uint64_t end), void *arg)
{
	*requests = (struct requests){.pool = pool, .file = file, .timed_out = timed_out, .arg = arg};
	requests->deadline = (struct loop_timer){.fn = deadline_passed, .arg = requests};
	list_init(&requests->list);
}

void requests_fini(struct requests *requests)
{
	struct request *request;

	while ((request = first(requests)))
		finish(requests, request, -EIO);
	loop_disarm(requests->pool->loop, &requests->deadline);
}

int requests_add(struct requests *requests, uint64_t id, uint64_t off, uint64_t end)
{
	struct request_pool *pool = requests->pool;
	struct request *request = calloc(1, sizeof(*request));

	if (!request)
		return -ENOMEM;
	*request = (struct request){.id = id, .off = off, .end = end, .asked_ms = loop_now_ms(pool->loop)};
	list_append(&requests->list, &request->link);
	if (++pool->count == REQUESTS_MAX)
		pool->transport->pause(pool->channel, true);
	if (pool->timeout_s && !requests->deadline.is_armed)
		deadline_arm(requests);
	return 0;
}

static bool touches(const struct request *request, uint64_t off, uint64_t end)
{
	return request->off < end && request->end > off;
}

void requests_served(struct requests *requests, const struct blockset *present, uint64_t off, uint64_t end)
{
	struct request *request, *next;

	list_for_each_safe(request, next, &requests->list, link)
		if (touches(request, off, end) && blockset_has_all(present, request->off, request->end))
			finish(requests, request, 0);
	deadline_arm(requests);
}

void requests_failed(struct requests *requests, uint64_t off, uint64_t end, int err)
{
	struct request *request, *next;

	list_for_each_safe(request, next, &requests->list, link)
		if (touches(request, off, end))
			finish(requests, request, err);
	deadline_arm(requests);
}

uint64_t requests_wanted_until(const struct requests *requests, uint64_t off, uint64_t end)
{
	const struct request *request;
	uint64_t until = 0;

	list_for_each(request, &requests->list, link)
		if (touches(request, off, end) && request->end > until)
			until = request->end;
	return until > end ? end : until;
}

uint64_t requests_wanted_first(const struct requests *requests, uint64_t off, uint64_t end)
{
	const struct request *request;
	uint64_t wanted = 0;

	list_for_each(request, &requests->list, link) {
		uint64_t until = request->end < end ? request->end : end;

		if (touches(request, off, end) && (!wanted || until < wanted))
			wanted = until;
	}
	return wanted;
}

bool requests_oldest(const struct requests *requests, uint64_t *asked_ms_out, uint64_t *off_out,
		     uint64_t *len_out)
{
	const struct request *oldest = first(requests);

	if (!oldest)
		return false;
	*asked_ms_out = oldest->asked_ms;
	*off_out = oldest->off;
	*len_out = oldest->end - oldest->off;
	return true;
}
