/* SPDX-License-Identifier: MIT */
#include "transport/cachefiles.h"
#include "transport/fuse.h"
#include "transport/transport.h"

#include <stdio.h>
#include <string.h>

/* Best first. */
static const struct transport *const transports[] = {&cachefiles_transport, &fuse_transport, NULL};

const struct transport *transport_find(const char *name)
{
	if (!*name)
		return &cachefiles_transport;
	if (strcmp(name, "auto") == 0)
		return transports[0];
	for (unsigned i = 0; transports[i]; i++)
		if (strcmp(transports[i]->name, name) == 0)
			return transports[i];
	return NULL;
}

const struct transport *transport_find_native(const char *name)
{
	bool is_any = strcmp(name, "auto") == 0;

	for (unsigned i = 0; transports[i]; i++)
		if (!transports[i]->has_files && (is_any || strcmp(transports[i]->name, name) == 0))
			return transports[i];
	return NULL;
}

const char *transport_option(const struct transport *transport)
{
	return transport == &cachefiles_transport ? "" : transport->name;
}

void transport_names(bool is_native, char *text_out, size_t size)
{
	size_t len = 0;

	text_out[0] = '\0';
	for (unsigned i = 0; transports[i] && len < size; i++)
		if (!is_native || !transports[i]->has_files)
			len += (size_t)snprintf(text_out + len, size - len, "%s%s", len ? ", " : "",
						transports[i]->name);
}
