/* SPDX-License-Identifier: MIT */
#include "engine/shared.h"

#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>

static uint64_t size_of(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

/* A shorter file is not mapped: access beyond its end would kill the process (SIGBUS). */
static void *map(int fd, size_t size)
{
	void *memory = MAP_FAILED;

	if (size > 0 && size_of(fd) >= size)
		memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

void shared_map(struct shared *shared_out, const struct engine_options *options)
{
	shared_out->counters = map(options->counters, sizeof(struct counters));
	if (!shared_out->counters)
		shared_out->counters = &shared_out->own_counters;
	shared_out->hash_cache = map(options->hash_cache, sizeof(struct hash_cache));
	shared_out->stats = shared_out->hash_cache ? &shared_out->hash_cache->stats : NULL;
	shared_out->record = map(options->record, sizeof(struct record));
	shared_out->kept_size = size_of(options->kept);
	shared_out->kept = map(options->kept, shared_out->kept_size);
}
