/* SPDX-License-Identifier: MIT */
#include "serve/flight_pool.h"

#include "base/block.h"
#include "base/loop.h"

#include <stdlib.h>

void flight_pool_init(struct flight_pool *pool, struct loop *loop, struct counters *counters)
{
	*pool = (struct flight_pool){.loop = loop, .counters = counters};
	list_init(&pool->queue);
	list_init(&pool->wire);
}

void flight_pool_fini(struct flight_pool *pool)
{
	loop_disarm(pool->loop, &pool->patience);
	while (pool->spare_count > 0)
		free(pool->spare_buffers[--pool->spare_count]);
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

struct list *flight_pool_next(struct flight_pool *pool)
{
	struct list *link = pool->queue.next;

	if (list_is_empty(&pool->queue) || pool->on_wire >= FLIGHTS_MAX)
		return NULL;
	list_remove(link);
	if (list_is_empty(&pool->queue))
		loop_disarm(pool->loop, &pool->patience);
	return link;
}
