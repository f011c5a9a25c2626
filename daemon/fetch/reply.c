/* SPDX-License-Identifier: MIT */
#include "fetch/reply.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Parses a decimal number of at most 63 bits, and moves *at past it. */
static bool take_number(const char **at, const char *end, uint64_t *number_out)
{
	uint64_t number = 0;
	const char *start = *at;

	while (*at < end && isdigit((unsigned char)**at)) {
		uint64_t digit = (uint64_t)(**at - '0');

		if (number > ((uint64_t)INT64_MAX - digit) / 10)
			return false;
		number = number * 10 + digit;
		(*at)++;
	}
	*number_out = number;
	return *at > start;
}

/* Parses exactly count digits. */
static bool take_digits(const char *at, unsigned count, unsigned *number_out)
{
	*number_out = 0;
	for (; count > 0; count--, at++) {
		if (!isdigit((unsigned char)*at))
			return false;
		*number_out = *number_out * 10 + (unsigned)(*at - '0');
	}
	return true;
}

/* Parses a date of the form "Sun, 06 Nov 1994 08:49:37 GMT" to seconds since 1970; 0 for any other form. */
static int64_t take_date(const char *at, const char *end)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	unsigned day, month = 0, year, hour, minute, second;
	int64_t days, march_year;

	if (end - at != 29 || memcmp(at + 3, ", ", 2) != 0 || memcmp(at + 25, " GMT", 4) != 0 ||
	    !take_digits(at + 5, 2, &day) || !take_digits(at + 12, 4, &year) ||
	    !take_digits(at + 17, 2, &hour) || !take_digits(at + 20, 2, &minute) ||
	    !take_digits(at + 23, 2, &second))
		return 0;
	while (month < 12 && memcmp(months + (size_t)3 * month, at + 8, 3) != 0)
		month++;
	if (month == 12 || year < 1970 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
		return 0;
	/* Count years from March, so that a leap day is at the end; 1970 is 719468 days after March of year 0. */
	march_year = (int64_t)year - (month < 2);
	days = march_year * 365 + march_year / 4 - march_year / 100 + march_year / 400 +
	       (153 * ((month + 10) % 12) + 2) / 5 + day - 1 - 719468;
	return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

static void skip_blanks(const char **at, const char *end)
{
	while (*at < end && is_blank(**at))
		(*at)++;
}

static bool take_char(const char **at, const char *end, char wanted)
{
	if (*at >= end || **at != wanted)
		return false;
	(*at)++;
	return true;
}

/*
 * bytes FIRST-LAST/TOTAL; for TOTAL there may be a star; with 416 there is one for FIRST-LAST. A range that reaches
 * beyond its own total (civetweb sends one for a file that is shorter than what was asked for) still tells the total.
 */
static void take_content_range(struct reply *reply, const char *at, const char *end)
{
	bool is_open;

	reply->is_garbage |= end - at < 6 || strncasecmp(at, "bytes", 5) != 0 || !is_blank(at[5]);
	if (reply->is_garbage)
		return;
	at += 5;
	skip_blanks(&at, end);
	if (take_char(&at, end, '*')) {
		/* All that it adds to the status is the total. */
		reply->has_total =
			take_char(&at, end, '/') && take_number(&at, end, &reply->total) && at == end;
		return;
	}
	if (!take_number(&at, end, &reply->first) || !take_char(&at, end, '-') ||
	    !take_number(&at, end, &reply->last) || !take_char(&at, end, '/') || reply->first > reply->last) {
		reply->is_garbage = true;
		return;
	}
	is_open = take_char(&at, end, '*');
	reply->has_total = !is_open && take_number(&at, end, &reply->total);
	reply->is_garbage = at != end || is_open == reply->has_total;
	reply->has_range = !reply->is_garbage && (is_open || reply->last < reply->total);
}

/* A header that is there twice, as proxies do it, must say the same. */
static void take_content_range_again(struct reply *reply, const char *at, const char *end)
{
	struct reply again = {.status = reply->status};

	take_content_range(&again, at, end);
	reply->is_garbage |= again.is_garbage || again.has_range != reply->has_range ||
			     again.has_total != reply->has_total || again.first != reply->first ||
			     again.last != reply->last || again.total != reply->total;
}

/* A number, or the same one several times, in a list or in several headers. Source: RFC 9110, 8.6 */
static void take_content_length(struct reply *reply, const char *at, const char *end)
{
	uint64_t number;

	do {
		skip_blanks(&at, end);
		if (!take_number(&at, end, &number) || (reply->has_length && number != reply->length)) {
			reply->is_garbage = true;
			return;
		}
		reply->length = number;
		reply->has_length = true;
		skip_blanks(&at, end);
	} while (take_char(&at, end, ','));
	reply->is_garbage |= at != end;
}

/* A validator is sent back to the server unchanged, so it must be printable and complete. */
static void take_validator(char *to, const char *at, const char *end)
{
	size_t len = (size_t)(end - at);

	to[0] = '\0';
	if (len >= VERSION_VALIDATOR_MAX)
		return;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)at[i] < ' ' || (unsigned char)at[i] >= 0x7f)
			return;
	memcpy(to, at, len);
	to[len] = '\0';
}

/* An empty value means no encoding, too. */
static void take_encoding(struct reply *reply, const char *at, const char *end)
{
	size_t len = (size_t)(end - at);

	if (len == 0 || reply->encoding[0] || (len == 8 && strncasecmp(at, "identity", 8) == 0))
		return;
	if (len >= REPLY_ENCODING_MAX)
		len = REPLY_ENCODING_MAX - 1;
	for (size_t i = 0; i < len; i++)
		reply->encoding[i] = isprint((unsigned char)at[i]) ? at[i] : '?';
	reply->encoding[len] = '\0';
}

/* RFC 9112, section 4: a status code is three digits, so 0206 is not 206. */
static void take_status_line(struct reply *reply, const char *line, const char *end)
{
	const char *at = memchr(line, ' ', (size_t)(end - line)), *code;
	uint64_t status = 0;

	memset(reply, 0, sizeof(*reply));
	if (at)
		at++;
	code = at;
	if (!at || !take_number(&at, end, &status) || at - code != 3 || (at < end && *at != ' ') ||
	    status < 100)
		reply->is_garbage = true;
	else
		reply->status = (int)status;
}

static bool is_name(const char *line, const char *colon, const char *name)
{
	size_t len = strlen(name);

	return (size_t)(colon - line) == len && strncasecmp(line, name, len) == 0;
}

void reply_take_line(struct reply *reply, const char *line, size_t len)
{
	const char *end = line + len, *colon, *at;
	uint64_t number;

	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	if (end - line >= 5 && strncmp(line, "HTTP/", 5) == 0) {
		take_status_line(reply, line, end);
		return;
	}
	colon = memchr(line, ':', (size_t)(end - line));
	if (!colon)
		return;
	at = colon + 1;
	skip_blanks(&at, end);
	if (is_name(line, colon, "content-range")) {
		if (reply->is_range_seen)
			take_content_range_again(reply, at, end);
		else
			take_content_range(reply, at, end);
		reply->is_range_seen = true;
	} else if (is_name(line, colon, "content-length")) {
		take_content_length(reply, at, end);
	} else if (is_name(line, colon, "content-encoding")) {
		take_encoding(reply, at, end);
	} else if (is_name(line, colon, "etag")) {
		take_validator(reply->etag, at, end);
	} else if (is_name(line, colon, "last-modified")) {
		take_validator(reply->last_modified, at, end);
	} else if (is_name(line, colon, "retry-after")) {
		if (take_number(&at, end, &number) && at == end)
			reply->retry_after_s =
				number > REPLY_RETRY_MOST_S ? REPLY_RETRY_MOST_S : (uint32_t)number;
		else
			reply->retry_at_s = take_date(at, end);
	} else if (is_name(line, colon, "date")) {
		reply->date_s = take_date(at, end);
	}
}

uint32_t reply_retry_s(const struct reply *reply)
{
	int64_t wait = reply->retry_at_s - reply->date_s;

	if (reply->retry_after_s || !reply->retry_at_s || !reply->date_s || wait <= 0)
		return reply->retry_after_s;
	return wait > REPLY_RETRY_MOST_S ? REPLY_RETRY_MOST_S : (uint32_t)wait;
}

/* If the answer says how long the blob is. What is proven may be followed by more. */
static bool is_size(const struct reply_ask *ask, bool has_size, uint64_t size)
{
	if (!ask->has_size || !has_size)
		return true;
	return ask->is_proven ? size >= ask->size : size == ask->size;
}

/* A missing validator proves nothing either way; the other one may. */
static bool is_version(const struct reply_ask *ask, const struct reply *reply)
{
	const struct version *known = ask->known;

	if (!known || ask->is_proven)
		return true;
	if (known->etag[0] && reply->etag[0])
		return strcmp(known->etag, reply->etag) == 0;
	if (known->last_modified[0] && reply->last_modified[0])
		return strcmp(known->last_modified, reply->last_modified) == 0;
	return true;
}

/* Is it of the blob that is wanted? */
static enum verdict judge_version(const struct reply *reply, const struct reply_ask *ask, bool has_size,
				  uint64_t size)
{
	bool is_known = ask->known && !ask->is_proven;

	if (!is_size(ask, has_size, size))
		return is_known ? VERDICT_CHANGED : VERDICT_OTHER_SIZE;
	return is_version(ask, reply) ? VERDICT_OK : VERDICT_CHANGED;
}

static enum verdict judge_part(const struct reply *reply, const struct reply_ask *ask,
			       struct reply_part *part_out)
{
	enum verdict verdict;

	if (!reply->has_range)
		return reply->has_total ? VERDICT_BEYOND : VERDICT_BAD_RANGE;
	verdict = judge_version(reply, ask, reply->has_total, reply->total);
	if (verdict != VERDICT_OK)
		return verdict;
	if (reply->first != ask->off || reply->last - reply->first >= ask->len)
		return VERDICT_BAD_RANGE;
	if (reply->has_length && reply->length != reply->last - reply->first + 1)
		return VERDICT_BAD_LENGTH;
	if (!reply->has_total && !ask->has_size && !ask->is_proven)
		return VERDICT_NO_SIZE;
	*part_out = (struct reply_part){
		.end = reply->last + 1, .has_size = reply->has_total, .size = reply->total};
	return VERDICT_OK;
}

/* If-Range did not match, the server does no ranges, none was asked for, or the range is all of the file. */
static enum verdict judge_whole(const struct reply *reply, const struct reply_ask *ask,
				struct reply_part *part_out)
{
	enum verdict verdict = judge_version(reply, ask, reply->has_length, reply->length);

	if (verdict != VERDICT_OK)
		return verdict;
	/* Without a length nobody could tell another version by its size. */
	if (ask->off > 0 || (reply->has_length ? reply->length > ask->len : ask->has_size))
		return ask->is_small ? VERDICT_TOO_LONG : VERDICT_NO_RANGES;
	*part_out = (struct reply_part){.end = reply->has_length ? reply->length : ask->len,
					.is_whole = true,
					.has_size = reply->has_length,
					.size = reply->length};
	return VERDICT_OK;
}

/* Some send 200 with a part: it has the length of the range that they say. */
static bool is_part(const struct reply *reply)
{
	return reply->status == 206 ||
	       (reply->has_range && reply->has_length && reply->length == reply->last - reply->first + 1);
}

enum verdict reply_judge(const struct reply *reply, const struct reply_ask *ask, struct reply_part *part_out)
{
	enum verdict verdict;

	if (reply->is_garbage || reply->status == 0)
		return VERDICT_GARBAGE;
	if (reply->status == 416 && !ask->has_size)
		return VERDICT_BEYOND;
	if (reply->status == 416 && ask->known && !ask->is_proven)
		return VERDICT_CHANGED;
	if (reply->status == 416 && !is_size(ask, reply->has_total, reply->total))
		return VERDICT_OTHER_SIZE;
	if (reply->status != 200 && reply->status != 206)
		return VERDICT_STATUS;
	verdict = is_part(reply) ? judge_part(reply, ask, part_out) : judge_whole(reply, ask, part_out);
	return reply->encoding[0] && (verdict != VERDICT_OK || !ask->is_proven) ? VERDICT_ENCODED : verdict;
}

void reply_version(const struct reply *reply, const struct reply_part *part, struct version *version_out)
{
	memset(version_out, 0, sizeof(*version_out));
	version_out->size = part->size;
	memcpy(version_out->etag, reply->etag, sizeof(version_out->etag));
	memcpy(version_out->last_modified, reply->last_modified, sizeof(version_out->last_modified));
}

static const char *status_name(int status, bool is_https)
{
	switch (status) {
	case 400:
		return is_https ? "Bad Request: does it want a client certificate, or another one "
				  "(rd.blob.cert=)?"
				: "Bad Request";
	case 401:
		return "Unauthorized: the initramfs' netrc has no user and password that it takes";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 407:
		return "Proxy Authentication Required";
	case 408:
		return "Request Timeout";
	case 410:
		return "Gone";
	case 416:
		return "Range Not Satisfiable";
	case 421:
		return "Misdirected Request";
	case 423:
		return "Locked";
	case 425:
		return "Too Early";
	case 429:
		return "Too Many Requests";
	case 451:
		return "Unavailable For Legal Reasons";
	case 500:
		return "Internal Server Error";
	case 502:
		return "Bad Gateway";
	case 503:
		return "Service Unavailable";
	case 504:
		return "Gateway Timeout";
	case 511:
		return "Network Authentication Required: this network wants a login";
	default:
		return "not what we asked for";
	}
}

static const char *explain_status(const struct reply *reply, char *buf, size_t size)
{
	int len = snprintf(buf, size, "the server answers %d (%s)", reply->status,
			   status_name(reply->status, reply->is_https));

	if (reply_retry_s(reply) && len > 0 && (size_t)len < size)
		snprintf(buf + len, size - (size_t)len, ", and is to be asked again after %u s",
			 reply_retry_s(reply));
	return buf;
}

static const char *explain_beyond(const struct reply *reply, const struct reply_ask *ask, char *buf,
				  size_t size)
{
	if (!reply->has_total)
		return explain_status(reply, buf, size);
	if (reply->total == 0)
		return "it is empty";
	if (reply->total <= ask->off)
		snprintf(buf, size, "it has %" PRIu64 " bytes, and those from %" PRIu64 " on are wanted",
			 reply->total, ask->off);
	else
		snprintf(buf, size,
			 "the server refuses bytes %" PRIu64 "-%" PRIu64 ", and says that it has %" PRIu64,
			 ask->off, ask->off + ask->len - 1, reply->total);
	return buf;
}

const char *reply_explain(enum verdict verdict, const struct reply *reply, const struct reply_ask *ask,
			  char *buf, size_t size)
{
	switch (verdict) {
	case VERDICT_OK:
		return "is fine";
	case VERDICT_STATUS:
		return explain_status(reply, buf, size);
	case VERDICT_NO_RANGES:
		return "the server does not do range requests, it sends the whole file";
	case VERDICT_TOO_LONG:
		snprintf(buf, size, "it is longer than %" PRIu64 " bytes, which no such file is", ask->len);
		return buf;
	case VERDICT_CHANGED:
		return "it was replaced on the server: another size, "
		       "ETag or date than at the start of this boot";
	case VERDICT_OTHER_SIZE:
		snprintf(buf, size, "another size: %" PRIu64 " bytes are there, %" PRIu64 " are wanted",
			 reply->status == 200 ? reply->length : reply->total, ask->size);
		return buf;
	case VERDICT_NO_SIZE:
		return "the server does not say how long it is (bytes A-B/* in Content-Range), nor does a root hash";
	case VERDICT_BEYOND:
		return explain_beyond(reply, ask, buf, size);
	case VERDICT_BAD_RANGE:
		if (!reply->has_range)
			return "the server sent a part without saying which (no usable Content-Range)";
		snprintf(buf, size, "the server sent another range than asked for (%" PRIu64 "-%" PRIu64 ")",
			 reply->first, reply->last);
		return buf;
	case VERDICT_BAD_LENGTH:
		snprintf(buf, size, "the server's Content-Length %" PRIu64 " does not fit its Content-Range",
			 reply->length);
		return buf;
	case VERDICT_ENCODED:
		snprintf(buf, size, "the server sent it with a Content-Encoding that nobody asked for: %s",
			 reply->encoding);
		return buf;
	case VERDICT_GARBAGE:
		return "the answer's headers are not valid HTTP";
	}
	return "?";
}
