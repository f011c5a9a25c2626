/* SPDX-License-Identifier: MIT */
/*
 * Header lines of an HTTP answer: one that is judged OK speaks of the very range that was asked for, of the version
 * that is known; and what is kept of it can be sent back, shown, and remembered.
 *
 * Input: a byte (1: a version is known, 2: with an ETag, 4: with a date, 8: it is asked for to its end), numbers for
 * offset, length and size, then lines.
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

/* Judged OK for [off, end). */
static void check_lines(const struct lines *lines, uint64_t off, uint64_t end, uint64_t total)
{
	const char *range = line_of(lines, "content-range:"), *length = line_of(lines, "content-length:");
	const char *status = lines->count ? strchr(lines->list[0], ' ') : NULL;

	MUST(status && strncmp(status, " 206", 4) == 0, "no 206");
	MUST(range, "no range");
	MUST(number_at(&range) == off && number_at(&range) == end - 1 && number_at(&range) == total,
	     "another range than %" PRIu64 "-%" PRIu64, off, end);
	MUST(!length || number_at(&length) == end - off, "another length");
}

static void check_version(const struct reply *reply, const struct version *known)
{
	struct version version, again;
	char text[VERSION_TEXT_MAX];
	const char *if_range;

	reply_version(reply, &version);
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
	MUST(known->size == version.size, "another size");
	MUST(!known->etag[0] || !version.etag[0] || strcmp(known->etag, version.etag) == 0, "another ETag");
}

/* Whatever was said before, by a redirect: the answer that follows is as good as alone. */
static void check_afresh(struct reply *reply, uint64_t off, uint64_t len, const struct version *known)
{
	char line[128];

	snprintf(line, sizeof(line), "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n", off,
		 off + len - 1, known->size);
	reply_take_line(reply, "HTTP/1.1 206 \r\n", 15);
	reply_take_line(reply, line, strlen(line));
	MUST(reply_judge(reply, off, len, known) == VERDICT_OK, "a right answer is refused");
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {.at = data, .left = size};
	unsigned how = (unsigned)fuzz_take(&input, 1);
	uint64_t off = fuzz_take_number(&input, 6), len = fuzz_take_number(&input, 4) + 1;
	struct version known = {.size = off + len + (how & 8 ? 0 : fuzz_take_number(&input, 6))};
	struct reply reply = {0};
	struct lines lines = take_lines(&reply, input.at, input.left);
	enum verdict verdict;
	char buf[256];

	if (how & 2)
		strcpy(known.etag, "\"one\"");
	if (how & 4)
		strcpy(known.last_modified, "Thu, 01 Jan 2026 00:00:00 GMT");
	verdict = reply_judge(&reply, off, len, how & 1 ? &known : NULL);
	must_be_a_line(reply_explain(verdict, &reply, buf, sizeof(buf)));
	MUST(reply_retry_s(&reply) <= REPLY_RETRY_MOST_S, "%u s", reply_retry_s(&reply));
	if (verdict == VERDICT_OK) {
		uint64_t end = off + len < reply.total ? off + len : reply.total;

		MUST(end > off && (!(how & 1) || end == off + len), "bytes %" PRIu64 "-%" PRIu64, off, end);
		MUST(reply.total <= INT64_MAX && !reply.is_encoded, "no size for a file, or encoded");
		check_version(&reply, how & 1 ? &known : NULL);
		if (lines.count < 64)
			check_lines(&lines, off, end, reply.total);
	}
	check_afresh(&reply, off, len, &known);
	while (lines.count > 0)
		free(lines.list[--lines.count]);
	return 0;
}
