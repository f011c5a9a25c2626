/* SPDX-License-Identifier: MIT */
/*
 * What the fake kernel does in the keeper's place, and what it asks a real one.
 *
 * Flow: kernel_daemon.c calls it.
 * Process: the fake kernel.
 */
#ifndef KERNEL_KEEPER_H
#define KERNEL_KEEPER_H

#include <sys/types.h>

/* Keeps `KEY TAB VERSION` for the next engine; the last of equal keys wins. */
void kernel_keeper_remember(const char *text);

/* How much the store can take, as the keeper tells engines; 1024 by default. */
void kernel_keeper_give_room(const char *mib);

/* The arguments of an engine, as daemon/keeper/keeper.c gives them, up to the words. Returns how many. */
unsigned kernel_keeper_arguments(char **argv_out, unsigned most, int device, int notices, int counters,
				 int hashes);

/* One value of the real keeper's control socket ./run/control, valid until the next call. */
const char *kernel_keeper_ask(const char *key);

/* Descriptors of the process that lead into ./cache. */
unsigned kernel_keeper_ports(pid_t pid);

/* Kills each child of this process, until there are no more: a keeper's engine becomes our child in its turn.
 */
void kernel_keeper_end_children(void);

#endif
