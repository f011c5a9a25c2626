/* SPDX-License-Identifier: MIT */
#include "base/engine_options.h"

#define ROW(name, kind, member) OPTION_ROW(struct engine_options, name, kind, member)

/* The names are an interface: engines and keepers of other versions use them. */
static const struct option_row rows[] = {
	ROW("--transport", OPTION_TEXT, transport),
	ROW("--device", OPTION_FD, device),
	ROW("--notices", OPTION_FD, notices),
	ROW("--counters", OPTION_FD, counters),
	ROW("--hashes", OPTION_FD, hash_cache),
	ROW("--record", OPTION_FD, record),
	ROW("--blocks", OPTION_FD, kept),
	ROW("--store", OPTION_FD, store),
	ROW("--alone", OPTION_TEXT, alone),
	ROW("--proven", OPTION_TEXT, proven),
	ROW("--limits", OPTION_TEXT, limits),
	ROW("--home", OPTION_FD, home),
	ROW("--room", OPTION_NUMBER, room_mib),
	ROW("--kmsg", OPTION_FD, kmsg),
	ROW("--console", OPTION_FD, console),
	ROW("--console-level", OPTION_NUMBER, console_level),
	ROW("--remember", OPTION_TEXTS, remembered),
};

struct option_table engine_options_table(struct engine_options *options)
{
	return (struct option_table){.rows = rows, .count = sizeof(rows) / sizeof(*rows), .values = options};
}
