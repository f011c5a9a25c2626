/* SPDX-License-Identifier: MIT */
#include "serve/flight_pool.h"

#include "base/block.h"

#include <stdlib.h>

/* Ends one that has a slot, and that nobody waits for, so that another one gets the slot. */
static void make_room(struct flight_pool *pool)
{
	for (struct list *link = list_next(&pool->wire); link != &pool->wire; link = list_next(link))
		if (!pool->events->is_wanted(link)) {
			pool->events->end(link);
			return;
		}
}

/* One look a second for all of the queue: it may be long. */
static void on_long_queue(void *arg)
{
	struct flight_pool *pool = arg;

	for (struct list *link = list_next(&pool->queue); link != &pool->queue; link = list_next(link))
		if (pool->events->is_wanted(link)) {
			make_room(pool);
			break;
		}
	if (!list_is_empty(&pool->queue))
		loop_arm(pool->loop, &pool->patience, FLIGHT_QUEUE_MS);
}

void flight_pool_init(struct flight_pool *pool, struct loop *loop, struct counters *counters,
		      const struct flight_pool_events *events)
{
	*pool = (struct flight_pool){.loop = loop,
				     .counters = counters,
				     .events = events,
				     .patience = {.fn = on_long_queue, .arg = pool}};
	list_init(&pool->queue);
	list_init(&pool->wire);
}

void flight_pool_fini(struct flight_pool *pool)
{
	loop_disarm(pool->loop, &pool->patience);
	while (pool->spare_count > 0)
		free(pool->spare_buffers[--pool->spare_count]);
}

bool flight_pool_enter(struct flight_pool *pool, struct list *link)
{
	if (pool->on_wire < FLIGHTS_MAX)
		return true;
	list_append(&pool->queue, link);
	if (!pool->patience.is_armed)
		loop_arm(pool->loop, &pool->patience, FLIGHT_QUEUE_MS);
	return false;
}

void flight_pool_take(struct flight_pool *pool, struct list *link)
{
	pool->on_wire++;
	list_append(&pool->wire, link);
}

/* Starts queued flights while slots are free; one that must pause takes none. Nested calls do nothing. */
static void fill_wire(struct flight_pool *pool)
{
	if (pool->is_filling)
		return;
	pool->is_filling = true;
	while (!list_is_empty(&pool->queue) && pool->on_wire < FLIGHTS_MAX) {
		struct list *link = list_next(&pool->queue);

		list_remove(link);
		if (list_is_empty(&pool->queue))
			loop_disarm(pool->loop, &pool->patience);
		pool->events->fly(link);
	}
	pool->is_filling = false;
}

void flight_pool_leave(struct flight_pool *pool, struct list *link)
{
	list_remove(link);
	pool->on_wire--;
	fill_wire(pool);
}

/* A fresh buffer for each small miss would be mapped, zeroed and unmapped, which costs more than the miss itself. */
uint8_t *flight_pool_get(struct flight_pool *pool, uint64_t len, size_t *size_out)
{
	bool is_long = len > FLIGHT_SMALL_BUFFER;

	*size_out = is_long ? FLIGHT_BUFFER : FLIGHT_SMALL_BUFFER;
	if (!is_long && pool->spare_count > 0)
		return pool->spare_buffers[--pool->spare_count];
	return aligned_alloc(BLOCK_SIZE, *size_out);
}

void flight_pool_put(struct flight_pool *pool, uint8_t *buf, size_t size)
{
	if (buf && size == FLIGHT_SMALL_BUFFER && pool->spare_count < SPARE_BUFFERS_MAX)
		pool->spare_buffers[pool->spare_count++] = buf;
	else
		free(buf);
}
