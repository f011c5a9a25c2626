/* SPDX-License-Identifier: MIT */
#include "transport/cachefiles.h"
#include "transport/fuse.h"
#include "transport/transport.h"

#include <string.h>

/*
 * Best first. Whoever has on-demand cachefiles has built the modules for it; every other kernel has fuse.
 */
static const struct transport *const transports[] = {&cachefiles_transport, &fuse_transport, NULL};

const struct transport *transport_at(unsigned index)
{
	return transports[index];
}

const struct transport *transport_find(const char *name)
{
	if (!*name)
		return &cachefiles_transport;
	for (unsigned i = 0; transports[i]; i++)
		if (strcmp(transports[i]->name, name) == 0)
			return transports[i];
	return NULL;
}

const char *transport_option(const struct transport *transport)
{
	return transport == &cachefiles_transport ? "" : transport->name;
}
