/* SPDX-License-Identifier: MIT */
/*
 * A netrc file: user and password for each host.
 *
 * Flow: credentials reads the file and asks for a host. Pure.
 * Process: engine
 * Source: the GNU inetutils manual, "The .netrc file"; quotes and comments as curl(1) has them
 *
 * Grammar: words separated by white space; a word in double quotes may hold anything but control characters, with \" and \\;
 * # as the first character of a line makes it a comment. Entries are
 *
 *   machine HOST login USER password PASSWORD        (login and password in either order)
 *
 * `account WORD` is ignored. `default` is refused: it would give the password to any host that a redirect
 * leads to. `macdef` is refused: nothing runs macros.
 */
#ifndef BLOBROOT_NETRC_H
#define BLOBROOT_NETRC_H

#include <stddef.h>

enum {
	NETRC_ENTRIES_MAX = 32,
	NETRC_WORD_MAX = 256, /* with its NUL */
};

struct netrc_entry {
	char machine[NETRC_WORD_MAX], login[NETRC_WORD_MAX], password[NETRC_WORD_MAX];
};

struct netrc {
	struct netrc_entry entries[NETRC_ENTRIES_MAX];
	unsigned count;
};

enum netrc_result {
	NETRC_OK,
	NETRC_UNKNOWN_WORD, /* no keyword where one is required, or one twice */
	NETRC_CUT_SHORT,    /* the file ends where a value is required */
	NETRC_INCOMPLETE,   /* a machine without login or password */
	NETRC_LONG_WORD,
	NETRC_BAD_QUOTE,
	NETRC_CONTROL, /* a control character in a word */
	NETRC_DEFAULT,
	NETRC_MACDEF,
	NETRC_MANY,
};

/* Returns NETRC_OK, or a fault with its line (from 1) in *line_out; netrc_out is not valid then. */
enum netrc_result netrc_parse(const char *text, size_t len, struct netrc *netrc_out, unsigned *line_out);

/* The first entry for this host (len bytes, case-insensitive), or NULL. */
const struct netrc_entry *netrc_find(const struct netrc *netrc, const char *host, size_t len);

/* Why, for a message `FILE: line N: why`; never quotes the file. */
const char *netrc_explain(enum netrc_result result);

#endif
