/* SPDX-License-Identifier: MIT */
#include "keeper/handover.h"

#include "base/log.h"

#define ROW(name, kind, member) OPTION_ROW(struct keeper_options, name, kind, member)

static const struct option_row rows[] = {
	ROW("--control", OPTION_FD, control),
	ROW("--upgrades", OPTION_FD, upgrades),
	ROW("--program", OPTION_FD, program),
	ROW("--ready", OPTION_FD, ready),
	ROW("--engine", OPTION_NUMBER, engine_pid),
	ROW("--restarts", OPTION_NUMBER, restarts),
	ROW("--plan", OPTION_TEXT, plan),
	ROW("--tree", OPTION_FD, tree),
	ROW("--proc", OPTION_FD, proc),
};

static struct option_table keeper_table(struct keeper_options *options)
{
	return (struct option_table){.rows = rows, .count = sizeof(rows) / sizeof(*rows), .values = options};
}

/* The engine's part of all three; the log's descriptors come from log.h. */
static struct option_table engine_table(struct handover *know)
{
	log_descriptors(&know->engine.kmsg, &know->engine.console, &know->engine.console_level);
	return engine_options_table(&know->engine);
}

/* The options for another keeper: ours, but for program and ready. */
static struct keeper_options options_of_next(const struct handover *know, int program, int ready)
{
	struct keeper_options options = know->keeper;

	options.program = program;
	options.ready = ready;
	return options;
}

void handover_to_engine(struct handover *know, int notices, struct option_arguments *arguments_out)
{
	struct option_table table = engine_table(know);

	know->engine.notices = notices;
	options_begin(arguments_out, "engine");
	options_put(arguments_out, &table);
	options_end(arguments_out, know->words, know->word_count);
	options_inherit(&table, true);
}

static void inherit_all(struct handover *know, int program, int ready, bool is_inherited)
{
	struct keeper_options options = options_of_next(know, program, ready);
	struct option_table engine = engine_table(know), keeper = keeper_table(&options);

	options_inherit(&engine, is_inherited);
	options_inherit(&keeper, is_inherited);
}

/* Shape: *options must outlive the arguments, which point to its plan. */
static void put_all(struct handover *know, struct keeper_options *options, const char *flag,
		    struct option_arguments *arguments_out)
{
	struct option_table engine = engine_table(know), keeper = keeper_table(options);

	options_begin(arguments_out, "keeper");
	if (flag)
		options_put_flag(arguments_out, flag);
	options_put(arguments_out, &keeper);
	options_put(arguments_out, &engine);
	options_end(arguments_out, know->words, know->word_count);
}

void handover_to_keeper(struct handover *know, int program, int ready, struct option_arguments *arguments_out)
{
	static struct keeper_options options;

	options = options_of_next(know, program, ready);
	put_all(know, &options, NULL, arguments_out);
	inherit_all(know, program, ready, true);
}

void handover_to_check(struct handover *know, struct option_arguments *arguments_out)
{
	static struct keeper_options options;

	options = options_of_next(know, -1, -1);
	put_all(know, &options, "--check", arguments_out);
}

void handover_reclaim(struct handover *know, int program, int ready)
{
	inherit_all(know, program, ready, false);
}

bool handover_parse(int argc, char **argv, struct handover *know_out, bool *is_check_out)
{
	const struct engine_options *engine = &know_out->engine;
	const struct keeper_options *keeper = &know_out->keeper;
	const struct option_table tables[] = {engine_options_table(&know_out->engine),
					      keeper_table(&know_out->keeper)};
	int words;

	know_out->engine.console_level = LOG_LEVEL_DEFAULT;
	if (!options_parse(argc, argv, tables, 2, "--check", is_check_out, &words))
		return false;
	know_out->words = argv + words;
	know_out->word_count = (unsigned)(argc - words);
	log_adopt(engine->kmsg, engine->console, engine->console_level);
	if (!keeper->plan[0] || know_out->word_count == 0 || know_out->word_count > WORDS_MAX)
		return false;
	return *is_check_out || (engine->device >= 0 && keeper->control >= 0 && keeper->program >= 0 &&
				 engine->counters >= 0 && engine->hash_cache >= 0 && engine->home >= 0);
}
