/* SPDX-License-Identifier: MIT */
/*
 * blobrootd: one binary, its roles.
 *
 * Process: all. `start` becomes the keeper; `engine` and `keeper` are started by a keeper only.
 */
#include "keeper/client.h"
#include "engine/engine.h"
#include "base/exits.h"
#include "keeper/handover.h"
#include "keeper/keeper.h"
#include "base/log.h"
#include "keeper/start.h"
#include "keeper/upgrade.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

static const char usage[] =
	"usage: blobrootd start --store DIR [--run DIR] [--etc DIR] [WORD..]\n"
	"                                                          bind the cache, serve the image; back "
	"when "
	"ready\n"
	"       blobrootd mount [--run DIR] DIR [OPTIONS]          mount the image on DIR\n"
	"       blobrootd status [--run DIR] [KEY]                 how things stand, as key=value lines\n"
	"       blobrootd upgrade [--run DIR] PATH                 let the program at PATH go on in this "
	"one's "
	"place\n"
	"       blobrootd cmdline [WORD..]                         what the kernel command line asks for, "
	"for sh\n"
	"       blobrootd kexec                                    start the kernel that is loaded: the end "
	"of this host\n"
	"       blobrootd --version\n"
	"WORD: of the kernel command line, see blobroot.cmdline(7); by default /proc/cmdline's. See "
	"blobrootd(8).\n";

/* Values are checked by cmdline.c and hold no quote. */
static int cmdline_main(int argc, char **argv)
{
	static struct config config;
	static struct start_words words;
	char why[512];
	int status = start_read_words(argc - 2, argv + 2, &config, &words, why);

	if (status != EXIT_DONE) {
		fprintf(stderr, "%s\n", why);
		return status;
	}
	printf("blob_url='%s'\nblob_cache='%s'\nblob_overlay='%s'\n", config.url, config.cache,
	       config.overlay);
	return EXIT_DONE;
}

static bool take_remembered(struct engine_start *start, const char *text)
{
	struct remembered *remembered = &start->remembered[start->remembered_count];
	size_t len = strcspn(text, "\t");

	if (text[len] == '\t' && len == strlen(ENGINE_VERITY_KEY) &&
	    strncmp(text, ENGINE_VERITY_KEY, len) == 0) {
		start->has_verity = true;
		return verity_parse(text + len + 1, &start->verity);
	}
	if (start->remembered_count == ENGINE_REMEMBER_MAX || text[len] != '\t' ||
	    len >= sizeof(remembered->key))
		return false;
	memcpy(remembered->key, text, len);
	if (!version_parse(text + len + 1, &remembered->version))
		return false;
	start->remembered_count++;
	return true;
}

/*
 * What was remembered is input, and the command line has the last word: without its root hash in it the hash tree is as
 * if it were not known. Who names none goes by what the first engine found, which the keeper lets nobody replace.
 */
static bool is_of_command_line(const struct verity *verity, const struct config *config)
{
	char root[2 * SHA256_SIZE + 1];

	for (size_t i = 0; i < SHA256_SIZE; i++)
		snprintf(root + 2 * i, 3, "%02x", verity->root[i]);
	return !config->roothash[0] || strcmp(root, config->roothash) == 0;
}

static int engine_main(int argc, char **argv)
{
	static const struct option options[] = {{"device", required_argument, NULL, 'd'},
						{"notices", required_argument, NULL, 'n'},
						{"counters", required_argument, NULL, 'c'},
						{"hashes", required_argument, NULL, 's'},
						{"home", required_argument, NULL, 'h'},
						{"kmsg", required_argument, NULL, 'k'},
						{"console", required_argument, NULL, 'o'},
						{"console-level", required_argument, NULL, 'l'},
						{"room", required_argument, NULL, 'R'},
						{"remember", required_argument, NULL, 'r'},
						{NULL, 0, NULL, 0}};
	static struct engine_start start;
	static struct start_words words;
	struct rlimit files = {65536, 65536};
	char why[512];
	int c, kmsg = -1, console = -1, level = 5;

	/* At run time: the initial value of one member would put all 60 KiB into the program's file. */
	start.device = start.notices = start.counters_fd = start.hashes_fd = start.home = -1;
	optind = 2;
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		int number = optarg ? atoi(optarg) : -1;

		if (c == 'd')
			start.device = number;
		else if (c == 'n')
			start.notices = number;
		else if (c == 'c')
			start.counters_fd = number;
		else if (c == 's')
			start.hashes_fd = number;
		else if (c == 'h')
			start.home = number;
		else if (c == 'k')
			kmsg = number;
		else if (c == 'o')
			console = number;
		else if (c == 'l')
			level = number;
		else if (c == 'R')
			start.room = (uint64_t)number << 20;
		else if (c != 'r' || !optarg || !take_remembered(&start, optarg))
			return EXIT_USAGE;
	}
	log_adopt(kmsg, console, level);
	if (start.device < 0 || argc == optind ||
	    start_read_words(argc - optind, argv + optind, &start.config, &words, why) != EXIT_DONE)
		return EXIT_USAGE;
	if (start.has_verity && !is_of_command_line(&start.verity, &start.config))
		start.has_verity = false;
	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_NOFILE, &files);
	/* Locked as it is touched: to fill each new buffer at once would cost a small miss more than the miss. */
	mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	return engine_run(&start);
}

/* Of a program that takes over; `start` becomes the first keeper by itself. */
static int keeper_main(int argc, char **argv)
{
	static struct handover know;
	static struct engine_start engine;
	static struct start_words words;
	char why[512];
	bool is_check;

	if (!handover_parse(argc, argv, &know, &is_check))
		return EXIT_USAGE;
	if (!is_check)
		return keeper_run(&know);
	/* Its engines will have to understand the rest. */
	for (unsigned i = 0; i < know.remembered_count; i++)
		if (!take_remembered(&engine, know.remembered[i]))
			return EXIT_PERMANENT;
	if (start_read_words((int)know.word_count, (char **)know.words, &engine.config, &words, why) !=
	    EXIT_DONE)
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
		return engine_main(argc, argv);
	if (strcmp(role, "mount") == 0)
		return client_mount_main(argc, argv);
	if (strcmp(role, "status") == 0)
		return client_status_main(argc, argv);
	if (strcmp(role, "kexec") == 0)
		return client_kexec_main();
	if (strcmp(role, "upgrade") == 0)
		return client_upgrade_main(argc, argv);
	if (strcmp(role, "cmdline") == 0)
		return cmdline_main(argc, argv);
	if (strcmp(role, "--version") == 0) {
		puts("blobrootd " BLOBROOT_VERSION);
		return EXIT_DONE;
	}
	fputs(usage, strcmp(role, "--help") == 0 ? stdout : stderr);
	return strcmp(role, "--help") == 0 ? EXIT_DONE : EXIT_USAGE;
}
