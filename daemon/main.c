/* SPDX-License-Identifier: MIT */
/*
 * blobrootd: one binary with several roles.
 *
 * Process: all. `start` forks the keeper; `engine` and `keeper` are started by a keeper only.
 */
#include "base/exits.h"
#include "engine/process.h"
#include "engine/store_role.h"
#include "keeper/choice.h"
#include "keeper/client.h"
#include "keeper/handover.h"
#include "keeper/hold.h"
#include "keeper/keeper.h"
#include "keeper/mount_image.h"
#include "keeper/profile_role.h"
#include "keeper/routers.h"
#include "keeper/start.h"
#include "keeper/upgrade.h"
#include "transport/transport.h"

#include <libs_versions.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: blobrootd probe [WORD..]                           which transport works here, for sh\n"
	"       blobrootd start [--store DIR [--keep [--proven TREE]]] [--alone] [--transport NAME] [--run DIR] [--etc DIR] [WORD..]\n"
	"                                                          bind the kernel's device, serve the image; back when ready\n"
	"       blobrootd mount [--run DIR] DIR [OPTIONS]          mount the image on DIR\n"
	"       blobrootd mount-image [--store DIR] [--run DIR] [--etc DIR] URL DIR [WORD..]\n"
	"                                                          mount a published image on a host that runs\n"
	"       blobrootd status [--run DIR] [KEY]                 how things stand, as key=value lines\n"
	"       blobrootd profile [--run DIR] [--seconds N]        what this boot has read, as a boot profile\n"
	"       blobrootd hold [--run DIR]                         what was read of the image stays in memory\n"
	"       blobrootd store list|verify|prove|drop [--store DIR] [--all | --url URL] [ROOTHASH..]\n"
	"                                                          what a store on a disk has, is it right, mend it, take it away\n"
	"       blobrootd upgrade [--run DIR] PATH                 let the program at PATH go on in this one's place\n"
	"       blobrootd cmdline [WORD..]                         what the kernel command line asks for, for sh\n"
	"       blobrootd routers                                  the name servers that IPv6 routers announce, for sh\n"
	"       blobrootd kexec                                    start the kernel that is loaded: the end of this host\n"
	"       blobrootd --version\n"
	"WORD: of the kernel command line, see blobroot.cmdline(7); by default /proc/cmdline's. See blobrootd(8).\n";

/* Values are checked by cmdline.c and contain no quotes. */
static int cmdline_main(int argc, char **argv)
{
	static struct config config;
	static struct words words;
	char why[WORDS_WHY_MAX];
	int status = words_read(argc - 2, argv + 2, &config, &words, why);

	if (status != EXIT_DONE) {
		fprintf(stderr, "%s\n", why);
		return status;
	}
	printf("blob_overlay='%s'\n", config.overlay);
	return EXIT_DONE;
}

/*
 * Will this program's engines understand what another program's keeper hands over? What engines told it is not
 * looked at: this program's pass over what they cannot use, and what an engine that was taken over has told must not
 * keep out the program that mends it. So a text of another form needs another option than --remember.
 */
static bool is_understood(const struct handover *know)
{
	struct config *config = calloc(1, sizeof(*config));
	struct words *words = calloc(1, sizeof(*words));
	char why[WORDS_WHY_MAX];
	bool is_good = config && words && transport_find(know->engine.transport) &&
		       words_read((int)know->word_count, know->words, config, words, why) == EXIT_DONE;

	free(config);
	if (words)
		words_free(words);
	return is_good;
}

/* The role of a program that takes over; `start` forks the first keeper itself. */
static int keeper_main(int argc, char **argv)
{
	static struct handover know;
	bool is_check;

	if (!handover_parse(argc, argv, &know, &is_check))
		return EXIT_USAGE;
	if (!is_check)
		return keeper_run(&know);
	if (!is_understood(&know))
		return EXIT_PERMANENT;
	printf("blobrootd " BLOBROOT_VERSION UPGRADE_CONSENT);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	const char *role = argc > 1 ? argv[1] : "";

	if (strcmp(role, "start") == 0)
		return start_main(argc, argv);
	if (strcmp(role, "keeper") == 0)
		return keeper_main(argc, argv);
	if (strcmp(role, "engine") == 0)
		return process_main(argc, argv);
	if (strcmp(role, "probe") == 0)
		return choice_main(argc, argv);
	if (strcmp(role, "mount") == 0)
		return client_mount_main(argc, argv);
	if (strcmp(role, "hold") == 0)
		return hold_main(argc, argv);
	if (strcmp(role, "status") == 0)
		return client_status_main(argc, argv);
	if (strcmp(role, "profile") == 0)
		return profile_main(argc, argv);
	if (strcmp(role, "mount-image") == 0)
		return mount_image_main(argc, argv);
	if (strcmp(role, "routers") == 0)
		return routers_main();
	if (strcmp(role, "kexec") == 0)
		return client_kexec_main();
	if (strcmp(role, "store") == 0)
		return store_main(argc, argv);
	if (strcmp(role, "upgrade") == 0)
		return client_upgrade_main(argc, argv);
	if (strcmp(role, "cmdline") == 0)
		return cmdline_main(argc, argv);
	if (strcmp(role, "--version") == 0) {
		puts("blobrootd " BLOBROOT_VERSION "\nwith " LIBS_VERSIONS);
		return EXIT_DONE;
	}
	fputs(usage, strcmp(role, "--help") == 0 ? stdout : stderr);
	return strcmp(role, "--help") == 0 ? EXIT_DONE : EXIT_USAGE;
}
