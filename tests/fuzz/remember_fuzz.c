/* SPDX-License-Identifier: MIT */
/*
 * What one engine hands to the next through the keeper: texts of a version and of a hash tree, and lists of them. What
 * is accepted is within bounds, and is the same when it is handed on.
 */
#include "fuzz.h"

#include "base/block.h"
#include "engine/recall.h"
#include "fetch/blob.h"
#include "trust/verity.h"

#include <strings.h>

static void check_version(const char *text)
{
	struct version version, again;
	char formatted[VERSION_TEXT_MAX];

	if (!version_parse(text, &version))
		return;
	MUST(version.size <= INT64_MAX, "a size of %" PRIu64, version.size);
	MUST(memchr(version.etag, 0, VERSION_VALIDATOR_MAX) &&
		     memchr(version.last_modified, 0, VERSION_VALIDATOR_MAX),
	     "a validator without an end");
	version_format(&version, formatted);
	MUST(version_parse(formatted, &again), "not parsed again: %s", formatted);
	MUST(memcmp(&version, &again, sizeof(again)) == 0, "another version: %s", formatted);
}

static void check_verity(const char *text)
{
	struct verity verity, again;
	char formatted[VERITY_TEXT_MAX];

	if (!verity_parse(text, &verity))
		return;
	MUST(verity.data_blocks >= 1 && verity.levels <= VERITY_LEVELS_MAX, "%" PRIu64 " blocks",
	     verity.data_blocks);
	MUST(verity.salt_len <= SHA256_SALT_MAX && verity.start % BLOCK_SIZE == 0, "salt or start");
	MUST(verity.start + verity.hash_blocks * BLOCK_SIZE <= INT64_MAX, "hash blocks beyond all files");
	verity_format(&verity, formatted);
	MUST(strcasecmp(strrchr(text, '\t'), strrchr(formatted, '\t')) == 0, "other digits: %s", formatted);
	MUST(verity_parse(formatted, &again), "not parsed again: %s", formatted);
	MUST(memcmp(&verity, &again, sizeof(again)) == 0, "another tree: %s", formatted);
}

/* Each line is a text. What is not passed over can be used, and what is has no effect. */
static void check_recall(const char *lines)
{
	static struct option_texts texts;
	static struct recall recall;
	unsigned skipped;

	for (texts.count = 0; *lines && texts.count < NOTICE_REMEMBER_MAX; lines += *lines == '\n') {
		size_t len = strcspn(lines, "\n");

		if (len < NOTICE_TEXT_MAX)
			snprintf(texts.list[texts.count++], NOTICE_TEXT_MAX, "%.*s", (int)len, lines);
		lines += len;
	}
	skipped = recall_take(&recall, &texts);
	MUST(recall.count + recall.has_verity + skipped == texts.count, "%u of %u", skipped, texts.count);
	MUST(!recall.has_verity || recall.verity.data_blocks >= 1, "a tree of nothing");
	for (unsigned i = 0; i < recall.count; i++)
		MUST(recall_find(&recall, recall.list[i].key), "not found: %s", recall.list[i].key);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	check_version(text);
	check_verity(text);
	check_recall(text);
	free(text);
	return 0;
}
