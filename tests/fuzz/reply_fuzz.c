/* SPDX-License-Identifier: MIT */
/*
 * Header lines of an HTTP answer: one that is judged OK speaks of the very range that was asked for, of the version
 * that is known; and what is kept of it can be sent back, shown, and remembered.
 *
 * Input: a byte (1: a version is known, 2: with an ETag, 4: with a date, 8: it is asked for to its end, 16: hashes prove
 * the bytes, 32: it is a small file), numbers for offset, length and size, then lines.
 */
#include "fuzz.h"

#include "fetch/blob.h"

#include <strings.h>

/* The answer as a reader of the lines would see it. */
struct lines {
	char *list[64];
	unsigned count;
};

/* libcurl ends a transfer with a NUL in its headers. Here it is a character like others. */
static char *readable(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len + 1);

	MUST(text, "out of memory");
	for (size_t i = 0; i < len; i++)
		text[i] = bytes[i] ? (char)bytes[i] : '?';
	text[len] = '\0';
	return text;
}

static struct lines take_lines(struct reply *reply, const uint8_t *bytes, size_t left)
{
	struct lines lines = {.count = 0};

	while (left > 0) {
		const uint8_t *end = memchr(bytes, '\n', left);
		size_t len = end ? (size_t)(end - bytes) + 1 : left;
		/* The sanitizer sees it when more than the line is read. */
		char *copy = malloc(len);

		MUST(copy, "out of memory");
		memcpy(copy, bytes, len);
		reply_take_line(reply, copy, len);
		free(copy);
		if (len >= 5 && memcmp(bytes, "HTTP/", 5) == 0)
			while (lines.count > 0)
				free(lines.list[--lines.count]);
		if (lines.count < 64)
			lines.list[lines.count++] = readable(bytes, len);
		bytes += len;
		left -= len;
	}
	return lines;
}

/* The line of that name, which is there once; NULL: it is not there. */
static const char *line_of(const struct lines *lines, const char *name)
{
	const char *found = NULL;

	for (unsigned i = 0; i < lines->count; i++) {
		if (strncasecmp(lines->list[i], name, strlen(name)) != 0)
			continue;
		MUST(!found, "twice, and good: %s", name);
		found = lines->list[i] + strlen(name);
	}
	return found;
}

static uint64_t number_at(const char **at)
{
	char *end;
	uint64_t number = strtoull(*at + strcspn(*at, "0123456789"), &end, 10);

	*at = end;
	return number;
}

/* Judged OK: a part of the range, or the whole file. */
static void check_lines(const struct lines *lines, const struct reply_ask *ask, const struct reply_part *part)
{
	const char *range = line_of(lines, "content-range:"), *length = line_of(lines, "content-length:");
	const char *status = lines->count ? strchr(lines->list[0], ' ') : NULL;

	if (part->is_whole) {
		MUST(status && strncmp(status, " 200", 4) == 0, "no 200");
		MUST(part->has_size == (length != NULL), "a size from nowhere");
		MUST(!length || number_at(&length) == part->end, "another length");
		return;
	}
	MUST(status && strncmp(status, " 206", 4) == 0, "no 206");
	MUST(range, "no range");
	MUST(number_at(&range) == ask->off && number_at(&range) == part->end - 1,
	     "another range than %" PRIu64 "-%" PRIu64, ask->off, part->end);
	MUST(!part->has_size || number_at(&range) == part->size, "another size");
	MUST(!length || number_at(&length) == part->end - ask->off, "another length");
}

static void check_version(const struct reply *reply, const struct reply_ask *ask,
			  const struct reply_part *part)
{
	const struct version *known = ask->is_proven ? NULL : ask->known;
	struct version version, again;
	char text[VERSION_TEXT_MAX];
	const char *if_range;

	reply_version(reply, part, &version);
	version_format(&version, text);
	must_be_a_line(version.etag[0] ? version.etag : "-");
	must_be_a_line(version.last_modified[0] ? version.last_modified : "-");
	MUST(version_parse(text, &again) && again.size == version.size &&
		     strcmp(again.etag, version.etag) == 0 &&
		     strcmp(again.last_modified, version.last_modified) == 0,
	     "not remembered: %s", text);
	if_range = version_if_range(&version);
	MUST(!if_range || strncmp(if_range, "W/", 2) != 0, "a weak validator: %s", if_range);
	if (!known)
		return;
	MUST(!part->has_size || known->size == version.size, "another size");
	MUST(!known->etag[0] || !version.etag[0] || strcmp(known->etag, version.etag) == 0, "another ETag");
}

static void check_part(const struct reply *reply, const struct reply_ask *ask, const struct reply_part *part)
{
	MUST(part->end <= ask->off + ask->len, "more than was asked for");
	MUST(part->is_whole ? ask->off == 0 : part->end > ask->off, "nothing");
	MUST(!part->has_size || (part->size <= INT64_MAX && part->size >= part->end), "no size for a file");
	MUST(part->has_size || ask->has_size || ask->is_proven || part->is_whole, "no size at all");
	MUST(!ask->has_size || !part->has_size || part->size == ask->size ||
		     (ask->is_proven && part->size > ask->size),
	     "another size");
	MUST(!reply->encoding[0] || ask->is_proven, "encoded");
	check_version(reply, ask, part);
}

/* Whatever was said before, by a redirect: the answer that follows is as good as alone. */
static void check_afresh(struct reply *reply, const struct reply_ask *ask, uint64_t size)
{
	struct reply_part part;
	char line[128];

	snprintf(line, sizeof(line), "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n", ask->off,
		 ask->off + ask->len - 1, size);
	reply_take_line(reply, "HTTP/1.1 206 \r\n", 15);
	reply_take_line(reply, line, strlen(line));
	MUST(reply_judge(reply, ask, &part) == VERDICT_OK, "a right answer is refused");
	MUST(part.end == ask->off + ask->len && !part.is_whole && part.size == size, "and not understood");
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {.at = data, .left = size};
	unsigned how = (unsigned)fuzz_take(&input, 1);
	uint64_t off = fuzz_take_number(&input, 6), len = fuzz_take_number(&input, 4) + 1;
	struct version known = {.size = off + len + (how & 8 ? 0 : fuzz_take_number(&input, 6))};
	struct reply_ask ask = {.off = how & 32 ? 0 : off,
				.len = len,
				.is_small = how & 32,
				.has_size = how & 1,
				.size = known.size,
				.known = how & 1 ? &known : NULL,
				.is_proven = how & 16};
	struct reply reply = {0};
	struct lines lines = take_lines(&reply, input.at, input.left);
	struct reply_part part;
	enum verdict verdict;
	char buf[256];

	if (how & 2)
		strcpy(known.etag, "\"one\"");
	if (how & 4)
		strcpy(known.last_modified, "Thu, 01 Jan 2026 00:00:00 GMT");
	verdict = reply_judge(&reply, &ask, &part);
	must_be_a_line(reply_explain(verdict, &reply, &ask, buf, sizeof(buf)));
	MUST(reply_retry_s(&reply) <= REPLY_RETRY_MOST_S, "%u s", reply_retry_s(&reply));
	if (verdict == VERDICT_OK) {
		check_part(&reply, &ask, &part);
		if (lines.count < 64)
			check_lines(&lines, &ask, &part);
	}
	check_afresh(&reply, &ask, known.size);
	while (lines.count > 0)
		free(lines.list[--lines.count]);
	return 0;
}
