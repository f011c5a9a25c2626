/* SPDX-License-Identifier: MIT
 *
 * blobrootd without its engine: that it links shows that start, keeper and client need nothing of libcurl,
 * mbedTLS and what parses the network's bytes. Its roles run as in daemon/main.c.
 */
#include "base/exits.h"
#include "keeper/client.h"
#include "keeper/start.h"

#include <string.h>

int main(int argc, char **argv)
{
	const char *role = argc > 1 ? argv[1] : "";

	if (strcmp(role, "start") == 0)
		return start_main(argc, argv);
	if (strcmp(role, "mount") == 0)
		return client_mount_main(argc, argv);
	if (strcmp(role, "status") == 0)
		return client_status_main(argc, argv);
	return EXIT_USAGE;
}
