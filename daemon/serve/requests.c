/* SPDX-License-Identifier: MIT */
#include "serve/requests.h"

#include "base/block.h"
#include "base/counters.h"

#include <errno.h>
#include <stdlib.h>

struct request {
	struct requests *requests;
	uint64_t id;
	uint64_t off, end;    /* what the kernel wants */
	uint64_t first, last; /* the same in whole blocks: [first, last) */
	uint64_t asked_ms;
	int reader; /* the thread that waits; 0: not known */
	bool is_parked, is_interrupted;
	struct list link;
	struct list parked; /* in the pool's list, while parked */
};

static struct request *first(const struct requests *requests)
{
	return list_first(&requests->list, struct request, link);
}

static bool touches(const struct request *request, uint64_t off, uint64_t end)
{
	return request->first < end && request->last > off;
}

/* Does any request need one of these blocks, parked or not? */
static bool is_touched(const struct requests *requests, uint64_t off, uint64_t end)
{
	const struct request *request;

	list_for_each(request, &requests->list, link)
		if (touches(request, off, end))
			return true;
	return false;
}

void requests_refuse(struct requests *requests, uint64_t id, int err)
{
	struct request_pool *pool = requests->pool;

	/* A reader that is being killed sees no error. */
	if (err == -EINTR)
		pool->counters->answered++;
	else
		pool->counters->failed++;
	(void)pool->transport->answer_read(pool->channel, requests->file, id, err, NULL, 0);
}

void requests_serve(struct requests *requests, uint64_t id, uint64_t off, uint64_t end)
{
	struct request_pool *pool = requests->pool;
	struct iovec pieces[REQUESTS_PIECES_MAX];
	unsigned count = requests->events->bytes(requests->arg, off, end, pieces);

	/* The store has lost one: an answer that is short would be read as zeros. */
	if (pool->room && count == 0) {
		requests_refuse(requests, id, -EIO);
		return;
	}
	pool->counters->answered++;
	/* An error means that the reader was killed meanwhile: nobody is left to tell. */
	(void)pool->transport->answer_read(pool->channel, requests->file, id, 0, pieces, count);
	off = block_floor(off);
	end = block_ceil(end);
	if (!is_touched(requests, off, end))
		requests->events->taken(requests->arg, off, end);
}

/* Removes the request from the list and answers it. */
static void finish(struct request *request, int err)
{
	struct requests *requests = request->requests;
	struct request_pool *pool = requests->pool;
	struct request past = *request;

	list_remove(&request->link);
	list_remove(&request->parked);
	free(request);
	if (!past.is_parked)
		pool->admitted -= past.last - past.first;
	if (!list_is_empty(&pool->parked))
		loop_arm(pool->loop, &pool->admit, 0);
	if (--pool->count == REQUESTS_MAX - 1)
		pool->transport->pause(pool->channel, false);
	if (err) {
		requests_refuse(requests, past.id, err);
		return;
	}
	requests->events->served(requests->arg, past.first, past.last, past.asked_ms);
	requests_serve(requests, past.id, past.off, past.end);
}

static bool has_room(const struct request_pool *pool, const struct request *request)
{
	return !pool->room || !pool->admitted ||
	       pool->admitted + (request->last - request->first) <= pool->room;
}

/* Not while others are answered: their objects are in the middle of something. */
static void admit(void *arg)
{
	struct request_pool *pool = arg;
	struct request *request;

	while ((request = list_first(&pool->parked, struct request, parked)) && has_room(pool, request)) {
		list_remove(&request->parked);
		request->is_parked = false;
		pool->admitted += request->last - request->first;
		/* It may be answered, and freed, here. */
		request->requests->events->admitted(request->requests->arg, request->first, request->last);
	}
}

void requests_init_pool(struct request_pool *pool, struct loop *loop, struct counters *counters,
			uint32_t timeout_s)
{
	*pool = (struct request_pool){.loop = loop, .counters = counters, .timeout_s = timeout_s};
	list_init(&pool->parked);
	pool->admit = (struct loop_timer){.fn = admit, .arg = pool};
}

static uint64_t limit_ms(const struct request_pool *pool)
{
	return pool->timeout_s * UINT64_C(1000);
}

static void deadline_arm(struct requests *requests)
{
	struct request_pool *pool = requests->pool;
	const struct request *oldest = first(requests);
	uint64_t now = loop_now_ms(pool->loop), due;

	loop_disarm(pool->loop, &requests->deadline);
	if (!pool->timeout_s || !oldest)
		return;
	due = oldest->asked_ms + limit_ms(pool);
	loop_arm(pool->loop, &requests->deadline, due > now ? due - now : 0);
}

static void deadline_passed(void *arg)
{
	struct requests *requests = arg;
	struct request_pool *pool = requests->pool;
	uint64_t now = loop_now_ms(pool->loop);
	struct request *oldest;

	while ((oldest = first(requests)) && now - oldest->asked_ms >= limit_ms(pool)) {
		outage_note(&pool->outage, oldest->reader, pool->counters->fetched_bytes, now);
		requests->events->timed_out(requests->arg, oldest->first, oldest->last);
		finish(oldest, -ETIMEDOUT);
	}
	deadline_arm(requests);
}

void requests_init(struct requests *requests, struct request_pool *pool, int file,
		   const struct requests_events *events, void *arg)
{
	*requests = (struct requests){.pool = pool, .file = file, .events = events, .arg = arg};
	requests->deadline = (struct loop_timer){.fn = deadline_passed, .arg = requests};
	list_init(&requests->list);
}

void requests_fini(struct requests *requests)
{
	struct request *request;

	while ((request = first(requests)))
		finish(request, -EIO);
	loop_disarm(requests->pool->loop, &requests->deadline);
	if (list_is_empty(&requests->pool->parked))
		loop_disarm(requests->pool->loop, &requests->pool->admit);
}

int requests_add(struct requests *requests, uint64_t id, int reader, uint64_t off, uint64_t end)
{
	struct request_pool *pool = requests->pool;
	uint64_t now = loop_now_ms(pool->loop);
	struct request *request;

	if (outage_has(&pool->outage, reader, pool->counters->fetched_bytes, now, limit_ms(pool)))
		return -ETIMEDOUT;
	request = calloc(1, sizeof(*request));
	if (!request)
		return -ENOMEM;
	*request = (struct request){.requests = requests,
				    .id = id,
				    .reader = reader,
				    .off = off,
				    .end = end,
				    .first = block_floor(off),
				    .last = block_ceil(end),
				    .asked_ms = now};
	list_append(&requests->list, &request->link);
	request->is_parked = !list_is_empty(&pool->parked) || !has_room(pool, request);
	if (request->is_parked)
		list_append(&pool->parked, &request->parked);
	else
		pool->admitted += request->last - request->first;
	if (++pool->count == REQUESTS_MAX)
		pool->transport->pause(pool->channel, true);
	if (pool->timeout_s && !requests->deadline.is_armed)
		deadline_arm(requests);
	return request->is_parked;
}

void requests_served(struct requests *requests, const struct blockset *present, uint64_t off, uint64_t end)
{
	struct request *request, *next;

	list_for_each_safe(request, next, &requests->list, link)
		if (touches(request, off, end) && blockset_has_all(present, request->first, request->last))
			finish(request, 0);
	deadline_arm(requests);
}

void requests_failed(struct requests *requests, uint64_t off, uint64_t end, int err)
{
	struct request *request, *next;

	list_for_each_safe(request, next, &requests->list, link)
		if (!request->is_parked && touches(request, off, end))
			finish(request, err);
	deadline_arm(requests);
}

static struct request *find(const struct requests *requests, uint64_t id)
{
	struct request *request;

	list_for_each(request, &requests->list, link)
		if (request->id == id)
			return request;
	return NULL;
}

bool requests_interrupted(struct requests *requests, uint64_t id)
{
	struct request *request = find(requests, id);

	if (request)
		request->is_interrupted = true;
	return request != NULL;
}

bool requests_each_interrupted(const struct requests *requests,
			       void (*fn)(void *arg, uint64_t id, int reader), void *arg)
{
	const struct request *request;
	bool is_any = false;

	list_for_each(request, &requests->list, link) {
		if (request->is_interrupted && request->reader > 0) {
			fn(arg, request->id, request->reader);
			is_any = true;
		}
	}
	return is_any;
}

bool requests_abandon(struct requests *requests, uint64_t id)
{
	struct request *request = find(requests, id);

	if (!request)
		return false;
	finish(request, -EINTR);
	deadline_arm(requests);
	return true;
}

/* Does it wait for blocks of [off, end), which have to be fetched and kept for it? */
static bool wants(const struct request *request, uint64_t off, uint64_t end)
{
	return !request->is_parked && touches(request, off, end);
}

uint64_t requests_wanted_until(const struct requests *requests, uint64_t off, uint64_t end)
{
	const struct request *request;
	uint64_t until = 0;

	list_for_each(request, &requests->list, link)
		if (wants(request, off, end) && request->last > until)
			until = request->last;
	return until > end ? end : until;
}

bool requests_next(const struct requests *requests, uint64_t from, uint64_t *off_out, uint64_t *end_out)
{
	const struct request *request, *next = NULL;

	list_for_each(request, &requests->list, link)
		if (!request->is_parked && request->last > from && (!next || request->first < next->first))
			next = request;
	if (!next)
		return false;
	*off_out = next->first > from ? next->first : from;
	*end_out = next->last;
	return true;
}

uint64_t requests_wanted_first(const struct requests *requests, uint64_t off, uint64_t end)
{
	const struct request *request;
	uint64_t wanted = 0;

	list_for_each(request, &requests->list, link) {
		uint64_t until = request->last < end ? request->last : end;

		if (wants(request, off, end) && (!wanted || until < wanted))
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
	*off_out = oldest->first;
	*len_out = oldest->last - oldest->first;
	return true;
}
