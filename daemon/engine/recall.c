/* SPDX-License-Identifier: MIT */
#include "engine/recall.h"

#include "base/hex.h"

#include <stdio.h>
#include <string.h>

/* Returns false for what nobody can use, and for a second hash tree. */
static bool take(struct recall *recall, const char *text)
{
	size_t len = strcspn(text, "\t");
	struct version version;
	struct verity verity;

	if (!notice_is_memorable(text))
		return false;
	if (len == strlen(RECALL_VERITY) && strncmp(text, RECALL_VERITY, len) == 0) {
		if (recall->has_verity || !verity_parse(text + len + 1, &verity))
			return false;
		recall->verity = verity;
		recall->has_verity = true;
		return true;
	}
	if (recall->count == NOTICE_REMEMBER_MAX || !version_parse(text + len + 1, &version))
		return false;
	memcpy(recall->list[recall->count].key, text, len);
	recall->list[recall->count].key[len] = '\0';
	recall->list[recall->count++].version = version;
	return true;
}

unsigned recall_take(struct recall *recall_out, const struct option_texts *texts)
{
	unsigned skipped = 0;

	recall_out->count = 0;
	recall_out->has_verity = false;
	for (unsigned i = 0; i < texts->count; i++)
		skipped += !take(recall_out, texts->list[i]);
	return skipped;
}

void recall_check(struct recall *recall, const struct config *config)
{
	char root[2 * SHA256_SIZE + 1];

	hex_encode(recall->verity.root, SHA256_SIZE, root);
	if (config->roothash[0] && strcmp(root, config->roothash) != 0)
		recall->has_verity = false;
}

void recall_tell(int notices, const char *key, const char *value)
{
	char text[NOTICE_TEXT_MAX];

	snprintf(text, sizeof(text), "%s\t%s", key, value);
	notice_send(notices, NOTICE_REMEMBER, text);
}

void recall_tell_version(int notices, const char *key, const struct version *version)
{
	char text[VERSION_TEXT_MAX];

	version_format(version, text);
	recall_tell(notices, key, text);
}

bool recall_is_reserved(const char *key)
{
	return strchr(key, '\t') || strncmp(key, RECALL_IMAGE, strlen(RECALL_IMAGE)) == 0 ||
	       strcmp(key, RECALL_VERITY) == 0;
}

const struct version *recall_find(const struct recall *recall, const char *key)
{
	for (unsigned i = 0; i < recall->count; i++)
		if (strcmp(recall->list[i].key, key) == 0)
			return &recall->list[i].version;
	return NULL;
}
