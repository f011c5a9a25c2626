/* SPDX-License-Identifier: MIT */
#include "fetch/netrc.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

struct reader {
	const char *at, *end;
	unsigned line;
	bool is_line_start;
	char word[NETRC_WORD_MAX];
	size_t len;
	bool is_quoted;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip(struct reader *reader)
{
	while (reader->at < reader->end) {
		if (*reader->at == '\n') {
			reader->line++;
			reader->is_line_start = true;
		} else if (*reader->at == '#' && reader->is_line_start) {
			while (reader->at + 1 < reader->end && reader->at[1] != '\n')
				reader->at++;
		} else if (!is_space(*reader->at)) {
			return;
		}
		reader->at++;
	}
}

static enum netrc_result put(struct reader *reader, char c)
{
	if ((unsigned char)c < ' ' || c == 0x7f)
		return NETRC_CONTROL;
	if (reader->len == NETRC_WORD_MAX - 1)
		return NETRC_LONG_WORD;
	reader->word[reader->len++] = c;
	return NETRC_OK;
}

static enum netrc_result take_quoted(struct reader *reader)
{
	enum netrc_result result = NETRC_OK;
	bool is_escaped = false;

	for (reader->at++; reader->at < reader->end && !result; reader->at++) {
		char c = *reader->at;

		if (!is_escaped && c == '"')
			break;
		if (!is_escaped && c == '\\') {
			is_escaped = true;
			continue;
		}
		/* \n, \r and \t: no header can carry these characters. */
		result = is_escaped && (c == 'n' || c == 'r' || c == 't') ? NETRC_CONTROL : put(reader, c);
		is_escaped = false;
	}
	if (result)
		return result;
	if (reader->at == reader->end)
		return NETRC_BAD_QUOTE;
	reader->at++;
	return reader->at == reader->end || is_space(*reader->at) ? NETRC_OK : NETRC_BAD_QUOTE;
}

/* Reads the next word; *is_end_out: there is none. */
static enum netrc_result take_word(struct reader *reader, bool *is_end_out)
{
	enum netrc_result result = NETRC_OK;

	skip(reader);
	reader->len = 0;
	reader->is_line_start = false;
	*is_end_out = reader->at == reader->end;
	reader->is_quoted = !*is_end_out && *reader->at == '"';
	if (reader->is_quoted)
		result = take_quoted(reader);
	else
		for (; reader->at < reader->end && !is_space(*reader->at) && !result; reader->at++)
			result = put(reader, *reader->at);
	reader->word[reader->len] = '\0';
	return result;
}

static bool is_keyword(const struct reader *reader, const char *keyword)
{
	return !reader->is_quoted && strcasecmp(reader->word, keyword) == 0;
}

static enum netrc_result take_value(struct reader *reader, char *value_out)
{
	bool is_end;
	enum netrc_result result = take_word(reader, &is_end);

	if (result)
		return result;
	if (is_end || (reader->len == 0 && !reader->is_quoted))
		return NETRC_CUT_SHORT;
	if (value_out)
		memcpy(value_out, reader->word, reader->len + 1);
	return NETRC_OK;
}

/* What the current entry has so far. */
struct progress {
	struct netrc_entry *entry;
	bool has_login, has_password;
};

static enum netrc_result finish(const struct progress *progress)
{
	return progress->entry && !(progress->has_login && progress->has_password) ? NETRC_INCOMPLETE
										   : NETRC_OK;
}

static enum netrc_result begin(struct netrc *netrc, struct progress *progress, struct reader *reader)
{
	enum netrc_result result = finish(progress);

	if (result)
		return result;
	if (netrc->count == NETRC_ENTRIES_MAX)
		return NETRC_MANY;
	*progress = (struct progress){.entry = &netrc->entries[netrc->count++]};
	return take_value(reader, progress->entry->machine);
}

static enum netrc_result take_keyword(struct netrc *netrc, struct progress *progress, struct reader *reader)
{
	if (is_keyword(reader, "machine"))
		return begin(netrc, progress, reader);
	if (is_keyword(reader, "default"))
		return NETRC_DEFAULT;
	if (is_keyword(reader, "macdef"))
		return NETRC_MACDEF;
	if (!progress->entry)
		return NETRC_UNKNOWN_WORD;
	if (is_keyword(reader, "login") && !progress->has_login) {
		progress->has_login = true;
		return take_value(reader, progress->entry->login);
	}
	if (is_keyword(reader, "password") && !progress->has_password) {
		progress->has_password = true;
		return take_value(reader, progress->entry->password);
	}
	if (is_keyword(reader, "account"))
		return take_value(reader, NULL);
	return NETRC_UNKNOWN_WORD;
}

enum netrc_result netrc_parse(const char *text, size_t len, struct netrc *netrc_out, unsigned *line_out)
{
	struct reader reader = {.at = text, .end = text + len, .line = 1, .is_line_start = true};
	struct progress progress = {.entry = NULL};
	enum netrc_result result;
	bool is_end;

	netrc_out->count = 0;
	for (;;) {
		result = take_word(&reader, &is_end);
		if (!result && is_end)
			result = finish(&progress);
		else if (!result)
			result = take_keyword(netrc_out, &progress, &reader);
		*line_out = reader.line;
		if (result || is_end)
			return result;
	}
}

const struct netrc_entry *netrc_find(const struct netrc *netrc, const char *host, size_t len)
{
	for (unsigned i = 0; i < netrc->count; i++) {
		const char *machine = netrc->entries[i].machine;

		if (strlen(machine) == len && strncasecmp(machine, host, len) == 0)
			return &netrc->entries[i];
	}
	return NULL;
}

const char *netrc_explain(enum netrc_result result)
{
	static const char *const words[] = {
		[NETRC_OK] = "is fine",
		[NETRC_UNKNOWN_WORD] = "not machine, login, password or account, or one of them twice",
		[NETRC_CUT_SHORT] = "a value is missing",
		[NETRC_INCOMPLETE] = "a machine without login and password",
		[NETRC_LONG_WORD] = "a word of more than 255 bytes",
		[NETRC_BAD_QUOTE] = "a quote that does not end, or not at the end of a word",
		[NETRC_CONTROL] = "a control character in a word",
		[NETRC_DEFAULT] = "default: name the machine instead",
		[NETRC_MACDEF] = "macdef: there are no macros here",
		[NETRC_MANY] = "more than 32 machines",
	};

	return words[result];
}
