/* SPDX-License-Identifier: MIT */
/*
 * URLs beside an image's: a key of the kernel's leads to a file in the image's directory and to no other place, and
 * what is published with a blob has the blob's own name before its suffix.
 *
 * Input: a byte for the room there is, the URL (as the command line takes it), a line end, the key.
 */
#include "fuzz.h"

#include "base/cmdline.h"
#include "fetch/blob.h"
#include "fetch/blob_url.h"

#include <errno.h>

static uint8_t unescaped(const char **at)
{
	char digits[3] = {0};

	if (**at != '%')
		return (uint8_t) * (*at)++;
	memcpy(digits, *at + 1, 2);
	MUST(strspn(digits, "0123456789ABCDEF") == 2, "an escape that is none: %s", *at);
	*at += 3;
	return (uint8_t)strtoul(digits, NULL, 16);
}

static void check_sibling(const char *url, const char *key, const char *sibling)
{
	const char *host = strstr(url, "://") + 3, *at;
	size_t dir = strcspn(url, "?");

	while (dir > (size_t)(host - url) && url[dir - 1] != '/')
		dir--;
	/* No path: the whole host, and its root directory. */
	if (dir == (size_t)(host - url))
		dir = strcspn(url, "?");
	MUST(strncmp(sibling, url, dir) == 0, "%s is not beside %s", sibling, url);
	at = sibling + dir;
	if (url[dir - 1] != '/')
		MUST(*at++ == '/', "another host: %s", sibling);
	MUST(*at != '.' && *at != '\0' && !strpbrk(at, "/?#\\ "), "another directory: %s", sibling);
	for (; *key; key++)
		MUST(unescaped(&at) == (uint8_t)*key, "another name: %s", sibling);
	MUST(!*at, "more than the key: %s", sibling);
}

static bool has_path(const char *url)
{
	const char *host = strstr(url, "://") + 3;

	return host[strcspn(host, "/?")] == '/';
}

static void check_companion(const char *url, const char *companion)
{
	size_t path = strcspn(url, "?"), slash = has_path(url) ? 0 : 1;

	MUST(strlen(companion) == strlen(url) + slash + strlen(".verity"), "another length: %s", companion);
	MUST(strncmp(companion, url, path) == 0 &&
		     strncmp(companion + path, "/.verity" + 1 - slash, 7 + slash) == 0 &&
		     strcmp(companion + path + slash + 7, url + path) == 0,
	     "%s is not beside %s", companion, url);
}

static void check(const char *url, const char *key, size_t room)
{
	char *out = malloc(room);
	int err;

	MUST(out, "out of memory");
	err = blob_url_sibling(url, key, out, room);
	MUST(err == 0 || err == -EINVAL || err == -ENAMETOOLONG, "%d", err);
	MUST(err || strlen(out) < room, "no end");
	if (err == 0)
		check_sibling(url, key, out);
	MUST((err == -EINVAL) <= (!*key || *key == '.' || strchr(key, '/')), "%s is refused", key);
	/* With room enough only the key can be wrong. */
	if (room > strlen(url) + 3 * strlen(key) + 8)
		MUST((err == 0) == (*key && *key != '.' && !strchr(key, '/')), "%s: %d", key, err);
	err = blob_url_companion(url, ".verity", out, room);
	MUST(err == (strlen(url) + !has_path(url) + strlen(".verity") < room ? 0 : -ENAMETOOLONG), "%d", err);
	if (err == 0)
		check_companion(url, out);
	free(out);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static struct config config;
	struct fuzz_input input = {.at = data, .left = size};
	size_t room = (size_t)fuzz_take(&input, 1) + 1;
	char *text = fuzz_text(input.at, input.left), *key = strchr(text, '\n'), word[CMDLINE_WORD_MAX];

	if (key)
		*key++ = '\0';
	snprintf(word, sizeof(word), "root=blob:%s", text);
	cmdline_defaults(&config);
	if (cmdline_take_word(&config, word) == CMDLINE_OK)
		check(config.url, key ? key : "", room == 256 ? BLOB_URL_MAX : room);
	free(text);
	return 0;
}
