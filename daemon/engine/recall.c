/* SPDX-License-Identifier: MIT */
#include "engine/recall.h"

#include "base/hex.h"

#include <stdio.h>
#include <string.h>

static bool take(struct recall *recall, const char *text)
{
	size_t len = strcspn(text, "\t");

	if (text[len] != '\t')
		return false;
	if (len == strlen(RECALL_VERITY) && strncmp(text, RECALL_VERITY, len) == 0) {
		recall->has_verity = true;
		return verity_parse(text + len + 1, &recall->verity);
	}
	if (recall->count == NOTICE_REMEMBER_MAX || len >= sizeof(recall->list[0].key) ||
	    !version_parse(text + len + 1, &recall->list[recall->count].version))
		return false;
	memcpy(recall->list[recall->count].key, text, len);
	recall->list[recall->count++].key[len] = '\0';
	return true;
}

bool recall_take(struct recall *recall_out, const struct option_texts *texts)
{
	recall_out->count = 0;
	recall_out->has_verity = false;
	for (unsigned i = 0; i < texts->count; i++)
		if (!take(recall_out, texts->list[i]))
			return false;
	return true;
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
