/* SPDX-License-Identifier: MIT */
/*
 * A netrc file: what is taken of it is whole, can go into a header, and is the same when it is written anew; and a
 * host gets what stands beside its own name.
 */
#include "fuzz.h"

#include "fetch/netrc.h"

#include <strings.h>

static void check_word(const char *word)
{
	size_t len = strnlen(word, NETRC_WORD_MAX);

	MUST(len < NETRC_WORD_MAX, "a word without an end");
	for (; *word; word++)
		MUST((unsigned char)*word >= ' ' && *word != 0x7f, "a control character");
}

/* In quotes, which any word can be. */
static size_t put_word(char *text, const char *keyword, const char *word)
{
	size_t len = (size_t)sprintf(text, "%s \"", keyword);

	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			text[len++] = '\\';
		text[len++] = *word;
	}
	return len + (size_t)sprintf(text + len, "\"\n");
}

static void check_again(const struct netrc *netrc)
{
	static char text[NETRC_ENTRIES_MAX * 3 * (2 * NETRC_WORD_MAX + 16)];
	static struct netrc again;
	size_t len = 0;
	unsigned line;

	for (unsigned i = 0; i < netrc->count; i++) {
		len += put_word(text + len, "machine", netrc->entries[i].machine);
		len += put_word(text + len, "password", netrc->entries[i].password);
		len += put_word(text + len, "login", netrc->entries[i].login);
	}
	MUST(netrc_parse(text, len, &again, &line) == NETRC_OK, "written anew, line %u is wrong", line);
	MUST(again.count == netrc->count, "%u entries instead of %u", again.count, netrc->count);
	for (unsigned i = 0; i < netrc->count; i++)
		MUST(strcmp(netrc->entries[i].machine, again.entries[i].machine) == 0 &&
			     strcmp(netrc->entries[i].login, again.entries[i].login) == 0 &&
			     strcmp(netrc->entries[i].password, again.entries[i].password) == 0,
		     "entry %u is another", i);
}

static void check_find(const struct netrc *netrc, const char *machine)
{
	const struct netrc_entry *found = netrc_find(netrc, machine, strlen(machine));

	MUST(found && strcasecmp(found->machine, machine) == 0, "another machine's: %s", machine);
	/* A host of which this one is only the beginning, or that only begins like it, is another. */
	found = machine[0] ? netrc_find(netrc, machine, strlen(machine) - 1) : NULL;
	MUST(!found || strlen(found->machine) == strlen(machine) - 1, "a longer machine's: %s", machine);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static struct netrc netrc;
	unsigned line = 0, lines = 1;
	enum netrc_result result = netrc_parse((const char *)data, size, &netrc, &line);

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	must_be_a_line(netrc_explain(result));
	MUST(line >= 1 && line <= lines, "line %u of %u", line, lines);
	if (result != NETRC_OK)
		return 0;
	MUST(netrc.count <= NETRC_ENTRIES_MAX, "%u entries", netrc.count);
	for (unsigned i = 0; i < netrc.count; i++) {
		check_word(netrc.entries[i].machine);
		check_word(netrc.entries[i].login);
		check_word(netrc.entries[i].password);
		check_find(&netrc, netrc.entries[i].machine);
	}
	check_again(&netrc);
	return 0;
}
