/* SPDX-License-Identifier: MIT */
#include "serve/object_table.h"

#include "serve/flight.h"

static void on_trim(void *arg)
{
	struct object_table *table = arg;

	if (memory_trim(table->memory))
		loop_arm(table->requests.loop, &table->trim, OBJECT_TRIM_MS);
}

void object_table_init(struct object_table *table, struct loop *loop, struct counters *counters,
		       uint32_t timeout_s)
{
	*table = (struct object_table){.trim = {.fn = on_trim, .arg = table}};
	requests_init_pool(&table->requests, loop, counters, timeout_s);
	flight_init_pool(&table->flights, loop, counters);
}

int object_table_use_memory(struct object_table *table, uint64_t size)
{
	int err = memory_open(&table->memory, size);

	/* The other half is for what is read ahead. */
	if (!err)
		table->requests.room = memory_size(table->memory) / 2;
	return err;
}

int object_table_keep(struct object_table *table, void *region, uint64_t size)
{
	return kept_open(&table->kept, region, size);
}

void object_table_fini(struct object_table *table)
{
	flight_pool_fini(&table->flights);
	loop_disarm(table->requests.loop, &table->trim);
	memory_close(table->memory);
	kept_close(table->kept);
}
