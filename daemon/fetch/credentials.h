/* SPDX-License-Identifier: MIT */
/*
 * What the engine knows servers by, and what it shows them: authorities, client certificate, users and passwords.
 *
 * Flow: the engine loads them once, from its root directory; fetch asks for each URL.
 * Process: engine
 *
 * Certificate and password are for the origins (scheme, host and port) that the command line names, and for no
 * other: wherever a redirect leads, or whoever answers there, they are not shown.
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
	unsigned skipped; /* certificates of authorities that cannot be read */
};

/*
 * Reads the files of layout.h in the directory home, those that there are. Returns an exit status; why stands
 * in why_out (CREDENTIALS_WHY_MAX) unless it is EXIT_DONE. Owns: config must live as long; ended with
 * credentials_close.
 */
int credentials_open(struct credentials **credentials_out, const struct config *config, int home,
		     char *why_out);
void credentials_close(struct credentials *credentials);

/* May they be shown to the server of url? */
bool credentials_are_for(const struct credentials *credentials, const char *url);

/* User and password for url, or NULL. */
const struct netrc_entry *credentials_find_user(const struct credentials *credentials, const char *url);

#endif
