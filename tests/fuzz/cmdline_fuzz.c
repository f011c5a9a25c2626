/* SPDX-License-Identifier: MIT */
/*
 * A kernel command line: its words are those that the kernel sees, what is kept of them can do no harm where it goes
 * (a shell's quotes, arguments of programs), and means the same when it is said anew.
 */
#include "fuzz.h"

#include "base/cmdline.h"

#include <ctype.h>
#include <stdarg.h>

static char words[CMDLINE_MIRRORS_MAX + 14][CMDLINE_WORD_MAX];
static unsigned word_count;

/* `blobrootd cmdline` prints NAME='VALUE' for the shell. */
static void check_value(const char *value, size_t size, bool may_be_empty)
{
	size_t len = strnlen(value, size);

	MUST(len < size && (len > 0 || may_be_empty), "%zu bytes", len);
	for (const char *at = value; *at; at++)
		MUST((unsigned char)*at > ' ' && *at != 0x7f && !strchr("'\"\\`<>", *at),
		     "not for a shell: %s", value);
}

static void check_config(const struct config *config)
{
	size_t digits = strspn(config->roothash, "0123456789abcdef");

	check_value(config->url, sizeof(config->url), true);
	check_value(config->verity_url, sizeof(config->verity_url), true);
	check_value(config->cache, sizeof(config->cache), true);
	check_value(config->overlay, sizeof(config->overlay), false);
	check_value(config->profile, sizeof(config->profile), false);
	check_value(config->cert, sizeof(config->cert), true);
	check_value(config->key, sizeof(config->key), true);
	MUST(config->mirror_count <= CMDLINE_MIRRORS_MAX, "%u mirrors", config->mirror_count);
	for (unsigned i = 0; i < config->mirror_count; i++)
		check_value(config->mirrors[i], sizeof(config->mirrors[i]), false);
	MUST(!config->roothash[digits] && (digits == 0 || digits == 64), "root hash %s", config->roothash);
	MUST(config->verity_off < UINT64_C(1000000000000000), "an offset of %" PRIu64, config->verity_off);
	MUST(config->contact_s <= CMDLINE_TIMEOUT_MAX_S, "%u s", config->contact_s);
	MUST(config->timeout_s <= CMDLINE_TIMEOUT_MAX_S, "%u s", config->timeout_s);
	MUST(strcmp(config->transport, "auto") == 0 || strcmp(config->transport, "cachefiles") == 0 ||
		     strcmp(config->transport, "fuse") == 0,
	     "transport %s", config->transport);
	MUST((cmdline_check(config) == CMDLINE_OK) ==
		     (config->url[0] != '\0' && (!config->key[0] || config->cert[0])),
	     "with a root or without");
}

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(words[word_count++], CMDLINE_WORD_MAX, format, args);
	va_end(args);
}

/* With the largest unit that divides it. */
static void say_rate(uint64_t rate)
{
	static const char *const units[] = {"", "k", "M", "g"};
	unsigned unit = 0;

	if (rate == 0) {
		say("rd.blob.complete=off");
		return;
	}
	for (; unit < 3 && rate % 1024 == 0; unit++)
		rate /= 1024;
	say("rd.blob.complete=%" PRIu64 "%s", rate, units[unit]);
}

/* The words that ask for this. */
static void say_config(const struct config *config)
{
	word_count = 0;
	if (config->url[0])
		say("root=blob:%s", config->url);
	if (config->verity_url[0])
		say("rd.blob.verity=%s#%" PRIu64, config->verity_url, config->verity_off);
	for (unsigned i = 0; i < config->mirror_count; i++)
		say("rd.blob.mirror=%s", config->mirrors[i]);
	if (config->roothash[0])
		say("rd.blob.roothash=%s", config->roothash);
	if (config->cert[0])
		say("rd.blob.cert=%s", config->cert);
	if (config->key[0])
		say("rd.blob.key=%s", config->key);
	say("rd.blob.transport=%s", config->transport);
	if (config->cache[0])
		say("rd.blob.cache=%s", config->cache);
	say("rd.blob.overlay=%s", config->overlay);
	say("rd.blob.profile=%s", config->profile);
	say("rd.blob.contact=%u", config->contact_s);
	say("rd.blob.timeout=%u", config->timeout_s);
	say_rate(config->complete_rate);
	say("rd.blob.insecure=%d", config->is_insecure);
}

static bool is_same(const struct config *a, const struct config *b)
{
	for (unsigned i = 0; i < a->mirror_count; i++)
		if (strcmp(a->mirrors[i], b->mirrors[i]) != 0)
			return false;
	return strcmp(a->url, b->url) == 0 && strcmp(a->verity_url, b->verity_url) == 0 &&
	       (!a->verity_url[0] || a->verity_off == b->verity_off) && a->mirror_count == b->mirror_count &&
	       strcmp(a->roothash, b->roothash) == 0 && strcmp(a->transport, b->transport) == 0 &&
	       strcmp(a->cert, b->cert) == 0 && strcmp(a->key, b->key) == 0 &&
	       strcmp(a->cache, b->cache) == 0 && strcmp(a->overlay, b->overlay) == 0 &&
	       strcmp(a->profile, b->profile) == 0 && a->contact_s == b->contact_s &&
	       a->timeout_s == b->timeout_s && a->complete_rate == b->complete_rate &&
	       a->is_insecure == b->is_insecure;
}

/* The length of the word at text: quotes do not count, and keep white space in it. */
static size_t word_len(const char *text)
{
	bool is_quoted = false;
	size_t len = 0;

	while (isspace((unsigned char)*text))
		text++;
	for (; *text && (is_quoted || !isspace((unsigned char)*text)); text++) {
		is_quoted ^= *text == '"';
		len += *text != '"';
	}
	return len;
}

/* Returns false at a word that is refused: there the boot ends. */
static bool take(struct config *config, const char *word, size_t len)
{
	enum cmdline_result result = cmdline_take_word(config, word);
	bool is_ours = strncmp(word, "rd.blob.", 8) == 0 || strncmp(word, "root=blob:", 10) == 0;

	must_be_a_line(cmdline_explain(result));
	MUST(is_ours || result == CMDLINE_OK, "another's word is refused: %s", word);
	MUST(!is_ours || result != CMDLINE_OK || len < CMDLINE_WORD_MAX - 1, "a word that was cut is taken");
	return result == CMDLINE_OK;
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static struct config config, again;
	static char word[CMDLINE_WORD_MAX];
	char *text = fuzz_text(data, size);
	const char *at = text, *before = text;
	bool is_good = true;

	cmdline_defaults(&config);
	while (is_good && cmdline_next_word(&at, word)) {
		size_t len = word_len(before);

		MUST(at > before && at <= text + strlen(text), "it does not move on");
		MUST(strlen(word) == (len < CMDLINE_WORD_MAX ? len : CMDLINE_WORD_MAX - 1),
		     "another word: %s", word);
		MUST(!strchr(word, '"'), "a quote: %s", word);
		is_good = take(&config, word, len);
		before = at;
	}
	if (is_good) {
		check_config(&config);
		say_config(&config);
		cmdline_defaults(&again);
		for (unsigned i = 0; i < word_count; i++)
			MUST(cmdline_take_word(&again, words[i]) == CMDLINE_OK, "refused: %s", words[i]);
		MUST(is_same(&config, &again), "said anew it is another");
	}
	free(text);
	return 0;
}
