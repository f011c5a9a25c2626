/* SPDX-License-Identifier: MIT */
#include "engine/process.h"

#include "base/exits.h"
#include "base/log.h"
#include "engine/engine.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* Returns an exit status. */
static int take_arguments(int argc, char **argv, struct engine_start *start)
{
	struct option_table table = engine_options_table(&start->options);
	char why[WORDS_WHY_MAX];
	struct words *words;
	bool ignored;
	unsigned skipped;
	int at, status;

	start->options.console_level = LOG_LEVEL_DEFAULT;
	if (!options_parse(argc, argv, &table, 1, NULL, &ignored, &at))
		return EXIT_USAGE;
	log_adopt(start->options.kmsg, start->options.console, start->options.console_level);
	/* What an engine says may be a server's doing. */
	log_bound();
	skipped = recall_take(&start->recall, &start->options.remembered);
	if (skipped > 0)
		log_error("engine: %u of the %u things that earlier engines left cannot be used: passed over",
			  skipped, start->options.remembered.count);
	start->transport = transport_find(start->options.transport);
	if (start->options.device < 0 || !start->transport || argc == at)
		return EXIT_USAGE;
	words = calloc(1, sizeof(*words));
	if (!words)
		return EXIT_TEMPORARY;
	status = words_read(argc - at, argv + at, &start->config, words, why);
	words_free(words);
	recall_check(&start->recall, &start->config);
	return status == EXIT_DONE ? EXIT_DONE : EXIT_USAGE;
}

int process_main(int argc, char **argv)
{
	/* Not static: the keeper is the same program, and would lock it in memory for ever. */
	struct engine_start *start = calloc(1, sizeof(*start));
	struct rlimit files = {65536, 65536};
	int status = start ? take_arguments(argc, argv, start) : EXIT_TEMPORARY;

	if (status != EXIT_DONE)
		return status;
	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_NOFILE, &files);
	/* Locked on first touch: filling each new buffer at once would cost more than a small miss does. */
	mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	return engine_run(start);
}
