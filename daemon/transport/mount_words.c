/* SPDX-License-Identifier: MIT */
#include "transport/mount_words.h"

#include <linux/mount.h>
#include <stdio.h>
#include <string.h>

/* What a word does to the attributes: takes away, then adds. */
static const struct {
	const char *word;
	uint64_t off, on;
} words[] = {
	{"nosuid", 0, MOUNT_ATTR_NOSUID},
	{"suid", MOUNT_ATTR_NOSUID, 0},
	{"nodev", 0, MOUNT_ATTR_NODEV},
	{"dev", MOUNT_ATTR_NODEV, 0},
	{"noexec", 0, MOUNT_ATTR_NOEXEC},
	{"exec", MOUNT_ATTR_NOEXEC, 0},
	{"noatime", MOUNT_ATTR__ATIME, MOUNT_ATTR_NOATIME},
	{"atime", MOUNT_ATTR__ATIME, MOUNT_ATTR_RELATIME},
	{"relatime", MOUNT_ATTR__ATIME, MOUNT_ATTR_RELATIME},
	{"norelatime", MOUNT_ATTR__ATIME, MOUNT_ATTR_RELATIME},
	{"strictatime", MOUNT_ATTR__ATIME, MOUNT_ATTR_STRICTATIME},
	{"nostrictatime", MOUNT_ATTR__ATIME, MOUNT_ATTR_RELATIME},
	{"nodiratime", 0, MOUNT_ATTR_NODIRATIME},
	{"diratime", MOUNT_ATTR_NODIRATIME, 0},
	{"defaults", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0},
	/* True of every root, or without meaning for one. */
	{"ro", 0, 0},
	{"auto", 0, 0},
	{"noauto", 0, 0},
	{"nouser", 0, 0},
	{"nofail", 0, 0},
	{"_netdev", 0, 0},
};

enum mount_word mount_words_take(const char *word, uint64_t *attributes)
{
	if (strcmp(word, "rw") == 0)
		return MOUNT_WORD_WRITE;
	/* For programs that read /etc/fstab. */
	if (strncmp(word, "x-", 2) == 0 || strncmp(word, "X-", 2) == 0)
		return MOUNT_WORD_TAKEN;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i].word, word) == 0) {
			*attributes = (*attributes & ~words[i].off) | words[i].on;
			return MOUNT_WORD_TAKEN;
		}
	return MOUNT_WORD_OTHER;
}

bool mount_words_find(const char *options, const char *name, char *value_out, size_t size)
{
	size_t name_len = strlen(name), len;
	bool is_found = false;

	for (const char *at = options; *at; at += len + (at[len] == ',')) {
		len = strcspn(at, ",");
		if (len > name_len && at[name_len] == '=' && strncmp(at, name, name_len) == 0)
			is_found = (size_t)snprintf(value_out, size, "%.*s", (int)(len - name_len - 1),
						    at + name_len + 1) < size;
	}
	return is_found;
}
