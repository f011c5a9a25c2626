/* SPDX-License-Identifier: MIT */
/*
 * blobroot's parameters on the kernel command line.
 *
 * Flow: words passes in one word at a time; struct config comes out.
 * Process: keeper, engine (the engine gets the same words as arguments)
 * Source: blobroot.cmdline(7), written from the grammar below;
 * Documentation/admin-guide/kernel-parameters.rst for the quoting of words
 *
 * Grammar: one word per parameter. If one is repeated, the last wins, except that mirrors add up.
 *
 *   root=blob:URL                URL = http://.. or https://.., no user, no fragment
 *   rd.blob.roothash=HEX         64 hexadecimal digits
 *   rd.blob.verity=URL[#OFFSET]  the hash tree's superblock is OFFSET bytes into the file, by default 0
 *   rd.blob.mirror=URL           at most 8
 *   rd.blob.transport=           auto | cachefiles | fuse
 *   rd.blob.cache=               page | ram[:SIZE] | LABEL=.. | UUID=.. | /dev/..
 *   rd.blob.cache.limit=SIZE     how much of the device a store may take
 *   rd.blob.overlay=             tmpfs[:SIZE] | none | LABEL=.. | UUID=.. | /dev/..
 *   rd.blob.profile=             auto | none | record | URL
 *   rd.blob.contact=SECONDS      0 (for ever) to 86400: how long the boot waits for a first good answer
 *   rd.blob.timeout=SECONDS      0 (for ever) to 86400: how long a read of the running host may wait
 *   rd.blob.complete=            off | RATE: bytes a second
 *   rd.blob.cert=PATH            an absolute path in the initramfs: the client certificate (PEM), with its key
 *   rd.blob.key=PATH             the key, if it is in a separate file
 *   rd.blob.insecure             alone, or =1 or =0
 *
 * SIZE = digits, then nothing, k, m, g or %. RATE = digits, not all 0, then nothing, k, m or g. Any other
 * rd.blob. word is an error, so that a typo cannot boot a host in an unintended way. Other words are ignored.
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
	char roothash[65];                   /* empty: none given */
	char transport[16];                  /* a name, or auto */
	char cache[CMDLINE_VALUE_MAX];       /* empty: by transport */
	char cache_limit[CMDLINE_VALUE_MAX]; /* empty: none given */
	char overlay[CMDLINE_VALUE_MAX];
	char profile[CMDLINE_URL_MAX];                        /* auto, none or a URL */
	bool records_exactly;                                 /* for a profile: nothing is read ahead */
	char cert[CMDLINE_VALUE_MAX], key[CMDLINE_VALUE_MAX]; /* empty: none given */
	uint32_t contact_s, timeout_s;
	uint64_t complete_rate; /* bytes a second; 0: off */
	bool is_insecure;
	bool has_contact; /* contact_s is the command line's, not the default */
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
	CMDLINE_BAD_LIMIT,
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

/* Parses one word, quotes already removed. */
enum cmdline_result cmdline_take_word(struct config *config, const char *word);

/* Checks that need the whole line: there is a root=blob:, and a key comes with a certificate. */
enum cmdline_result cmdline_check(const struct config *config);

/*
 * Takes the next word from *text, in the format of /proc/cmdline: words are separated by white space, unless it is
 * in double quotes. Shape: word_out holds CMDLINE_WORD_MAX bytes. A longer word is truncated to CMDLINE_WORD_MAX - 1
 * bytes, and cmdline_take_word refuses one of that length if it is ours. Returns: false when no word is left.
 */
bool cmdline_next_word(const char **text, char *word_out);

/* Why, for a message `WORD: why`. */
const char *cmdline_explain(enum cmdline_result result);

#endif
