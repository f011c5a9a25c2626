/* SPDX-License-Identifier: MIT */
/*
 * How the engine authenticates servers, and itself to them: CA certificates, client certificate, passwords.
 *
 * Flow: the engine loads them once, from its root directory; fetch asks for each URL.
 * Process: engine
 *
 * Client certificate and passwords are only sent to the origins (scheme, host and port) that the command line
 * names, never to another one that a redirect leads to, and never to a proxy.
 */
#ifndef BLOBROOT_CREDENTIALS_H
#define BLOBROOT_CREDENTIALS_H

#include "base/cmdline.h"
#include "fetch/netrc.h"
#include "fetch/tls.h"

#include <stdbool.h>

enum { CREDENTIALS_WHY_MAX = 256 };

struct credentials {
	const struct config *config;
	struct tls *tls;
	struct netrc netrc;
	unsigned skipped; /* CA certificates that cannot be parsed */
};

/*
 * Reads the files of layout.h that exist in the directory home. Returns an exit status; unless it is
 * EXIT_DONE, why_out (CREDENTIALS_WHY_MAX bytes) says why. Owns: config must outlive it; the caller closes it
 * with credentials_close.
 */
int credentials_open(struct credentials **credentials_out, const struct config *config, int home,
		     char *why_out);
void credentials_close(struct credentials *credentials);

/* May they be sent to the server of url? */
bool credentials_are_for(const struct credentials *credentials, const char *url);

/* User and password for url, or NULL. */
const struct netrc_entry *credentials_find_user(const struct credentials *credentials, const char *url);

#endif
