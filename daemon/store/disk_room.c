/* SPDX-License-Identifier: MIT */
#include "store/disk_room.h"

#include <stdio.h>
#include <string.h>

static void run_tend(struct worker_job *job)
{
	struct disk_room *room = list_entry(job, struct disk_room, job);

	disk_tend(room->dir, &room->limits, room->running, room->size, room->is_reserving, &room->tended);
}

static void on_tended(struct worker_job *job)
{
	struct disk_room *room = list_entry(job, struct disk_room, job);
	const struct disk_tended *tended = &room->tended;
	void (*done)(void *arg) = room->done;

	room->is_tending = false;
	room->is_reserving = false;
	room->budget = tended->budget > room->taken ? tended->budget - room->taken : 0;
	for (unsigned i = 0; i < tended->deleted && i < DISK_TENDED_NAMES_MAX; i++)
		room->news(room->arg, DISK_ROOM_DELETED, tended->names[i]);
	if (tended->why && !room->is_short)
		room->news(room->arg, DISK_ROOM_NONE, tended->why);
	if (!tended->why && room->is_short)
		room->news(room->arg, DISK_ROOM_AGAIN, "");
	room->is_short = tended->why != NULL;
	loop_arm(room->loop, &room->timer, DISK_ROOM_TEND_MS);
	room->done = NULL;
	if (done)
		done(room->done_arg);
}

static void tend(void *arg)
{
	struct disk_room *room = arg;

	if (room->is_tending)
		return;
	room->is_tending = true;
	room->taken = 0;
	room->job = (struct worker_job){.run = run_tend, .done = on_tended};
	worker_put(room->worker, &room->job);
}

void disk_room_begin(struct disk_room *room, const char *running, uint64_t size, bool is_reserving,
		     void (*done)(void *arg), void *done_arg)
{
	snprintf(room->running, sizeof(room->running), "%s", running);
	room->size = size;
	room->is_reserving = is_reserving;
	room->done = done;
	room->done_arg = done_arg;
	room->timer = (struct loop_timer){.fn = tend, .arg = room};
	tend(room);
}

void disk_room_end(struct disk_room *room)
{
	loop_disarm(room->loop, &room->timer);
}

bool disk_room_take(struct disk_room *room, uint64_t len)
{
	bool is_enough = room->budget >= len;

	if (is_enough) {
		room->budget -= len;
		room->taken += len;
	}
	/* In time, so that nothing need be left out. Where there is no room, it is looked for at the timer's pace. */
	if (room->running[0] && !room->is_short && room->budget < DISK_TEND_BUDGET / 2)
		tend(room);
	return is_enough;
}
