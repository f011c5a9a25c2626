/* SPDX-License-Identifier: MIT */
#include "store/disk_tend.h"

#include "store/disk_dir.h"
#include "store/disk_reserve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* An image's directory; NULL, or -1, if it is none. */
static DIR *open_list(int dir, const char *image)
{
	int fd = disk_dir_at(dir, image);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !list)
		close(fd);
	return list;
}

static bool is_entry(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* Bytes that it takes. */
static uint64_t measure(int dir, const char *image)
{
	DIR *list = open_list(dir, image);
	struct dirent *entry;
	uint64_t bytes = 0;
	struct stat st;

	while (list && (entry = readdir(list)))
		if (is_entry(entry) && fstatat(dirfd(list), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			bytes += (uint64_t)st.st_blocks * 512;
	if (list)
		closedir(list);
	return bytes;
}

/* What is reserved for an image that nobody uses is not needed. */
static void free_reserve(int dir, const char *image)
{
	int fd = disk_dir_at(dir, image);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)unlinkat(fd, DISK_RESERVE, 0);
	if (fd >= 0)
		close(fd);
}

/* Percent that are free, rounded down. */
static unsigned free_percent(uint64_t free, uint64_t all)
{
	return all == 0 ? 100 : (unsigned)(free * 100 / all);
}

/* Is there less than these shares? */
static bool is_below(const struct statfs *st, unsigned blocks, unsigned files)
{
	/* Some file systems make inodes as they are needed, and say that they have none. */
	return free_percent(st->f_bavail, st->f_blocks) < blocks ||
	       (st->f_files > 0 && free_percent(st->f_ffree, st->f_files) < files);
}

struct tending {
	int dir;
	const struct limits *limits;
	const char *running;
	struct disk_entry *entries;
	uint64_t *sizes;
	unsigned count;
	uint64_t total;   /* bytes that all images take */
	uint64_t missing; /* bytes that the one that runs may still take */
	bool is_reserved; /* .. and will */
	uint64_t free;    /* blocks of the file system */
	struct statfs st; /* as it will be then */
};

/* At least so many blocks are free: some file systems free them late. Errors: as fstatfs. */
static int look_at_room(struct tending *tending, uint64_t least)
{
	struct statfs *st = &tending->st;
	uint64_t taken;

	if (fstatfs(tending->dir, st))
		return -1;
	tending->free = st->f_bavail > least ? st->f_bavail : least;
	taken = tending->is_reserved ? tending->missing / (uint64_t)st->f_bsize : 0;
	st->f_bavail = tending->free > taken ? tending->free - taken : 0;
	return 0;
}

/* The image that was booted longest ago, and may be deleted; count: there is none. */
static unsigned find_victim(const struct tending *tending)
{
	unsigned victim = tending->count, others = 0;

	/* They are in order, the newest first; the first one that does not run was booted before it. */
	for (unsigned i = 0; i < tending->count; i++)
		if (strcmp(tending->entries[i].name, tending->running) != 0 && tending->entries[i].name[0] &&
		    others++ > 0)
			victim = i;
	return victim;
}

/* Does it take more than rd.blob.cache.limit= allows, or will it? */
static bool is_over_limit(const struct tending *tending)
{
	uint64_t most = tending->limits->most_kib << 10;

	return most && tending->total + tending->missing + DISK_TEND_MARGIN > most;
}

/* Others need the room: from cull on, until there is run again. */
static bool is_needed(const struct tending *tending, bool is_culling)
{
	const struct limits *limits = tending->limits;

	return is_below(&tending->st, is_culling ? limits->brun : limits->bcull,
			is_culling ? limits->frun : limits->fcull);
}

/* Deletes an image. */
static void cull_one(struct tending *tending, unsigned victim, struct disk_tended *tended)
{
	struct disk_entry *entry = &tending->entries[victim];
	uint64_t expected = tending->free + tending->sizes[victim] / (uint64_t)tending->st.f_bsize;

	if (disk_list_delete(tending->dir, entry->name)) {
		if (tended->deleted < DISK_TENDED_NAMES_MAX)
			memcpy(tended->names[tended->deleted], entry->name, sizeof(entry->name));
		tended->deleted++;
		tending->total -= tending->sizes[victim];
		/* No more of them are deleted because their blocks are freed late. */
		(void)look_at_room(tending, expected);
	}
	/* One that cannot be deleted, or is in use, is passed over. */
	entry->name[0] = '\0';
}

static void cull(struct tending *tending, struct disk_tended *tended)
{
	bool is_culling = false;
	unsigned victim;

	while ((is_over_limit(tending) || is_needed(tending, is_culling)) &&
	       (victim = find_victim(tending)) < tending->count) {
		is_culling = is_culling || is_needed(tending, false);
		cull_one(tending, victim, tended);
	}
}

static void set_budget(const struct tending *tending, struct disk_tended *tended)
{
	const struct limits *limits = tending->limits;
	uint64_t block = (uint64_t)tending->st.f_bsize, most = limits->most_kib << 10,
		 total = tending->total + (tending->is_reserved ? tending->missing : 0),
		 kept = tending->st.f_blocks / 100 * limits->bstop, budget = DISK_TEND_BUDGET, room;

	room = tending->st.f_bavail > kept ? (tending->st.f_bavail - kept) * block : 0;
	if (is_below(&tending->st, limits->bstop, limits->fstop))
		room = 0;
	if (room < budget + DISK_TEND_MARGIN)
		budget = room > DISK_TEND_MARGIN ? room - DISK_TEND_MARGIN : 0;
	/* A rest that is less than one write is none. */
	if (budget < DISK_TEND_LEAST)
		tended->why = "the disk has no more free than bstop or fstop allow";
	if (most && total + budget + DISK_TEND_MARGIN > most) {
		budget = most > total + DISK_TEND_MARGIN ? most - total - DISK_TEND_MARGIN : 0;
		if (budget < DISK_TEND_LEAST)
			tended->why = "it takes as much as rd.blob.cache.limit= allows";
	}
	tended->budget = tended->why ? 0 : budget;
}

void disk_tend(int dir, const struct limits *limits, const char *running, uint64_t size, bool is_reserved,
	       struct disk_tended *tended_out)
{
	struct tending tending = {
		.dir = dir, .limits = limits, .running = running, .is_reserved = is_reserved};

	*tended_out = (struct disk_tended){.budget = 0};
	tending.entries = malloc(DISK_LIST_MAX * sizeof(*tending.entries));
	tending.sizes = calloc(DISK_LIST_MAX, sizeof(*tending.sizes));
	if (!tending.entries || !tending.sizes || look_at_room(&tending, 0)) {
		tended_out->why = strerror(errno);
	} else {
		tending.count = disk_list_read(dir, tending.entries, DISK_LIST_MAX);
		tending.missing = size;
		for (unsigned i = 0; i < tending.count; i++) {
			bool is_running = strcmp(tending.entries[i].name, running) == 0;

			if (!is_running)
				free_reserve(dir, tending.entries[i].name);
			tending.sizes[i] = measure(dir, tending.entries[i].name);
			tending.total += tending.sizes[i];
			if (is_running)
				tending.missing = size > tending.sizes[i] ? size - tending.sizes[i] : 0;
		}
		(void)look_at_room(&tending, 0);
		if (!limits->is_nocull)
			cull(&tending, tended_out);
		set_budget(&tending, tended_out);
	}
	free(tending.entries);
	free(tending.sizes);
}
