/* SPDX-License-Identifier: MIT */
#include "keeper/handover.h"

#include "base/log.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(struct handover_arguments *arguments, const char *name, const char *value)
{
	arguments->argv[arguments->argc++] = (char *)name;
	if (value)
		arguments->argv[arguments->argc++] = (char *)value;
}

static void put_number(struct handover_arguments *arguments, const char *name, int value)
{
	char *text = arguments->numbers[arguments->number_count++];

	snprintf(text, sizeof(arguments->numbers[0]), "%d", value);
	put(arguments, name, text);
}

static void set_inherited(int fd, bool is_inherited)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, is_inherited ? 0 : FD_CLOEXEC);
}

/* What engines and keepers need alike. */
static void put_common(struct handover_arguments *arguments, const struct handover *know, int notices)
{
	int kmsg, console, level;

	log_descriptors(&kmsg, &console, &level);
	put_number(arguments, "--device", know->device);
	put_number(arguments, "--notices", notices);
	put_number(arguments, "--counters", know->counters_fd);
	put_number(arguments, "--hashes", know->hashes_fd);
	put_number(arguments, "--home", know->home);
	put_number(arguments, "--room", know->room_mib);
	put_number(arguments, "--kmsg", kmsg);
	put_number(arguments, "--console", console);
	put_number(arguments, "--console-level", level);
}

static void put_rest(struct handover_arguments *arguments, const struct handover *know)
{
	for (unsigned i = 0; i < know->remembered_count; i++)
		put(arguments, "--remember", know->remembered[i]);
	for (unsigned i = 0; i < know->word_count && i < START_WORDS_MAX; i++)
		put(arguments, know->words[i], NULL);
	arguments->argv[arguments->argc] = NULL;
}

static void inherit_common(const struct handover *know, int notices, bool is_inherited)
{
	int kmsg, console, level;

	log_descriptors(&kmsg, &console, &level);
	set_inherited(know->device, is_inherited);
	set_inherited(notices, is_inherited);
	set_inherited(know->counters_fd, is_inherited);
	set_inherited(know->hashes_fd, is_inherited);
	set_inherited(know->home, is_inherited);
	set_inherited(kmsg, is_inherited);
	set_inherited(console, is_inherited);
}

static void inherit_all(const struct handover *know, int program, int ready, bool is_inherited)
{
	inherit_common(know, know->notices, is_inherited);
	set_inherited(know->control, is_inherited);
	set_inherited(know->upgrades, is_inherited);
	set_inherited(program, is_inherited);
	set_inherited(ready, is_inherited);
}

static void put_keeper(struct handover_arguments *arguments, const struct handover *know, int program,
		       int ready)
{
	put_common(arguments, know, know->notices);
	put_number(arguments, "--control", know->control);
	put_number(arguments, "--upgrades", know->upgrades);
	put_number(arguments, "--program", program);
	put_number(arguments, "--ready", ready);
	put_number(arguments, "--engine", (int)know->engine);
	put_number(arguments, "--restarts", (int)know->restarts);
	put(arguments, "--plan", know->plan);
	put_rest(arguments, know);
}

void handover_to_engine(const struct handover *know, int notices, struct handover_arguments *arguments_out)
{
	arguments_out->argc = arguments_out->number_count = 0;
	put(arguments_out, "@blobrootd", "engine");
	put_common(arguments_out, know, notices);
	put_rest(arguments_out, know);
	inherit_common(know, notices, true);
}

void handover_to_keeper(const struct handover *know, int program, int ready,
			struct handover_arguments *arguments_out)
{
	arguments_out->argc = arguments_out->number_count = 0;
	put(arguments_out, "@blobrootd", "keeper");
	put_keeper(arguments_out, know, program, ready);
	inherit_all(know, program, ready, true);
}

void handover_to_check(const struct handover *know, struct handover_arguments *arguments_out)
{
	arguments_out->argc = arguments_out->number_count = 0;
	put(arguments_out, "@blobrootd", "keeper");
	put(arguments_out, "--check", NULL);
	put_keeper(arguments_out, know, -1, -1);
}

void handover_reclaim(const struct handover *know, int program, int ready)
{
	inherit_all(know, program, ready, false);
}

static bool take_text(const char *text, char to_out[NOTICE_TEXT_MAX])
{
	size_t len = strlen(text);

	if (len >= NOTICE_TEXT_MAX)
		return false;
	memcpy(to_out, text, len + 1);
	return true;
}

bool handover_parse(int argc, char **argv, struct handover *know_out, bool *is_check_out)
{
	static const struct option options[] = {{"check", no_argument, NULL, 'C'},
						{"device", required_argument, NULL, 'd'},
						{"notices", required_argument, NULL, 'n'},
						{"counters", required_argument, NULL, 'c'},
						{"hashes", required_argument, NULL, 'H'},
						{"home", required_argument, NULL, 'h'},
						{"kmsg", required_argument, NULL, 'k'},
						{"console", required_argument, NULL, 'o'},
						{"console-level", required_argument, NULL, 'l'},
						{"control", required_argument, NULL, 's'},
						{"upgrades", required_argument, NULL, 'u'},
						{"program", required_argument, NULL, 'p'},
						{"ready", required_argument, NULL, 'w'},
						{"engine", required_argument, NULL, 'e'},
						{"room", required_argument, NULL, 'M'},
						{"restarts", required_argument, NULL, 'R'},
						{"plan", required_argument, NULL, 'm'},
						{"remember", required_argument, NULL, 'r'},
						{NULL, 0, NULL, 0}};
	int kmsg = -1, console = -1, level = 5, engine = 0, restarts = 0, c;
	const struct {
		int letter, *value;
	} numbers[] = {{'d', &know_out->device},
		       {'n', &know_out->notices},
		       {'c', &know_out->counters_fd},
		       {'h', &know_out->home},
		       {'s', &know_out->control},
		       {'u', &know_out->upgrades},
		       {'p', &know_out->program},
		       {'H', &know_out->hashes_fd},
		       {'w', &know_out->ready},
		       {'k', &kmsg},
		       {'o', &console},
		       {'l', &level},
		       {'e', &engine},
		       {'R', &restarts},
		       {'M', &know_out->room_mib}};

	*is_check_out = false;
	for (unsigned i = 0; i < 9; i++)
		*numbers[i].value = -1;
	/* argv[1] is the role. */
	optind = 2;
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c == 'C')
			*is_check_out = true;
		else if (c == '?' || (c == 'm' && !take_text(optarg, know_out->plan)))
			return false;
		else if (c == 'r' && (know_out->remembered_count == NOTICE_REMEMBER_MAX ||
				      !take_text(optarg, know_out->remembered[know_out->remembered_count++])))
			return false;
		for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
			if (numbers[i].letter == c)
				*numbers[i].value = atoi(optarg);
	}
	know_out->engine = engine;
	know_out->restarts = (unsigned)restarts;
	know_out->words = argv + optind;
	know_out->word_count = (unsigned)(argc - optind);
	log_adopt(kmsg, console, level);
	if (!know_out->plan[0] || know_out->word_count == 0 || know_out->word_count > START_WORDS_MAX)
		return false;
	return *is_check_out ||
	       (know_out->device >= 0 && know_out->control >= 0 && know_out->program >= 0 &&
		know_out->counters_fd >= 0 && know_out->hashes_fd >= 0 && know_out->home >= 0);
}
