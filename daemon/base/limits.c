/* SPDX-License-Identifier: MIT */
#include "base/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void limits_defaults(struct limits *limits_out)
{
	*limits_out = (struct limits){
		.brun = 7, .bcull = 5, .bstop = 1, .frun = 7, .fcull = 5, .fstop = 1, .tag = "blobroot"};
}

/* A line's first word, and the rest of it; both end in NUL. The rest has no space around it. */
static char *split(char *line, char **rest_out)
{
	char *word = line + strspn(line, " \t"), *rest = word + strcspn(word, " \t"), *end;

	if (*rest)
		*rest++ = '\0';
	rest += strspn(rest, " \t");
	end = rest + strlen(rest);
	while (end > rest && strchr(" \t\r", end[-1]))
		*--end = '\0';
	*rest_out = rest;
	return word;
}

/* Digits and a percent sign. */
static bool take_percent(const char *text, unsigned *percent_out)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 2 || strcmp(text + digits, "%") != 0)
		return false;
	*percent_out = (unsigned)strtoul(text, NULL, 10);
	return true;
}

static bool is_tag(const char *text)
{
	size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

	return len > 0 && len <= LIMITS_TAG_MAX && !text[len];
}

/* Where in the struct a percentage is; SIZE_MAX: the word is none of theirs. */
static size_t percent_at(const char *word)
{
	static const struct {
		const char *word;
		size_t at;
	} all[] = {{"brun", offsetof(struct limits, brun)},   {"bcull", offsetof(struct limits, bcull)},
		   {"bstop", offsetof(struct limits, bstop)}, {"frun", offsetof(struct limits, frun)},
		   {"fcull", offsetof(struct limits, fcull)}, {"fstop", offsetof(struct limits, fstop)}};

	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (strcmp(word, all[i].word) == 0)
			return all[i].at;
	return SIZE_MAX;
}

/* Words of cachefilesd's that others decide here. */
static const char *why_not_honoured(const char *word)
{
	static const char *const thresholds[] = {"culltable", "resume_thresholds", "suspend_thresholds"};

	if (strcmp(word, "dir") == 0)
		return "rd.blob.cache= says where the store is";
	for (unsigned i = 0; i < sizeof(thresholds) / sizeof(*thresholds); i++)
		if (strcmp(word, thresholds[i]) == 0)
			return "whole images are deleted, so there is no table of files to keep";
	return "there is no such word";
}

/* Returns NULL, or why the line is wrong. *skipped_out: it is not honoured. */
static const char *take_line(struct limits *limits, const char *word, const char *rest,
			     const char **skipped_out)
{
	size_t at = percent_at(word);

	*skipped_out = NULL;
	if (at != SIZE_MAX)
		return take_percent(rest, (unsigned *)((char *)limits + at))
			       ? NULL
			       : "is no percentage below 100: write it as 7%";
	if (strcmp(word, "tag") == 0) {
		if (!is_tag(rest))
			return "is no tag: letters, digits, _ . and -";
		snprintf(limits->tag, sizeof(limits->tag), "%s", rest);
		return NULL;
	}
	if (strcmp(word, "debug") == 0) {
		if (!*rest || strlen(rest) > 9 || rest[strspn(rest, "0123456789")])
			return "is no number";
		limits->debug = (unsigned)strtoul(rest, NULL, 10);
		return NULL;
	}
	if (strcmp(word, "nocull") == 0) {
		limits->is_nocull = true;
		return *rest ? "takes no argument" : NULL;
	}
	if (strcmp(word, "secctx") == 0) {
		limits->has_secctx = true;
		return *rest ? NULL : "names no security context";
	}
	*skipped_out = why_not_honoured(word);
	return NULL;
}

static const char *check_order(const struct limits *limits)
{
	if (limits->bstop >= limits->bcull || limits->bcull >= limits->brun)
		return "bstop, bcull and brun must be in this order, each less than the next";
	if (limits->fstop >= limits->fcull || limits->fcull >= limits->frun)
		return "fstop, fcull and frun must be in this order, each less than the next";
	return NULL;
}

bool limits_parse(struct limits *limits, const char *text, size_t len,
		  void (*skipped)(void *arg, unsigned line, const char *why), void *arg, char *why_out)
{
	const char *at = text, *end = text + len, *why;
	char line[256], said[LIMITS_WHY_MAX];

	for (unsigned number = 1; at < end; number++) {
		const char *until = memchr(at, '\n', (size_t)(end - at)), *skip;
		size_t size = (size_t)((until ? until : end) - at);
		char *word, *rest;

		if (size >= sizeof(line)) {
			snprintf(why_out, LIMITS_WHY_MAX, "line %u: is too long", number);
			return false;
		}
		memcpy(line, at, size);
		line[size] = '\0';
		at += size + (until != NULL);
		word = split(line, &rest);
		if (!*word || *word == '#' || *word == '\r')
			continue;
		why = take_line(limits, word, rest, &skip);
		if (why) {
			snprintf(why_out, LIMITS_WHY_MAX, "line %u: %.64s %.64s: %s", number, word, rest,
				 why);
			return false;
		}
		if (skip) {
			snprintf(said, sizeof(said), "%.64s: %s: passed over", word, skip);
			skipped(arg, number, said);
		}
	}
	why = check_order(limits);
	if (why)
		snprintf(why_out, LIMITS_WHY_MAX, "%s", why);
	return !why;
}

void limits_format(const struct limits *limits, char text_out[LIMITS_TEXT_MAX])
{
	snprintf(text_out, LIMITS_TEXT_MAX, "%u %u %u %u %u %u %u %u %" PRIu64 " %s", limits->brun,
		 limits->bcull, limits->bstop, limits->frun, limits->fcull, limits->fstop, limits->debug,
		 limits->is_nocull, limits->most_kib, limits->tag);
}

bool limits_take(struct limits *limits_out, const char *text)
{
	struct limits limits = {.brun = 0};
	unsigned nocull;

	limits_defaults(limits_out);
	if (sscanf(text, "%2u %2u %2u %2u %2u %2u %9u %1u %18" SCNu64 " %64s", &limits.brun, &limits.bcull,
		   &limits.bstop, &limits.frun, &limits.fcull, &limits.fstop, &limits.debug, &nocull,
		   &limits.most_kib, limits.tag) != 10)
		return false;
	limits.is_nocull = nocull != 0;
	if (check_order(&limits) || !is_tag(limits.tag))
		return false;
	*limits_out = limits;
	return true;
}

uint64_t limits_kib(const char *size, uint64_t whole_kib)
{
	char *unit;
	uint64_t number = strtoull(size, &unit, 10);

	switch (*unit) {
	case 'k':
	case 'K':
		return number;
	case 'm':
	case 'M':
		return number << 10;
	case 'g':
	case 'G':
		return number << 20;
	case '%':
		return number > 100 ? UINT64_MAX : whole_kib * number / 100;
	default:
		return number >> 10;
	}
}
