/* SPDX-License-Identifier: MIT */
#include "engine/process.h"

#include "base/exits.h"
#include "base/log.h"
#include "engine/engine.h"

#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>

int process_main(int argc, char **argv)
{
	static struct engine_start start;
	static struct words words;
	struct option_table table = engine_options_table(&start.options);
	struct rlimit files = {65536, 65536};
	char why[WORDS_WHY_MAX];
	bool ignored;
	int at;

	start.options.console_level = LOG_LEVEL_DEFAULT;
	if (!options_parse(argc, argv, &table, 1, NULL, &ignored, &at) ||
	    !recall_take(&start.recall, &start.options.remembered))
		return EXIT_USAGE;
	log_adopt(start.options.kmsg, start.options.console, start.options.console_level);
	start.transport = transport_find(start.options.transport);
	if (start.options.device < 0 || !start.transport || argc == at ||
	    words_read(argc - at, argv + at, &start.config, &words, why) != EXIT_DONE)
		return EXIT_USAGE;
	recall_check(&start.recall, &start.config);
	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_NOFILE, &files);
	/* Locked as it is touched: to fill each new buffer at once would cost a small miss more than the miss. */
	mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	return engine_run(&start);
}
