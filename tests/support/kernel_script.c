/* SPDX-License-Identifier: MIT */
#include "kernel_script.h"

#include "kernel_answer.h"
#include "kernel_daemon.h"
#include "kernel_keeper.h"
#include "kernel_load.h"
#include "kernel_model.h"
#include "kernel_trap.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <linux/cachefiles.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { WORDS_MAX = 8 };

static struct {
	const char *image;
	char image_key[256]; /* under which image was made a source */
	size_t log_seen;
	char *words[WORDS_MAX + 1]; /* of the command; absent ones are empty */
	char *rest[WORDS_MAX + 1];  /* the line from each word on */
} script;

void kernel_script_init(const char *image)
{
	script.image = image;
}

static const char *word(int i)
{
	return script.words[i] ? script.words[i] : "";
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (*end == 'K')
		value <<= 10, end++;
	else if (*end == 'M')
		value <<= 20, end++;
	if (!*text || *end || errno)
		kernel_broken("`%s` is no number", text);
	return value;
}

static struct kernel_object *object(const char *text)
{
	struct kernel_object *found = kernel_model_object((uint32_t)number(text));

	if (!found)
		kernel_broken("there is no object %s", text);
	return found;
}

/* %XX is a byte, `image` the key of the image. */
static void key_decode(const char *text, char *key_out, size_t size)
{
	size_t len = 0;

	if (strcmp(text, "image") == 0)
		text = kernel_daemon_image_key();
	while (*text && len < size - 1) {
		unsigned byte;

		if (sscanf(text, "%%%2x", &byte) == 1) {
			key_out[len++] = (char)byte;
			text += 3;
		} else {
			key_out[len++] = *text++;
		}
	}
	key_out[len] = '\0';
}

static bool is_ready_or_over(const void *arg)
{
	(void)arg;
	return kernel_daemon_is_ready() || kernel_daemon_status() >= 0;
}

static bool is_over(const void *arg)
{
	(void)arg;
	return kernel_daemon_status() >= 0;
}

static void do_ready(void)
{
	kernel_daemon_wait(is_ready_or_over, NULL, false, "ready");
	snprintf(script.image_key, sizeof(script.image_key), "%s", kernel_daemon_image_key());
	if (script.image)
		kernel_model_source(script.image_key, script.image);
}

static void do_failed(void)
{
	if (!kernel_daemon_is_ready())
		kernel_daemon_wait(is_ready_or_over, NULL, true, "failed");
	else
		kernel_daemon_wait(is_over, NULL, true, "failed");
	if (kernel_daemon_status() != (int)number(word(1)) ||
	    fnmatch(script.rest[2] ? script.rest[2] : "", kernel_daemon_failure(), 0) != 0)
		kernel_broken("expected: failed %s %s", word(1), script.rest[2] ? script.rest[2] : "");
}

static bool has_log(const void *arg)
{
	while (script.log_seen < kernel_daemon_log_count())
		if (fnmatch(arg, kernel_daemon_log(script.log_seen++), 0) == 0)
			return true;
	return false;
}

static void do_log(void)
{
	kernel_daemon_wait(has_log, script.rest[1], false, script.rest[1]);
}

static void do_nolog(void)
{
	for (size_t i = 0; i < kernel_daemon_log_count(); i++)
		if (fnmatch(script.rest[1], kernel_daemon_log(i), 0) == 0)
			kernel_broken("unwanted: log: %s", kernel_daemon_log(i));
}

static void do_open(void)
{
	char key[512], volume[512];
	struct kernel_object *opened;

	key_decode(word(1), key, sizeof(key));
	if (*word(2))
		key_decode(word(2), volume, sizeof(volume));
	else
		snprintf(volume, sizeof(volume), "erofs,%.500s", key);
	opened = kernel_model_open(key, volume);
	printf("object %" PRIu32 " %s\n", opened->id, key);
}

static void do_read(void)
{
	const char *label = word(4);

	kernel_model_read(object(word(1)), number(word(2)), number(word(3)), *label == '=' ? label + 1 : "");
}

static bool is_chosen(const struct kernel_request *request, const char *which)
{
	if (request->raw || request->opcode == CACHEFILES_OP_CLOSE || request->is_looked_at)
		return false;
	return strcmp(which, "all") == 0 || strcmp(which, request->label) == 0;
}

static bool are_over(const void *which)
{
	struct kernel_request *request;

	for (size_t i = 0; (request = kernel_model_request(i)); i++)
		if (is_chosen(request, which) && request->state != KERNEL_OVER)
			return false;
	return true;
}

/* Judges those that are over. */
static unsigned judge(const char *which, const char *how)
{
	struct kernel_request *request;
	unsigned count = 0;

	for (size_t i = 0; (request = kernel_model_request(i)); i++) {
		if (!is_chosen(request, which))
			continue;
		count++;
		request->is_looked_at = true;
		if (strcmp(how, "any") != 0 && request->is_good != (strcmp(how, "eio") != 0))
			kernel_broken("%s of object %" PRIu32 " at %" PRIu64 "+%" PRIu64 ": %s, expected %s",
				      request->opcode == CACHEFILES_OP_OPEN ? "open" : "read",
				      request->object_id, request->off, request->len,
				      request->is_good ? "ok" : "eio", how);
	}
	return count;
}

static void do_wait(void)
{
	const char *which = *word(1) ? word(1) : "all", *how = *word(2) ? word(2) : "ok";

	if (strcmp(how, "ok") != 0 && strcmp(how, "eio") != 0 && strcmp(how, "any") != 0)
		kernel_broken("wait %s %s: no such outcome", which, how);
	kernel_daemon_wait(are_over, which, false, which);
	if (judge(which, how) == 0)
		kernel_broken("wait %s: no such request", which);
}

static void do_pending(void)
{
	struct kernel_request *request;
	unsigned count = 0;

	for (size_t i = 0; (request = kernel_model_request(i)); i++) {
		if (!is_chosen(request, word(1)))
			continue;
		count++;
		if (request->state == KERNEL_OVER)
			kernel_broken("read %s is answered already", word(1));
	}
	if (count == 0)
		kernel_broken("pending %s: no such request", word(1));
}

static void do_abandon(void)
{
	struct kernel_request *request;

	for (size_t i = 0; (request = kernel_model_request(i)); i++)
		if (is_chosen(request, word(1)))
			kernel_model_abandon(request);
}

static void do_close(void)
{
	kernel_model_close(object(word(1)));
}

static void do_raw(void)
{
	uint8_t bytes[65536];
	size_t len = 0;

	for (const char *at = script.rest[1]; at && *at; at++) {
		unsigned byte;

		if (*at == ' ')
			continue;
		if (sscanf(at, "%2x", &byte) != 1 || len == sizeof(bytes))
			kernel_broken("raw: this is not hexadecimal: %s", at);
		bytes[len++] = (uint8_t)byte;
		at++;
	}
	kernel_model_raw(bytes, len);
}

static void do_message(void)
{
	uint8_t bytes[4096] = {0};
	struct cachefiles_msg head = {.msg_id = (uint32_t)number(word(1)),
				      .opcode = (uint32_t)number(word(2)),
				      .len = (uint32_t)number(word(3)),
				      .object_id = (uint32_t)number(word(4))};
	size_t body = (size_t)number(word(5));

	memcpy(bytes, &head, sizeof(head));
	memset(bytes + sizeof(head), 0xa5, body < 4000 ? body : 4000);
	kernel_model_raw(bytes, sizeof(head) + (body < 4000 ? body : 4000));
}

static bool is_idle(const void *arg)
{
	(void)arg;
	return kernel_model_is_idle();
}

static void do_settle(void)
{
	kernel_model_poke();
	kernel_daemon_wait(is_idle, NULL, false, "the daemon to read the device until it is empty");
}

static void do_ports(void)
{
	unsigned count;

	do_settle();
	count = kernel_daemon_port_count();
	if (count != number(word(1)))
		kernel_broken("the engine has %u cache files open, expected %s", count, word(1));
}

static void do_limit(void)
{
	kernel_model_limit((size_t)number(word(1)));
}

static void do_fill(void)
{
	static const struct {
		const char *name;
		int error;
	} errors[] = {{"ok", 0}, {"ENOSPC", ENOSPC}, {"ENOBUFS", ENOBUFS}, {"EIO", EIO}, {"EINTR", EINTR}};

	kernel_answer_shorten_fills(strcmp(word(1), "short") == 0);
	kernel_answer_delay_file(strcmp(word(1), "late") == 0);
	kernel_answer_fail_fills(0, 0);
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (strcmp(word(1), errors[i].name) == 0)
			kernel_answer_fail_fills(errors[i].error, *word(2) ? (int64_t)number(word(2)) : -1);
}

static void do_source(void)
{
	char key[512];

	key_decode(word(1), key, sizeof(key));
	kernel_model_source(key, word(2));
}

static void do_kill(void)
{
	kernel_daemon_kill();
}

static void do_remember(void)
{
	char text[2048];

	key_decode(word(1), text, sizeof(text));
	kernel_keeper_remember(text);
}

static void do_hashes(void)
{
	if (strcmp(word(1), "spoil") != 0)
		kernel_broken("hashes %s: no such change", word(1));
	kernel_daemon_spoil_hashes();
}

static void do_stats(void)
{
	if (strcmp(word(1), "spoil") != 0)
		kernel_broken("stats %s: no such change", word(1));
	kernel_daemon_spoil_stats((uint32_t)number(word(2)));
}

static uint64_t measure(const char *text)
{
	struct counters counters = kernel_daemon_counters();

	if (strcmp(text, "fetched") == 0)
		return counters.fetched_bytes;
	if (strcmp(text, "requests") == 0)
		return counters.requests;
	if (strcmp(text, "misses") == 0)
		return counters.misses;
	if (strcmp(text, "failed") == 0)
		return counters.failed;
	if (strcmp(text, "hashes") == 0)
		return counters.hash_bytes;
	if (strcmp(text, "wrong") == 0)
		return counters.wrong_blocks;
	if (strcmp(text, "memory") == 0)
		return kernel_daemon_memory();
	return number(text);
}

static void do_check(void)
{
	uint64_t left, right;
	const char *how = word(2);
	bool is_right;

	/* The engine counts behind its answers. */
	do_settle();
	left = measure(word(1));
	right = measure(word(3));
	is_right = strcmp(how, "<") == 0    ? left < right
		   : strcmp(how, ">") == 0  ? left > right
		   : strcmp(how, "==") == 0 ? left == right
					    : false;
	printf("check %s=%" PRIu64 " %s %s=%" PRIu64 "\n", word(1), left, how, word(3), right);
	if (!is_right)
		kernel_broken("check failed");
}

static void do_sh(void)
{
	int status;

	fflush(stdout);
	status = system(script.rest[1]);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		kernel_broken("status %d of: %s", status, script.rest[1]);
}

static bool succeeds(const void *arg)
{
	return system(arg) == 0;
}

static void do_until(void)
{
	kernel_daemon_wait(succeeds, script.rest[1], false, script.rest[1]);
}

static void do_scan(void)
{
	kernel_load_scan(object(word(1)), number(word(2)));
}

static void do_random(void)
{
	kernel_load_random(object(word(1)), (unsigned)number(word(2)), number(word(3)), number(word(4)));
}

static void do_sample(void)
{
	kernel_load_sample(object(word(1)), (unsigned)number(word(2)), number(word(3)), number(word(4)));
}

static void do_judge(void)
{
	kernel_load_judge(object(word(1)), number(word(2)), word(3),
			  *word(4) ? (unsigned)number(word(4)) : 1);
}

static const struct {
	const char *name;
	void (*run)(void);
} commands[] = {
	{"ready", do_ready},       {"failed", do_failed},   {"log", do_log},
	{"nolog", do_nolog},       {"open", do_open},       {"read", do_read},
	{"wait", do_wait},         {"pending", do_pending}, {"close", do_close},
	{"abandon", do_abandon},   {"raw", do_raw},         {"message", do_message},
	{"settle", do_settle},     {"limit", do_limit},     {"ports", do_ports},
	{"fill", do_fill},         {"source", do_source},   {"kill", do_kill},
	{"remember", do_remember}, {"hashes", do_hashes},   {"start", kernel_daemon_start},
	{"check", do_check},       {"sh", do_sh},           {"scan", do_scan},
	{"random", do_random},     {"sample", do_sample},   {"judge", do_judge},
	{"stats", do_stats},       {"until", do_until},
};

/* rest[i] is the line from word i on, words[i] that word alone. */
static void cut(char *line)
{
	static char copy[65536];
	char *at = line;
	int count = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	memset(script.words, 0, sizeof(script.words));
	memset(script.rest, 0, sizeof(script.rest));
	while (count < WORDS_MAX) {
		size_t len;

		at += strspn(at, " \t");
		len = strcspn(at, " \t");
		if (len == 0)
			break;
		script.rest[count] = copy + (at - line);
		script.words[count] = at;
		count++;
		at += len;
		if (*at)
			*at++ = '\0';
	}
}

void kernel_script_run(char *line)
{
	line[strcspn(line, "\n")] = '\0';
	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return;
	printf("> %s\n", line);
	cut(line);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(word(0), commands[i].name) == 0) {
			commands[i].run();
			return;
		}
	}
	kernel_broken("no such command");
}

void kernel_script_end(void)
{
	struct kernel_request *request;

	for (size_t i = 0; (request = kernel_model_request(i)); i++) {
		if (!is_chosen(request, "all") || request->state == KERNEL_ABANDONED)
			continue;
		if (request->state != KERNEL_OVER || !request->is_good)
			kernel_broken("request %" PRIu32 " of object %" PRIu32 " at %" PRIu64 "+%" PRIu64
				      ": %s",
				      request->id, request->object_id, request->off, request->len,
				      request->state == KERNEL_OVER ? "failed, and no wait saw it"
								    : "has no answer");
	}
}
