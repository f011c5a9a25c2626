/* SPDX-License-Identifier: MIT */
/*
 * Options that cross an exec: tables that both write them as arguments and parse them.
 *
 * Flow: a keeper writes the arguments of an engine, or of another program's keeper; that one parses them.
 * Process: keeper, engine. Nothing is allocated: the keeper writes with no memory to be had.
 */
#ifndef BLOBROOT_OPTIONS_H
#define BLOBROOT_OPTIONS_H

#include "base/notice.h"
#include "base/words.h"

#include <stdbool.h>
#include <stddef.h>

enum { OPTIONS_ROWS_MAX = 32 };

/* Texts that are kept in full. */
struct option_texts {
	char list[NOTICE_REMEMBER_MAX][NOTICE_TEXT_MAX];
	unsigned count;
};

enum option_kind {
	OPTION_NUMBER, /* int */
	OPTION_FD,     /* int: a descriptor that stays open across the exec; -1 is none */
	OPTION_TEXT,   /* char[NOTICE_TEXT_MAX]; empty: it is not written */
	OPTION_TEXTS,  /* struct option_texts: the option stands once for each */
};

/* One option. */
struct option_row {
	const char *name; /* with its dashes */
	enum option_kind kind;
	size_t at; /* where its value lies in the struct */
};

/* The row of an option whose value is a member of the struct of that type. */
#define OPTION_ROW(type, name, kind, member)                                                                 \
	{                                                                                                    \
		name, kind, offsetof(type, member)                                                           \
	}

/* Options and the struct that has their values. */
struct option_table {
	const struct option_row *rows;
	unsigned count;
	void *values;
};

/* The arguments of an exec, and the room that they need. */
struct option_arguments {
	char *argv[2 + 2 * OPTIONS_ROWS_MAX + 2 * NOTICE_REMEMBER_MAX + WORDS_MAX + 1];
	unsigned argc;
	char numbers[OPTIONS_ROWS_MAX][16];
	unsigned number_count;
};

/* Begins with the program's name and its role. */
void options_begin(struct option_arguments *arguments_out, const char *role);
void options_put_flag(struct option_arguments *arguments, const char *name);
/* Shape: the values' texts are pointed to, not copied. */
void options_put(struct option_arguments *arguments, const struct option_table *table);
/* What is no option, behind the last of them; ends the arguments. */
void options_end(struct option_arguments *arguments, char *const *words, unsigned count);

/* Descriptors lose their close-on-exec, or get it back. */
void options_inherit(const struct option_table *table, bool is_inherited);

/*
 * Sets what the arguments say; descriptors that they do not name become -1. Shape: argv[1] is the role; flag is an
 * option without a value, or NULL. *words_out: the index of the first argument that is no option. Returns false for
 * an option that no table has, a number that is none, a text that is too long, or one text too many.
 */
bool options_parse(int argc, char **argv, const struct option_table *tables, unsigned table_count,
		   const char *flag, bool *has_flag_out, int *words_out);

#endif
