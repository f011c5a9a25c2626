/* SPDX-License-Identifier: MIT */
/*
 * Options passed across an exec: the same tables write them as arguments and parse them.
 *
 * Flow: a keeper writes the arguments of an engine, or of the keeper that replaces it; that process parses them.
 * Process: keeper, engine. Allocates nothing: the keeper must be able to write them when out of memory.
 */
#ifndef BLOBROOT_OPTIONS_H
#define BLOBROOT_OPTIONS_H

#include "base/notice.h"
#include "base/words.h"

#include <stdbool.h>
#include <stddef.h>

enum { OPTIONS_ROWS_MAX = 32 };

/* Texts, stored as copies. */
struct option_texts {
	char list[NOTICE_REMEMBER_MAX][NOTICE_TEXT_MAX];
	unsigned count;
};

enum option_kind {
	OPTION_NUMBER, /* int */
	OPTION_FD,     /* int: a descriptor that stays open across the exec; -1 is none, and omitted */
	OPTION_TEXT,   /* char[NOTICE_TEXT_MAX]; omitted if empty */
	OPTION_TEXTS,  /* struct option_texts: the option is repeated for each */
};

/* One option. */
struct option_row {
	const char *name; /* with its dashes */
	enum option_kind kind;
	size_t at; /* offset of its value in the struct */
};

/* The row of an option whose value is a member of that type, a struct. */
#define OPTION_ROW(type, name, kind, member)                                                                 \
	{                                                                                                    \
		name, kind, offsetof(type, member)                                                           \
	}

/* Options and the struct that holds their values. */
struct option_table {
	const struct option_row *rows;
	unsigned count;
	void *values;
};

/* The arguments of an exec, and storage for them. */
struct option_arguments {
	char *argv[2 + 2 * OPTIONS_ROWS_MAX + 2 * NOTICE_REMEMBER_MAX + WORDS_MAX + 1];
	unsigned argc;
	char numbers[OPTIONS_ROWS_MAX][16];
	unsigned number_count;
};

/* Starts the arguments with the program's name and its role. */
void options_begin(struct option_arguments *arguments_out, const char *role);
void options_put_flag(struct option_arguments *arguments, const char *name);
/* Shape: texts are not copied, the arguments point to the values. */
void options_put(struct option_arguments *arguments, const struct option_table *table);
/* Appends the non-option arguments, and terminates the list. */
void options_end(struct option_arguments *arguments, char *const *words, unsigned count);

/* Clears close-on-exec on the descriptors (is_inherited), or sets it again. */
void options_inherit(const struct option_table *table, bool is_inherited);

/*
 * Sets the values from the arguments; descriptors that are not given become -1. Shape: argv[1] is the role;
 * flag is an option without a value, or NULL. *words_out: the index of the first non-option argument. Returns
 * false for an unknown option, an invalid number, a text that is too long, or too many texts.
 */
bool options_parse(int argc, char **argv, const struct option_table *tables, unsigned table_count,
		   const char *flag, bool *has_flag_out, int *words_out);

#endif
