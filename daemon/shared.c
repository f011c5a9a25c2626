/* SPDX-License-Identifier: MIT */
#include "shared.h"

#include <stddef.h>
#include <sys/mman.h>

static void *map(int fd, size_t size)
{
	void *memory = fd < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void shared_map(struct shared *shared_out, int counters_fd, int hashes_fd)
{
	shared_out->counters = map(counters_fd, sizeof(struct counters));
	if (!shared_out->counters)
		shared_out->counters = &shared_out->own_counters;
	shared_out->shelf = map(hashes_fd, sizeof(struct shelf));
}
