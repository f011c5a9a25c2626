/* SPDX-License-Identifier: MIT */
#include "serve/profile.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIELDS_MAX = 5,
	EXTENTS_STEP = 512, /* memory grows by so many */
};

struct line {
	const char *fields[FIELDS_MAX];
	size_t lens[FIELDS_MAX];
	unsigned count;
};

struct parser {
	const char *at, *end;
	unsigned number; /* of the line that was read last */
	struct profile profile;
	uint64_t blocks, listed; /* of the image; of the extents so far */
};

/* Takes the next line that is neither empty nor a comment. Returns false at the end; a line without a line end is no line. */
static bool next_line(struct parser *parser, struct line *line_out)
{
	const char *stop;

	for (; parser->at < parser->end &&
	       (stop = memchr(parser->at, '\n', (size_t)(parser->end - parser->at)));
	     parser->at = stop + 1) {
		const char *at = parser->at;

		parser->number++;
		line_out->count = 0;
		while (at < stop && *at != '#') {
			const char *from = at;

			while (at < stop && *at != ' ' && *at != '#')
				at++;
			if (at > from && line_out->count < FIELDS_MAX) {
				line_out->fields[line_out->count] = from;
				line_out->lens[line_out->count] = (size_t)(at - from);
			}
			line_out->count += at > from;
			while (at < stop && *at == ' ')
				at++;
		}
		if (line_out->count > 0) {
			parser->at = stop + 1;
			return true;
		}
	}
	return false;
}

static bool is_word(const struct line *line, unsigned n, const char *word)
{
	return n < line->count && line->lens[n] == strlen(word) &&
	       memcmp(line->fields[n], word, line->lens[n]) == 0;
}

/* Digits only, of a number that 32 bits hold. */
static bool take_number(const struct line *line, unsigned n, uint32_t *number_out)
{
	uint64_t number = 0;

	if (n >= line->count || line->lens[n] > 10)
		return false;
	for (size_t i = 0; i < line->lens[n]; i++) {
		char digit = line->fields[n][i];

		if (digit < '0' || digit > '9')
			return false;
		number = number * 10 + (uint64_t)(digit - '0');
	}
	*number_out = (uint32_t)number;
	return number <= UINT32_MAX;
}

static enum profile_result take_head(struct parser *parser, const char *roothash)
{
	struct line line;
	uint32_t number;

	if (!next_line(parser, &line) || line.count != 2 || !is_word(&line, 0, "blobroot-profile"))
		return PROFILE_NOT_ONE;
	if (!is_word(&line, 1, "1"))
		return PROFILE_VERSION;
	if (!next_line(parser, &line) || line.count != 2 || !is_word(&line, 0, "image"))
		return PROFILE_MALFORMED;
	if (!is_word(&line, 1, roothash))
		return PROFILE_OTHER_IMAGE;
	if (!next_line(parser, &line) || line.count != 2 || !is_word(&line, 0, "blocks") ||
	    !take_number(&line, 1, &number))
		return PROFILE_MALFORMED;
	if (number != parser->blocks)
		return PROFILE_OTHER_IMAGE;
	if (!next_line(parser, &line) || line.count != 2 || !is_word(&line, 0, "weight") ||
	    !take_number(&line, 1, &parser->profile.weight) || parser->profile.weight == 0)
		return PROFILE_MALFORMED;
	return PROFILE_OK;
}

/* Memory is taken for what has been read, not for what is announced. Returns NULL for none. */
static struct profile_extent *add_extent(struct profile *profile)
{
	size_t size = (profile->count + EXTENTS_STEP) * sizeof(*profile->extents);
	struct profile_extent *extents = profile->extents;

	if (profile->count % EXTENTS_STEP == 0)
		extents = realloc(profile->extents, size);
	if (!extents)
		return NULL;
	profile->extents = extents;
	return &extents[profile->count++];
}

static enum profile_result take_extent(struct parser *parser, const struct line *line)
{
	struct profile_extent extent, *to;
	uint32_t ignored;

	if (line->count != FIELDS_MAX || !take_number(line, 0, &extent.first) ||
	    !take_number(line, 1, &extent.count) || !take_number(line, 2, &extent.weight) ||
	    !take_number(line, 3, &extent.ms) || !(is_word(line, 4, "-") || take_number(line, 4, &ignored)) ||
	    extent.count == 0 || extent.weight == 0 || extent.weight > parser->profile.weight)
		return PROFILE_MALFORMED;
	if (extent.first >= parser->blocks || extent.count > parser->blocks - extent.first)
		return PROFILE_BEYOND;
	parser->listed += extent.count;
	if (parser->listed > parser->blocks || parser->profile.count == PROFILE_EXTENTS_MAX)
		return PROFILE_TOO_MUCH;
	to = add_extent(&parser->profile);
	if (!to)
		return PROFILE_NO_MEMORY;
	*to = extent;
	return PROFILE_OK;
}

/* Phases of the boot, and what was fetched ahead in it: for those who look at it, so what they say does not matter. */
static bool is_for_people(const struct line *line)
{
	return is_word(line, 0, "begin") || is_word(line, 0, "mark") || is_word(line, 0, "ahead");
}

static enum profile_result parse(struct parser *parser, const char *roothash)
{
	enum profile_result result = take_head(parser, roothash);
	struct line line;
	uint32_t ms;

	while (result == PROFILE_OK) {
		if (!next_line(parser, &line))
			return PROFILE_CUT;
		if (is_word(&line, 0, "end"))
			return line.count == 2 && take_number(&line, 1, &ms) ? PROFILE_OK : PROFILE_MALFORMED;
		if (!is_for_people(&line))
			result = take_extent(parser, &line);
	}
	return result;
}

enum profile_result profile_parse(const char *text, size_t len, const char *roothash, uint64_t blocks,
				  struct profile *profile_out, unsigned *line_out)
{
	struct parser parser = {.at = text, .end = text + len, .blocks = blocks};
	enum profile_result result = parse(&parser, roothash);

	*line_out = parser.number;
	*profile_out = parser.profile;
	if (result != PROFILE_OK)
		profile_fini(profile_out);
	return result;
}

void profile_fini(struct profile *profile)
{
	free(profile->extents);
	*profile = (struct profile){.extents = NULL};
}

const char *profile_explain(enum profile_result result, unsigned line, char *buf, size_t size)
{
	switch (result) {
	case PROFILE_OK:
		return "it is one";
	case PROFILE_NOT_ONE:
		return "is no boot profile";
	case PROFILE_VERSION:
		return "is of a version of the format that is not known here";
	case PROFILE_OTHER_IMAGE:
		return "is of another image";
	case PROFILE_MALFORMED:
		snprintf(buf, size, "line %u makes no sense", line);
		return buf;
	case PROFILE_BEYOND:
		snprintf(buf, size, "line %u reaches beyond the image's end", line);
		return buf;
	case PROFILE_TOO_MUCH:
		snprintf(buf, size,
			 "line %u: it lists more than %d extents, or more blocks than the image has", line,
			 PROFILE_EXTENTS_MAX);
		return buf;
	case PROFILE_CUT:
		return "its end is missing";
	case PROFILE_NO_MEMORY:
		return "out of memory";
	}
	return "";
}
