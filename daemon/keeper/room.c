/* SPDX-License-Identifier: MIT */
#include "keeper/room.h"

#include "base/exits.h"
#include "base/limits.h"
#include "base/words.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>

/* What comes before the size. */
#define RAM_SIZE "ram:"

enum {
	/* Less is too little for what a root reads all the time: it would come up, and fail at its first new page. */
	STORE_ROOM_LEAST_MIB = 12,
	/* What one mount takes of them: 257 for the kernel's volume, and the blobs. */
	STORE_INODES_LEAST = 300,
	/* Of the memory, where there is no store. */
	MEMORY_SHARE = 32,
	MEMORY_LEAST_MIB = 8,
	MEMORY_MOST_MIB = 64,
	/* Less cannot hold a root's hot blocks; with less than twice this free, a host runs out of memory at switch_root. */
	RAM_LEAST_KIB = 16384,
};

/*
 * MiB that the store can take: its free space, less 1/64 for the file system's maps of a file's blocks, and
 * less 2 % of its size: the kernel stops at 1 % (the transport's bind). 0 if there is none.
 */
static int store_room_mib(const struct statfs *st)
{
	uint64_t bytes = (uint64_t)st->f_bavail * (uint64_t)st->f_bsize, free_mib;

	bytes -= bytes / 64;
	if (bytes < (uint64_t)st->f_blocks * (uint64_t)st->f_bsize / 50)
		return 0;
	free_mib = (bytes - (uint64_t)st->f_blocks * (uint64_t)st->f_bsize / 50) >> 20;
	return free_mib > INT_MAX ? INT_MAX : (int)free_mib;
}

/* Is there room in the store, and how much? Returns an exit status. */
int room_in_store(const char *store, bool makes_room, int *room_mib_out, char *why_out)
{
	struct statfs st;

	*room_mib_out = 0;
	if (statfs(store, &st)) {
		snprintf(why_out, WORDS_WHY_MAX, "cache store: %.300s: %s", store, strerror(errno));
		return EXIT_PERMANENT;
	}
	*room_mib_out = store_room_mib(&st);
	if (*room_mib_out < STORE_ROOM_LEAST_MIB && !makes_room) {
		snprintf(
			why_out, WORDS_WHY_MAX,
			"cache store: %.300s has room for %d MiB only, and needs %d: the kernel leaves 2 %% of "
			"its file system free",
			store, *room_mib_out, STORE_ROOM_LEAST_MIB);
		return EXIT_PERMANENT;
	}
	/* Some file systems make inodes as they are needed, and say that they have none. */
	if (st.f_files > 0 && st.f_ffree < STORE_INODES_LEAST) {
		snprintf(
			why_out, WORDS_WHY_MAX,
			"cache store: the file system of %.300s has %d free inodes only, and a mount needs %d",
			store, (int)st.f_ffree, STORE_INODES_LEAST);
		return EXIT_PERMANENT;
	}
	return EXIT_DONE;
}

/* MiB of memory for what the kernel has not asked for yet: a 32nd of what the host has. */
int room_in_memory(void)
{
	struct sysinfo info;
	uint64_t mib = sysinfo(&info) ? 0 : ((uint64_t)info.totalram * info.mem_unit) >> 20;

	mib /= MEMORY_SHARE;
	return mib < MEMORY_LEAST_MIB ? MEMORY_LEAST_MIB : mib > MEMORY_MOST_MIB ? MEMORY_MOST_MIB : (int)mib;
}

uint64_t room_available_kib(void)
{
	unsigned long long kib = 0;
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

bool room_is_ram(const char *cache)
{
	return strcmp(cache, "ram") == 0 || strncmp(cache, RAM_SIZE, strlen(RAM_SIZE)) == 0;
}

bool room_is_disk(const char *cache)
{
	return !room_is_ram(cache) && strcmp(cache, "page") != 0;
}

int room_of_ram(const char *cache, uint64_t free_kib, uint64_t *room_kib_out, char *why_out)
{
	bool is_sized = strcmp(cache, "ram") != 0;
	unsigned free_mib = (unsigned)(free_kib >> 10);

	*room_kib_out = 0;
	if (!room_is_ram(cache))
		return EXIT_DONE;
	*room_kib_out = is_sized ? limits_kib(cache + strlen(RAM_SIZE), free_kib) : free_kib * 2 / 5;
	if (*room_kib_out < RAM_LEAST_KIB && is_sized)
		snprintf(why_out, WORDS_WHY_MAX, "rd.blob.cache=%s: too small: the store needs %d MB", cache,
			 RAM_LEAST_KIB >> 10);
	else if (*room_kib_out < RAM_LEAST_KIB)
		snprintf(
			why_out, WORDS_WHY_MAX,
			"too little memory: %u MB available, two fifths of it for the store, which needs %d MB",
			free_mib, RAM_LEAST_KIB >> 10);
	else if (*room_kib_out > free_kib)
		snprintf(why_out, WORDS_WHY_MAX, "rd.blob.cache=%s: too little memory: %u MB available",
			 cache, free_mib);
	else
		return EXIT_DONE;
	return EXIT_PERMANENT;
}
