/* SPDX-License-Identifier: MIT */
#include "base/words.h"

#include "base/exits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_ours(const char *word)
{
	return strncmp(word, "rd.blob.", 8) == 0 || strncmp(word, "root=", 5) == 0;
}

static int take_word(struct config *config, struct words *words, const char *word, char *why)
{
	enum cmdline_result result = cmdline_take_word(config, word);

	if (result != CMDLINE_OK) {
		snprintf(why, WORDS_WHY_MAX, "%.300s: %s", word, cmdline_explain(result));
		return EXIT_PERMANENT;
	}
	if (!is_ours(word))
		return EXIT_DONE;
	if (words->count == WORDS_MAX || !(words->list[words->count] = strdup(word))) {
		snprintf(why, WORDS_WHY_MAX, "%.300s: is one parameter too many: %d are the most", word,
			 WORDS_MAX);
		return EXIT_PERMANENT;
	}
	words->count++;
	return EXIT_DONE;
}

static int take_text(struct config *config, struct words *words, char *why)
{
	static char text[65536], word[CMDLINE_WORD_MAX];
	const char *at = text;
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC), status;
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (got < 0) {
		snprintf(why, WORDS_WHY_MAX, "/proc/cmdline: %s", strerror(errno));
		return EXIT_TEMPORARY;
	}
	text[got] = '\0';
	while (cmdline_next_word(&at, word)) {
		status = take_word(config, words, word, why);
		if (status != EXIT_DONE)
			return status;
	}
	return EXIT_DONE;
}

int words_read(int argc, char *const *argv, struct config *config_out, struct words *words_out, char *why_out)
{
	enum cmdline_result result;
	int status = EXIT_DONE;

	cmdline_defaults(config_out);
	words_out->count = 0;
	if (argc == 0)
		status = take_text(config_out, words_out, why_out);
	for (int i = 0; i < argc && status == EXIT_DONE; i++)
		status = take_word(config_out, words_out, argv[i], why_out);
	if (status != EXIT_DONE)
		return status;
	words_out->list[words_out->count] = NULL;
	result = cmdline_check(config_out);
	if (result != CMDLINE_OK) {
		snprintf(why_out, WORDS_WHY_MAX, "%s: %s",
			 result == CMDLINE_KEY_ALONE ? "rd.blob.key=" : "root=", cmdline_explain(result));
		return EXIT_PERMANENT;
	}
	return EXIT_DONE;
}

void words_free(struct words *words)
{
	for (unsigned i = 0; i < words->count; i++)
		free(words->list[i]);
	free(words);
}
