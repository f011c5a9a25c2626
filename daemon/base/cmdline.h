/* SPDX-License-Identifier: MIT */
/*
 * The kernel command line, as far as it is blobroot's.
 *
 * Flow: start and the cmdline role hand in words; struct config comes out.
 * Process: keeper, engine (the engine gets the same words as arguments)
 * Source: blobroot.cmdline(7), written from the grammar below;
 * Documentation/admin-guide/kernel-parameters.rst for the quoting of words
 *
 * Grammar, one word each, the last of equals wins (mirrors add up):
 *
 *   root=blob:URL                URL = http://.. or https://.., no user, no fragment
 *   rd.blob.roothash=HEX         64 hexadecimal digits
 *   rd.blob.verity=URL[#OFFSET]  the hash tree's superblock is OFFSET bytes into the file, by default 0
 *   rd.blob.mirror=URL           at most 8
 *   rd.blob.transport=           auto | cachefiles | fanotify | nbd
 *   rd.blob.cache=               ram[:SIZE] | LABEL=.. | UUID=.. | /dev/..
 *   rd.blob.overlay=             tmpfs[:SIZE] | none | LABEL=.. | UUID=.. | /dev/..
 *   rd.blob.profile=             auto | none | URL
 *   rd.blob.timeout=SECONDS      0 (for ever) to 86400
 *   rd.blob.complete=            off | RATE: bytes a second
 *   rd.blob.cert=PATH            an absolute path in the initramfs: the client certificate (PEM), and its key
 *   rd.blob.key=PATH             its key, where that has a file of its own
 *   rd.blob.insecure             alone, or =1 or =0
 *
 * SIZE = digits, then nothing, k, m, g or %. RATE = digits, not all 0, then nothing, k, m or g. Any other rd.blob. word is an error: a typo must not boot a host
 * in a way that its owner did not mean. Words of others are passed over.
 */
#ifndef BLOBROOT_CMDLINE_H
#define BLOBROOT_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CMDLINE_URL_MAX = 2048,
	CMDLINE_VALUE_MAX = 256,
	CMDLINE_MIRRORS_MAX = 8,
	CMDLINE_WORD_MAX = 4096,
	CMDLINE_TIMEOUT_MAX_S = 86400,
};

struct config {
	char url[CMDLINE_URL_MAX];
	char verity_url[CMDLINE_URL_MAX]; /* empty: url + ".verity" */
	uint64_t verity_off;
	char mirrors[CMDLINE_MIRRORS_MAX][CMDLINE_URL_MAX];
	unsigned mirror_count;
	char roothash[65];  /* empty: none given */
	char transport[16]; /* a name, or auto */
	char cache[CMDLINE_VALUE_MAX];
	char overlay[CMDLINE_VALUE_MAX];
	char profile[CMDLINE_URL_MAX];
	char cert[CMDLINE_VALUE_MAX], key[CMDLINE_VALUE_MAX]; /* empty: none given */
	uint32_t timeout_s;
	uint64_t complete_rate; /* bytes a second; 0: off */
	bool is_insecure;
};

enum cmdline_result {
	CMDLINE_OK,
	CMDLINE_UNKNOWN,
	CMDLINE_TOO_LONG,
	CMDLINE_BAD_URL,
	CMDLINE_URL_HAS_USER,
	CMDLINE_BAD_ROOTHASH,
	CMDLINE_BAD_OFFSET,
	CMDLINE_BAD_TRANSPORT,
	CMDLINE_BAD_SIZE,
	CMDLINE_BAD_CACHE,
	CMDLINE_BAD_OVERLAY,
	CMDLINE_BAD_PROFILE,
	CMDLINE_BAD_TIMEOUT,
	CMDLINE_BAD_RATE,
	CMDLINE_BAD_PATH,
	CMDLINE_BAD_INSECURE,
	CMDLINE_MANY_MIRRORS,
	CMDLINE_NO_ROOT,
	CMDLINE_KEY_ALONE,
};

/* The defaults, before any word. */
void cmdline_defaults(struct config *config_out);

/* Takes one word, without its quotes. */
enum cmdline_result cmdline_take_word(struct config *config, const char *word);

/* What only the whole line shows: is there a root=blob: at all, and a certificate to each key? */
enum cmdline_result cmdline_check(const struct config *config);

/*
 * Cuts the next word from *text (as /proc/cmdline has it: white space between words, double quotes keep it).
 * Shape: word_out holds CMDLINE_WORD_MAX bytes; a longer word is cut to an unusable one of CMDLINE_WORD_MAX -
 * 1 bytes, which cmdline_take_word refuses if it is ours. Returns: false when no word is left.
 */
bool cmdline_next_word(const char **text, char *word_out);

/* Why, for a message `WORD: why`. */
const char *cmdline_explain(enum cmdline_result result);

#endif
