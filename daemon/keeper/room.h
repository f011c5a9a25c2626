/* SPDX-License-Identifier: MIT */
/*
 * How much the store can hold, which is what engines are told.
 *
 * Flow: launch asks, once; choice too, for the initramfs.
 * Process: keeper
 */
#ifndef BLOBROOT_ROOM_H
#define BLOBROOT_ROOM_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Is there room in the directory store, and how many MiB? makes_room: who keeps images there will find out, and may delete some; but
 * the kernel needs inodes. Returns an exit status, and why (WORDS_WHY_MAX) unless it is EXIT_DONE.
 */
int room_in_store(const char *store, bool makes_room, int *room_mib_out, char *why_out);

/* MiB of memory for blocks that the kernel has not taken yet, where there is no store. */
int room_in_memory(void);

/* Does this value of rd.blob.cache= mean memory, of a given size or not? */
bool room_is_ram(const char *cache);

/* .. or a disk? */
bool room_is_disk(const char *cache);

/* KiB of memory that is available now: /proc/meminfo, MemAvailable. */
uint64_t room_available_kib(void);

/*
 * KiB of the store in memory that rd.blob.cache= asks for, a RAM disk or memory of the engine's: a size, or a share of free_kib;
 * two fifths of it where it says neither. 0: the store is not in memory. Returns as room_in_store.
 */
int room_of_ram(const char *cache, uint64_t free_kib, uint64_t *room_kib_out, char *why_out);

#endif
