/* SPDX-License-Identifier: MIT */
#include "httpd_fault.h"

#include "httpd_request.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RULE_MAX 4096 /* bytes of a rule's file */

/* When a rule applies. */
struct limit {
	char path[1024];
	char method[16];
	uint64_t offset;
	uint64_t count;
	uint64_t skip;
	uint64_t percent;
	uint64_t sides, face;
	uint64_t seed;
};

struct rule {
	struct limit limit;
	struct httpd_fault fault;
};

enum kind {
	FLAG,
	NUMBER,
	SIGNED,
	TEXT,
	FLIP,
	GARBAGE,
};

static const struct word {
	const char *name;
	enum kind kind;
	size_t at, size;
} words[] = {
#define LIMIT(NAME, KIND, MEMBER)                                                                            \
	{                                                                                                    \
		NAME, KIND, offsetof(struct rule, limit.MEMBER), sizeof(((struct rule *)0)->limit.MEMBER)    \
	}
#define FAULT(NAME, KIND, MEMBER)                                                                            \
	{                                                                                                    \
		NAME, KIND, offsetof(struct rule, fault.MEMBER), sizeof(((struct rule *)0)->fault.MEMBER)    \
	}
	LIMIT("path", TEXT, path),
	LIMIT("method", TEXT, method),
	LIMIT("offset", NUMBER, offset),
	LIMIT("count", NUMBER, count),
	LIMIT("skip", NUMBER, skip),
	LIMIT("percent", NUMBER, percent),
	LIMIT("sides", NUMBER, sides),
	LIMIT("face", NUMBER, face),
	LIMIT("seed", NUMBER, seed),
	FAULT("delay", NUMBER, delay),
	FAULT("hold", TEXT, hold),
	FAULT("rate", NUMBER, rate),
	FAULT("burst", NUMBER, burst),
	FAULT("drip", NUMBER, drip),
	FAULT("cut-head", NUMBER, cut_head),
	FAULT("cut", NUMBER, cut),
	FAULT("reset", NUMBER, reset),
	FAULT("stall", NUMBER, stall),
	FAULT("shorten", NUMBER, shorten),
	FAULT("status", NUMBER, status),
	FAULT("beyond", NUMBER, beyond),
	FAULT("length", SIGNED, length),
	FAULT("shift", SIGNED, shift),
	FAULT("silent", FLAG, silent),
	FAULT("no-range", FLAG, no_range),
	FAULT("no-length", FLAG, no_length),
	FAULT("no-etag", FLAG, no_etag),
	FAULT("weak-etag", FLAG, weak_etag),
	FAULT("redirect-loop", FLAG, redirect_loop),
	FAULT("redirect-range", FLAG, redirect_range),
	FAULT("long-body", FLAG, long_body),
	FAULT("http10", FLAG, http10),
	FAULT("chunked", FLAG, chunked),
	FAULT("close", FLAG, close),
	FAULT("hangup", FLAG, hangup),
	FAULT("etag", TEXT, etag),
	FAULT("retry-after", TEXT, retry_after),
	FAULT("redirect", TEXT, redirect),
	FAULT("content-length", TEXT, content_length),
	FAULT("content-range", TEXT, content_range),
	FAULT("total", TEXT, total),
	FAULT("header", TEXT, header),
	FAULT("garbage", GARBAGE, garbage),
	FAULT("flip", FLIP, flip),
};

#define N_WORDS (sizeof(words) / sizeof(words[0]))

static bool parse_garbage(const char *value, enum httpd_fault_garbage *garbage_out)
{
	static const char *const names[] = {
		[HTTPD_FAULT_GARBAGE_BINARY] = "binary",       [HTTPD_FAULT_GARBAGE_HEADER] = "header",
		[HTTPD_FAULT_GARBAGE_LONG] = "long",           [HTTPD_FAULT_GARBAGE_ENDLESS] = "endless",
		[HTTPD_FAULT_GARBAGE_NO_STATUS] = "no-status", [HTTPD_FAULT_GARBAGE_NEGATIVE] = "negative",
		[HTTPD_FAULT_GARBAGE_HUGE] = "huge",
	};

	for (size_t i = 1; value && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], value) == 0) {
			*garbage_out = (enum httpd_fault_garbage)i;
			return true;
		}
	return false;
}

static void fault_blank(struct httpd_fault *fault)
{
	memset(fault, 0, sizeof(*fault));
	fault->delay = fault->rate = fault->drip = fault->cut_head = fault->cut = HTTPD_FAULT_NONE;
	fault->reset = fault->stall = fault->shorten = fault->status = fault->beyond = HTTPD_FAULT_NONE;
}

/* Digits, then K, M or G for binary multiples. */
static bool parse_size(const char *text, uint64_t *value_out)
{
	char *end;
	unsigned shift = 0;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value_out = strtoull(text, &end, 10);
	if (*end == 'K')
		shift = 10;
	else if (*end == 'M')
		shift = 20;
	else if (*end == 'G')
		shift = 30;
	if (errno || (shift ? end[1] : end[0]) || *value_out > (UINT64_MAX >> 1) >> shift)
		return false;
	*value_out <<= shift;
	return true;
}

static bool set_word(struct rule *rule, const struct word *word, const char *value)
{
	char *at = (char *)rule + word->at;
	uint64_t number;

	switch (word->kind) {
	case FLAG:
		if (value)
			return false;
		*(bool *)at = true;
		return true;
	case TEXT:
		return value && *value && httpd_request_decode(value, strlen(value), at, word->size);
	case NUMBER:
		return value && parse_size(value, (uint64_t *)at);
	case SIGNED:
		if (!value || (*value != '+' && *value != '-') || !parse_size(value + 1, &number))
			return false;
		*(int64_t *)at = *value == '-' ? -(int64_t)number : (int64_t)number;
		return true;
	case GARBAGE:
		return parse_garbage(value, (enum httpd_fault_garbage *)at);
	case FLIP:
		if (!value || rule->fault.n_flips == HTTPD_FAULT_FLIPS || !parse_size(value, &number))
			return false;
		rule->fault.flip[rule->fault.n_flips++] = number;
		return true;
	}
	return false;
}

/* Add what the words say to *rule. Returns: NULL, or the word that is wrong (in a buffer of its own). */
static const char *parse_rule(const char *text, struct rule *rule)
{
	static char word[RULE_MAX];

	for (const char *p = text; *p;) {
		size_t len, i;
		char *value;

		if (isspace((unsigned char)*p)) {
			p++;
			continue;
		}
		len = *p == '#' ? strcspn(p, "\n") : strcspn(p, " \t\r\n");
		memcpy(word, p, len);
		word[len] = '\0';
		p += len;
		if (word[0] == '#')
			continue;
		value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		for (i = 0; i < N_WORDS && strcmp(words[i].name, word) != 0; i++)
			;
		if (i == N_WORDS || !set_word(rule, &words[i], value)) {
			if (value)
				value[-1] = '=';
			return word;
		}
	}
	return NULL;
}

/* splitmix64: a few lines, good bits, the same on every machine. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* Where the digits of NAME=digits stand in a rule's text. */
static char *find_number(char *text, const char *name)
{
	size_t len = strlen(name);

	for (char *p = text; (p = strstr(p, name)) != NULL; p++)
		if (p[len] == '=' && (p == text || isspace((unsigned char)p[-1])))
			return p + len + 1;
	return NULL;
}

/*
 * Is NAME another file than the rule that was read? Then the test has put it there meanwhile, and it has to stay.
 * rule_fd is the rule that was read. While it is open, no other file has its inode number.
 */
static bool is_other(int dir, const char *name, int rule_fd)
{
	struct stat now, then;

	return fstatat(dir, name, &now, 0) < 0 || fstat(rule_fd, &then) < 0 || now.st_ino != then.st_ino;
}

/* Puts text (len bytes) in place of the rule that was read. Returns: 1; 0: that is not there any more; -1 with errno. */
static int replace(int dir, const char *file, int rule_fd, const char *text, size_t len)
{
	char temp[300];
	int fd, rc = 1;

	snprintf(temp, sizeof(temp), ".%s.new", file);
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	if (write(fd, text, len) != (ssize_t)len)
		rc = -1;
	close(fd);
	if (rc > 0 && renameat2(dir, temp, dir, file, RENAME_EXCHANGE) < 0)
		rc = errno == ENOENT ? 0 : -1;
	else if (rc > 0 && is_other(dir, temp, rule_fd))
		rc = renameat2(dir, temp, dir, file, RENAME_EXCHANGE) < 0 && errno != ENOENT ? -1 : 0;
	unlinkat(dir, temp, 0);
	return rc;
}

/* Takes the rule that was read away. Returns as replace. */
static int take_away(int dir, const char *file, int rule_fd)
{
	char temp[300];
	int rc = 1;

	snprintf(temp, sizeof(temp), ".%s.old", file);
	if (renameat(dir, file, dir, temp) < 0)
		return errno == ENOENT ? 0 : -1;
	if (is_other(dir, temp, rule_fd))
		rc = renameat2(dir, temp, dir, file, RENAME_NOREPLACE) < 0 && errno != EEXIST ? -1 : 0;
	unlinkat(dir, temp, 0);
	return rc;
}

/* One less of NAME in the rule's file. Returns as replace. */
static int count_down(int dir, const char *file, int rule_fd, char *text, const char *name, uint64_t value)
{
	char *digits = find_number(text, name);
	char line[RULE_MAX + 32];
	int len = snprintf(line, sizeof(line), "%.*s%llu%s", (int)(digits - text), text,
			   (unsigned long long)value, digits + strcspn(digits, " \t\r\n"));

	return replace(dir, file, rule_fd, line, (size_t)len);
}

/* Does the rule apply now? Returns: 1, 0, or -1 with errno when its count could not be kept. */
static int rule_applies(const struct limit *limit, int dir, const char *file, int rule_fd, char *text,
			const char *method, const char *path, uint64_t off, uint64_t len, uint64_t request_no)
{
	if (strncmp(path, limit->path, strlen(limit->path)) != 0)
		return 0;
	if (limit->method[0] && strcmp(method, limit->method) != 0)
		return 0;
	if (limit->offset != HTTPD_FAULT_NONE && (limit->offset < off || limit->offset - off >= len))
		return 0;
	if (limit->percent < 100 && mix(limit->seed ^ mix(request_no)) % 100 >= limit->percent)
		return 0;
	if (limit->sides && mix(limit->seed ^ mix(request_no)) % limit->sides != limit->face)
		return 0;
	if (limit->skip)
		return count_down(dir, file, rule_fd, text, "skip", limit->skip - 1) < 0 ? -1 : 0;
	if (limit->count == 0)
		return 0;
	if (limit->count == HTTPD_FAULT_NONE)
		return 1;
	if (limit->count == 1)
		return take_away(dir, file, rule_fd);
	return count_down(dir, file, rule_fd, text, "count", limit->count - 1);
}

/* The rule's text: the file's, or the file's name when it is empty. Returns: 0, 1 to ignore it, -1 errno. */
static int load_rule(int rule_fd, const char *file, char text[RULE_MAX])
{
	ssize_t n = read(rule_fd, text, RULE_MAX - 1);
	struct rule rule;

	if (n < 0)
		return -1;
	text[n] = '\0';
	if (n > 0)
		return 0;
	/* A file that a shell has opened and not yet written is empty too: then its name is no word. */
	snprintf(text, RULE_MAX, "%s", file);
	memset(&rule, 0, sizeof(rule));
	return parse_rule(text, &rule) != NULL;
}

static int read_rule(int dir, const char *file, const char *method, const char *path, uint64_t off,
		     uint64_t len, uint64_t request_no, struct httpd_fault *fault)
{
	struct rule rule = {.limit = {.offset = HTTPD_FAULT_NONE, .count = HTTPD_FAULT_NONE, .percent = 100}};
	static char text[RULE_MAX];
	const char *wrong = NULL;
	int rule_fd = openat(dir, file, O_RDONLY | O_CLOEXEC), rc;

	if (rule_fd < 0 && errno == ENOENT) /* the test has just taken it away */
		return 0;
	rc = rule_fd < 0 ? -1 : load_rule(rule_fd, file, text);
	if (rc == 0) {
		/* What this rule adds goes on top of the earlier ones, and is dropped if it does not apply. */
		rule.fault = *fault;
		wrong = parse_rule(text, &rule);
		rc = wrong ? -1
			   : rule_applies(&rule.limit, dir, file, rule_fd, text, method, path, off, len,
					  request_no);
		if (rc == 1)
			*fault = rule.fault;
	}
	if (wrong)
		fprintf(stderr, "httpd: fault %s: no such word, or a bad value: %s\n", file, wrong);
	else if (rc < 0)
		fprintf(stderr, "httpd: fault %s: %s\n", file, strerror(errno));
	if (rule_fd >= 0)
		close(rule_fd);
	return rc < 0 ? -1 : 0;
}

static int is_rule(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Not alphasort(), whose order depends on the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int httpd_fault_read(const char *dir, const char *method, const char *path, uint64_t off, uint64_t len,
		     uint64_t request_no, struct httpd_fault *fault_out)
{
	struct dirent **list;
	int fd, n, rc = 0;

	fault_blank(fault_out);
	if (!dir)
		return 0;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	n = fd < 0 ? -1 : scandirat(fd, ".", &list, is_rule, by_name);
	if (n < 0) {
		fprintf(stderr, "httpd: faults %s: %s\n", dir, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = read_rule(fd, list[i]->d_name, method, path, off, len, request_no, fault_out);
		free(list[i]);
	}
	free(list);
	close(fd);
	return rc;
}
