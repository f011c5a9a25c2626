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

void shared_map(struct shared *shared_out, int counters_fd, int hash_cache_fd, int kept_fd)
{
	shared_out->counters = map(counters_fd, sizeof(struct counters));
	if (!shared_out->counters)
		shared_out->counters = &shared_out->own_counters;
	shared_out->hash_cache = map(hash_cache_fd, sizeof(struct hash_cache));
	shared_out->stats = shared_out->hash_cache ? &shared_out->hash_cache->stats : NULL;
	shared_out->kept_size = size_of(kept_fd);
	shared_out->kept = map(kept_fd, shared_out->kept_size);
}
