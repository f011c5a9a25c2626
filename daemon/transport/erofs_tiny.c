/* SPDX-License-Identifier: MIT */
#include "transport/erofs_tiny.h"

#include <string.h>
#include <sys/stat.h>

enum {
	SUPER_OFF = 1024,
	/* An inode's number is its offset, in slots of 32 bytes. Directory entries follow the directory's inode. */
	SLOT = 32,
	ROOT_NID = 36,
	FILE_NID = 39,
	LAYOUT_PLAIN = 0,
	LAYOUT_INLINE = 2,
	TYPE_FILE = 1,
	TYPE_DIR = 2,
	ENTRY_SIZE = 12,
};

static uint8_t *put(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		*at++ = (uint8_t)(value >> (8 * i));
	return at;
}

static void put_super(uint8_t *at)
{
	at = put(at, 0xe0f5e1e2, 4); /* magic */
	at = put(at, 0, 4 + 4);      /* no checksum */
	at = put(at, 12, 1);         /* 4096-byte blocks */
	at = put(at, 0, 1);
	at = put(at, ROOT_NID, 2);
	at = put(at, 2, 8); /* inodes */
	at = put(at, 0, 8);
	at = put(at, 0, 4);                 /* when it was made */
	put(at, EROFS_TINY_SIZE / 4096, 4); /* blocks; all else is 0 */
}

/* A compact inode. where: the first block of its bytes. */
static void put_inode(uint8_t *image, unsigned nid, unsigned layout, unsigned mode, unsigned links,
		      unsigned size, unsigned where)
{
	uint8_t *at = image + (size_t)nid * SLOT;

	at = put(at, layout << 1, 2);
	at = put(at, 0, 2); /* no extended attributes */
	at = put(at, mode, 2);
	at = put(at, links, 2);
	at = put(at, size, 4);
	at = put(at, 0, 4);
	at = put(at, where, 4);
	put(at, nid, 4);
}

void erofs_tiny_make(uint8_t image_out[EROFS_TINY_SIZE])
{
	static const struct {
		const char *name;
		unsigned nid, type;
	} entries[] = {{".", ROOT_NID, TYPE_DIR},
		       {"..", ROOT_NID, TYPE_DIR},
		       {EROFS_TINY_FILE, FILE_NID, TYPE_FILE}};
	enum { ENTRIES = sizeof(entries) / sizeof(*entries) };
	uint8_t *dir = image_out + (size_t)(ROOT_NID + 1) * SLOT;
	unsigned name_off = ENTRIES * ENTRY_SIZE;

	memset(image_out, 0, EROFS_TINY_SIZE);
	put_super(image_out + SUPER_OFF);
	for (unsigned i = 0; i < ENTRIES; i++) {
		uint8_t *at = put(dir + (size_t)i * ENTRY_SIZE, entries[i].nid, 8);

		at = put(at, name_off, 2);
		put(at, entries[i].type, 1);
		memcpy(dir + name_off, entries[i].name, strlen(entries[i].name));
		name_off += (unsigned)strlen(entries[i].name);
	}
	put_inode(image_out, ROOT_NID, LAYOUT_INLINE, S_IFDIR | 0500, 2, name_off, 0);
	put_inode(image_out, FILE_NID, LAYOUT_PLAIN, S_IFREG | 0400, 1, EROFS_TINY_FILE_SIZE,
		  EROFS_TINY_FILE_OFF / 4096);
	for (unsigned i = 0; i < EROFS_TINY_FILE_SIZE; i++)
		image_out[EROFS_TINY_FILE_OFF + i] = (uint8_t)(1 + i % 255);
}
