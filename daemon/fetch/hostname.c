/* SPDX-License-Identifier: MIT */
#include "fetch/hostname.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

size_t hostname_address(const char *host, uint8_t address_out[16])
{
	if (inet_pton(AF_INET, host, address_out) == 1)
		return 4;
	return inet_pton(AF_INET6, host, address_out) == 1 ? 16 : 0;
}

static bool is_same(const char *host, size_t host_len, const char *name, size_t len)
{
	/* strncasecmp would end at a NUL in the name. */
	return len > 0 && host_len == len && !memchr(name, '\0', len) && strncasecmp(host, name, len) == 0;
}

bool hostname_is_covered(const char *host, const char *name, size_t len)
{
	size_t host_len = strlen(host);
	uint8_t address[16];
	const char *rest;

	if (hostname_address(host, address))
		return false;
	/* `host.` is the same host, from the root on. */
	if (host_len > 1 && host[host_len - 1] == '.')
		host_len--;
	if (len < 3 || memcmp(name, "*.", 2) != 0)
		return !memchr(name, '*', len) && is_same(host, host_len, name, len);
	name += 2;
	len -= 2;
	rest = memchr(host, '.', host_len);
	/* *.com would cover other people's hosts. */
	if (!rest || rest == host || memchr(name, '*', len) || !memchr(name + 1, '.', len - 1))
		return false;
	rest++;
	return is_same(rest, host_len - (size_t)(rest - host), name, len);
}
