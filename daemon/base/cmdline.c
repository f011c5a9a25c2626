/* SPDX-License-Identifier: MIT */
#include "base/cmdline.h"

#include "base/hex.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cmdline_defaults(struct config *config_out)
{
	memset(config_out, 0, sizeof(*config_out));
	strcpy(config_out->transport, "auto");
	strcpy(config_out->overlay, "tmpfs");
	strcpy(config_out->profile, "auto");
}

static bool copy(char *to, size_t size, const char *value)
{
	size_t len = strlen(value);

	if (len >= size)
		return false;
	memcpy(to, value, len + 1);
	return true;
}

static const char *after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static enum cmdline_result take_url(char *url_out, const char *value)
{
	const char *host = after(value, "http://");
	size_t host_len;

	if (!host)
		host = after(value, "https://");
	if (!host)
		return CMDLINE_BAD_URL;
	for (const char *at = value; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f || strchr("\"'\\`<>{}^|#", *at))
			return CMDLINE_BAD_URL;
	host_len = strcspn(host, "/?");
	if (host_len == 0 || *host == ':')
		return CMDLINE_BAD_URL;
	if (memchr(host, '@', host_len))
		return CMDLINE_URL_HAS_USER;
	return copy(url_out, CMDLINE_URL_MAX, value) ? CMDLINE_OK : CMDLINE_TOO_LONG;
}

static bool is_size(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits;

	if (digits == 0 || digits > 12)
		return false;
	return *unit == '\0' || (strchr("kKmMgG%", *unit) && unit[1] == '\0');
}

static bool is_device(const char *value)
{
	const char *rest = after(value, "LABEL=");

	if (!rest)
		rest = after(value, "UUID=");
	if (!rest)
		rest = after(value, "/dev/");
	if (!rest || !*rest)
		return false;
	for (; *rest; rest++)
		if (!isalnum((unsigned char)*rest) && !strchr("_-.:/+@", *rest))
			return false;
	return !strstr(value, "..");
}

static enum cmdline_result take_path(char *path_out, const char *value)
{
	for (const char *at = value; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("_-.:/+@", *at))
			return CMDLINE_BAD_PATH;
	if (value[0] != '/' || !value[1] || strstr(value, ".."))
		return CMDLINE_BAD_PATH;
	return copy(path_out, CMDLINE_VALUE_MAX, value) ? CMDLINE_OK : CMDLINE_TOO_LONG;
}

/* MEMORY or MEMORY:SIZE, a device, or (where alone is not NULL) that word. */
static enum cmdline_result take_place(char *place_out, const char *value, const char *memory,
				      const char *alone, enum cmdline_result bad)
{
	const char *size = after(value, memory);

	if (size && *size == ':') {
		if (!is_size(size + 1))
			return CMDLINE_BAD_SIZE;
	} else if (!(size && *size == '\0') && !(alone && strcmp(value, alone) == 0) && !is_device(value)) {
		return bad;
	}
	return copy(place_out, CMDLINE_VALUE_MAX, value) ? CMDLINE_OK : CMDLINE_TOO_LONG;
}

static enum cmdline_result take_roothash(struct config *config, const char *value)
{
	uint8_t bytes[sizeof(config->roothash) / 2];

	if (strlen(value) != sizeof(config->roothash) - 1 || !hex_decode(value, bytes, sizeof(bytes)))
		return CMDLINE_BAD_ROOTHASH;
	hex_encode(bytes, sizeof(bytes), config->roothash);
	return CMDLINE_OK;
}

static enum cmdline_result take_verity(struct config *config, const char *value)
{
	char url[CMDLINE_WORD_MAX];
	const char *off = strchr(value, '#');
	size_t digits = off ? strspn(off + 1, "0123456789") : 0;

	/* 15 digits: a petabyte. */
	if (off && (digits == 0 || digits > 15 || off[1 + digits]))
		return CMDLINE_BAD_OFFSET;
	snprintf(url, sizeof(url), "%.*s", (int)(off ? off - value : (ptrdiff_t)strlen(value)), value);
	config->verity_off = off ? strtoull(off + 1, NULL, 10) : 0;
	return take_url(config->verity_url, url);
}

static enum cmdline_result take_transport(struct config *config, const char *value)
{
	static const char *const names[] = {"auto", "cachefiles", "fuse"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(value, names[i]) == 0) {
			strcpy(config->transport, value);
			return CMDLINE_OK;
		}
	}
	return CMDLINE_BAD_TRANSPORT;
}

static enum cmdline_result take_seconds(uint32_t *seconds_out, const char *value)
{
	size_t len = strlen(value);
	unsigned long seconds;

	if (len == 0 || len > 6 || strspn(value, "0123456789") != len)
		return CMDLINE_BAD_TIMEOUT;
	seconds = strtoul(value, NULL, 10);
	if (seconds > CMDLINE_TIMEOUT_MAX_S)
		return CMDLINE_BAD_TIMEOUT;
	*seconds_out = (uint32_t)seconds;
	return CMDLINE_OK;
}

/* At most 9 digits, so that none of the units overflows. */
static enum cmdline_result take_rate(struct config *config, const char *value)
{
	static const char units[] = "kKmMgG";
	size_t digits = strspn(value, "0123456789");
	const char *unit = value[digits] ? strchr(units, value[digits]) : NULL;
	uint64_t rate;

	if (strcmp(value, "off") == 0) {
		config->complete_rate = 0;
		return CMDLINE_OK;
	}
	if (digits == 0 || digits > 9 || (value[digits] && (!unit || value[digits + 1])))
		return CMDLINE_BAD_RATE;
	rate = strtoull(value, NULL, 10) << (unit ? 10 * ((unit - units) / 2 + 1) : 0);
	if (rate == 0)
		return CMDLINE_BAD_RATE;
	config->complete_rate = rate;
	return CMDLINE_OK;
}

static enum cmdline_result take_profile(struct config *config, const char *value)
{
	config->records_exactly = strcmp(value, "record") == 0;
	if (strcmp(value, "auto") == 0 || strcmp(value, "none") == 0 || config->records_exactly) {
		strcpy(config->profile, config->records_exactly ? "none" : value);
		return CMDLINE_OK;
	}
	return take_url(config->profile, value) == CMDLINE_OK ? CMDLINE_OK : CMDLINE_BAD_PROFILE;
}

static enum cmdline_result take_insecure(struct config *config, const char *rest)
{
	if (*rest == '\0' || strcmp(rest, "=1") == 0)
		config->is_insecure = true;
	else if (strcmp(rest, "=0") == 0)
		config->is_insecure = false;
	else
		return CMDLINE_BAD_INSECURE;
	return CMDLINE_OK;
}

static enum cmdline_result take_ours(struct config *config, const char *name)
{
	const char *value;

	if ((value = after(name, "roothash=")))
		return take_roothash(config, value);
	if ((value = after(name, "verity=")))
		return take_verity(config, value);
	if ((value = after(name, "mirror="))) {
		enum cmdline_result result;

		if (config->mirror_count == CMDLINE_MIRRORS_MAX)
			return CMDLINE_MANY_MIRRORS;
		result = take_url(config->mirrors[config->mirror_count], value);
		if (result == CMDLINE_OK)
			config->mirror_count++;
		return result;
	}
	if ((value = after(name, "transport=")))
		return take_transport(config, value);
	if ((value = after(name, "cache=")))
		return take_place(config->cache, value, "ram", "page", CMDLINE_BAD_CACHE);
	if ((value = after(name, "cache.limit="))) {
		if (!is_size(value) || strspn(value, "0") == strspn(value, "0123456789"))
			return CMDLINE_BAD_LIMIT;
		return copy(config->cache_limit, sizeof(config->cache_limit), value) ? CMDLINE_OK
										     : CMDLINE_BAD_LIMIT;
	}
	if ((value = after(name, "overlay=")))
		return take_place(config->overlay, value, "tmpfs", "none", CMDLINE_BAD_OVERLAY);
	if ((value = after(name, "profile=")))
		return take_profile(config, value);
	if ((value = after(name, "contact="))) {
		config->has_contact = true;
		return take_seconds(&config->contact_s, value);
	}
	if ((value = after(name, "timeout=")))
		return take_seconds(&config->timeout_s, value);
	if ((value = after(name, "complete=")))
		return take_rate(config, value);
	if ((value = after(name, "cert=")))
		return take_path(config->cert, value);
	if ((value = after(name, "key=")))
		return take_path(config->key, value);
	if ((value = after(name, "insecure")))
		return *value == '\0' || *value == '=' ? take_insecure(config, value) : CMDLINE_UNKNOWN;
	return CMDLINE_UNKNOWN;
}

enum cmdline_result cmdline_take_word(struct config *config, const char *word)
{
	const char *rest;

	if ((rest = after(word, "rd.blob.")))
		return strlen(word) >= CMDLINE_WORD_MAX - 1 ? CMDLINE_TOO_LONG : take_ours(config, rest);
	if ((rest = after(word, "root="))) {
		/* The last root= wins, even one that is not ours. */
		config->url[0] = '\0';
		rest = after(rest, "blob:");
		return rest ? take_url(config->url, rest) : CMDLINE_OK;
	}
	return CMDLINE_OK;
}

enum cmdline_result cmdline_check(const struct config *config)
{
	if (config->key[0] && !config->cert[0])
		return CMDLINE_KEY_ALONE;
	return config->url[0] ? CMDLINE_OK : CMDLINE_NO_ROOT;
}

bool cmdline_next_word(const char **text, char *word_out)
{
	const char *at = *text;
	bool is_quoted = false;
	size_t len = 0;

	while (isspace((unsigned char)*at))
		at++;
	if (!*at)
		return false;
	for (; *at && (is_quoted || !isspace((unsigned char)*at)); at++) {
		if (*at == '"')
			is_quoted = !is_quoted;
		else if (len < CMDLINE_WORD_MAX - 1)
			word_out[len++] = *at;
	}
	word_out[len] = '\0';
	*text = at;
	return true;
}

const char *cmdline_explain(enum cmdline_result result)
{
	static const char *const words[] = {
		[CMDLINE_OK] = "is fine",
		[CMDLINE_UNKNOWN] = "no such parameter (see blobroot.cmdline(7))",
		[CMDLINE_TOO_LONG] = "is too long",
		[CMDLINE_BAD_URL] = "is not a URL of the form http://HOST/PATH or https://HOST/PATH",
		[CMDLINE_URL_HAS_USER] = "a user name or password has no place on the command line",
		[CMDLINE_BAD_ROOTHASH] = "is not a SHA-256 root hash of 64 hexadecimal digits",
		[CMDLINE_BAD_OFFSET] = "OFFSET is not a number of bytes",
		[CMDLINE_BAD_TRANSPORT] = "is none of auto, cachefiles, fuse",
		[CMDLINE_BAD_SIZE] = "SIZE is not digits with an optional k, m, g or %",
		[CMDLINE_BAD_CACHE] = "is none of page, ram, ram:SIZE, LABEL=.., UUID=.., /dev/..",
		[CMDLINE_BAD_LIMIT] = "is no size: digits, then nothing, k, m, g or %",
		[CMDLINE_BAD_OVERLAY] = "is none of tmpfs, tmpfs:SIZE, none, LABEL=.., UUID=.., /dev/..",
		[CMDLINE_BAD_PROFILE] = "is none of auto, none, record, URL",
		[CMDLINE_BAD_TIMEOUT] = "is not a number of seconds from 0 to 86400",
		[CMDLINE_BAD_RATE] = "is neither off nor bytes a second, with an optional k, m or g",
		[CMDLINE_BAD_PATH] = "is not an absolute path of letters, digits and _ - . : / + @",
		[CMDLINE_BAD_INSECURE] = "takes no value but 0 or 1",
		[CMDLINE_MANY_MIRRORS] = "is one mirror too many: 8 are the most",
		[CMDLINE_NO_ROOT] = "there is no root=blob:URL on the kernel command line",
		[CMDLINE_KEY_ALONE] = "whose key? rd.blob.cert= is missing",
	};

	return words[result];
}
