/* SPDX-License-Identifier: MIT */
#include "base/options.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *value_of(const struct option_table *table, unsigned row)
{
	return (char *)table->values + table->rows[row].at;
}

static void put(struct option_arguments *arguments, const char *text)
{
	arguments->argv[arguments->argc++] = (char *)text;
}

void options_begin(struct option_arguments *arguments_out, const char *role)
{
	arguments_out->argc = arguments_out->number_count = 0;
	/* systemd does not kill a process whose argv[0] begins with '@' (its "root storage daemons" page). */
	put(arguments_out, "@blobrootd");
	put(arguments_out, role);
}

void options_put_flag(struct option_arguments *arguments, const char *name)
{
	put(arguments, name);
}

static void put_number(struct option_arguments *arguments, const char *name, int value)
{
	char *text = arguments->numbers[arguments->number_count++];

	snprintf(text, sizeof(arguments->numbers[0]), "%d", value);
	put(arguments, name);
	put(arguments, text);
}

void options_put(struct option_arguments *arguments, const struct option_table *table)
{
	for (unsigned i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];
		const struct option_texts *texts = value_of(table, i);

		switch (row->kind) {
		case OPTION_FD:
			if (*(const int *)value_of(table, i) < 0)
				break;
			/* fallthrough */
		case OPTION_NUMBER:
			put_number(arguments, row->name, *(const int *)value_of(table, i));
			break;
		case OPTION_TEXT:
			if (*(const char *)value_of(table, i)) {
				put(arguments, row->name);
				put(arguments, value_of(table, i));
			}
			break;
		case OPTION_TEXTS:
			for (unsigned k = 0; k < texts->count; k++) {
				put(arguments, row->name);
				put(arguments, texts->list[k]);
			}
			break;
		}
	}
}

void options_end(struct option_arguments *arguments, char *const *words, unsigned count)
{
	for (unsigned i = 0; i < count && i < WORDS_MAX; i++)
		put(arguments, words[i]);
	arguments->argv[arguments->argc] = NULL;
}

void options_inherit(const struct option_table *table, bool is_inherited)
{
	for (unsigned i = 0; i < table->count; i++) {
		const int *fd = value_of(table, i);

		if (table->rows[i].kind == OPTION_FD && *fd >= 0)
			fcntl(*fd, F_SETFD, is_inherited ? 0 : FD_CLOEXEC);
	}
}

static bool take_number(const char *text, int *number_out)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (end == text || *end || errno || number < INT_MIN || number > INT_MAX)
		return false;
	*number_out = (int)number;
	return true;
}

static bool take_text(const char *text, char to_out[NOTICE_TEXT_MAX])
{
	size_t len = strlen(text);

	if (len >= NOTICE_TEXT_MAX)
		return false;
	memcpy(to_out, text, len + 1);
	return true;
}

static bool take(const struct option_table *table, unsigned row, const char *text)
{
	struct option_texts *texts = value_of(table, row);

	switch (table->rows[row].kind) {
	case OPTION_NUMBER:
	case OPTION_FD:
		return take_number(text, value_of(table, row));
	case OPTION_TEXT:
		return take_text(text, value_of(table, row));
	case OPTION_TEXTS:
		return texts->count < NOTICE_REMEMBER_MAX && take_text(text, texts->list[texts->count++]);
	}
	return false;
}

static void clear_descriptors(const struct option_table *table)
{
	for (unsigned row = 0; row < table->count; row++)
		if (table->rows[row].kind == OPTION_FD)
			*(int *)value_of(table, row) = -1;
}

bool options_parse(int argc, char **argv, const struct option_table *tables, unsigned table_count,
		   const char *flag, bool *has_flag_out, int *words_out)
{
	/* The flag, then the rows of all tables, then the terminator. */
	struct option options[1 + OPTIONS_ROWS_MAX + 1] = {{.name = flag ? flag + 2 : ""}};
	int chosen = 0, count = 1, got;

	*has_flag_out = false;
	for (unsigned i = 0; i < table_count; i++) {
		clear_descriptors(&tables[i]);
		for (unsigned row = 0; row < tables[i].count; row++)
			options[count++] = (struct option){.name = tables[i].rows[row].name + 2,
							   .has_arg = required_argument};
	}
	optind = 2;
	while ((got = getopt_long(argc, argv, "+", options, &chosen)) != -1) {
		const struct option_table *table = tables;
		unsigned row = (unsigned)chosen - 1;

		if (got == '?')
			return false;
		if (chosen == 0) {
			*has_flag_out = true;
			continue;
		}
		for (; row >= table->count; table++)
			row -= table->count;
		if (!take(table, row, optarg))
			return false;
	}
	*words_out = optind;
	return true;
}
