/* SPDX-License-Identifier: MIT */
#include "transport/cachefiles_kept.h"

#include "base/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ATTRIBUTE "user.CacheFiles.cache"

enum {
	NAME_DIGITS = 64,
	NAME_LEN_MAX = 255,
	/* A blob's attribute: its size and 0, of 8 bytes each, the type 1, and 0: nothing is known of its content. */
	BLOB_ATTRIBUTE_SIZE = 18,
	BLOB_TYPE_AT = 16,
	VOLUME_ATTRIBUTE_SIZE = 4, /* zeros */
};

/* -- names ---------------------------------------------------------------------------------------------------------- */

static uint32_t rotated(uint32_t number, unsigned bits)
{
	return number << bits | number >> (32 - bits);
}

/* Bytes as little-endian numbers of 32 bits, padded with zeros. */
static uint32_t hash(uint32_t salt, const uint8_t *bytes, size_t len)
{
	const uint32_t golden_ratio = 0x61C88647;
	uint32_t x = 0, y = salt;

	for (size_t at = 0; at < len; at += 4) {
		uint32_t number = 0;

		for (size_t i = 0; i < 4 && at + i < len; i++)
			number |= (uint32_t)bytes[at + i] << 8 * i;
		x ^= number;
		y ^= x;
		x = rotated(x, 7) + y;
		y = rotated(y, 20) * 9;
	}
	return (y ^ x * golden_ratio) * golden_ratio;
}

uint32_t cachefiles_hash(const char *volume, const char *key)
{
	uint8_t counted[1 + NAME_LEN_MAX + 1] = {0};
	size_t len = strlen(volume);

	/* The kernel puts the length in front of it, and a NUL behind it. */
	counted[0] = (uint8_t)len;
	snprintf((char *)counted + 1, sizeof(counted) - 1, "%s", volume);
	return hash(hash(0, counted, 1 + len + 1), (const uint8_t *)key, strlen(key));
}

/* -- files ---------------------------------------------------------------------------------------------------------- */

/* The engine sends it, and may have been taken over. */
static bool is_name(const char *kept)
{
	return strspn(kept, "0123456789abcdef") == NAME_DIGITS && !kept[NAME_DIGITS];
}

static int open_dir(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/*
 * The image's file. Below ../images all is the engine's, or of whoever owns the disk, who may have put anything there: it is no
 * file that has a name elsewhere, or belongs to somebody else. Returns a descriptor, or -1.
 */
static int open_blob(int store, const char *name)
{
	int images = open_dir(store, "../images"), dir = images < 0 ? -1 : open_dir(images, name);
	int fd = dir < 0 ? -1 : openat(dir, "blocks", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	uid_t engine = geteuid() == 0 ? LAYOUT_ENGINE_ID : geteuid();
	int err = errno;
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != engine)) {
		close(fd);
		fd = -1;
		err = EPERM;
	}
	if (images >= 0)
		close(images);
	if (dir >= 0)
		close(dir);
	errno = err;
	return fd;
}

int cachefiles_mark(int file, uint64_t size)
{
	uint8_t attribute[BLOB_ATTRIBUTE_SIZE] = {[BLOB_TYPE_AT] = 1};

	for (unsigned i = 0; i < 8; i++)
		attribute[i] = (uint8_t)(size >> 8 * (7 - i));
	return fsetxattr(file, ATTRIBUTE, attribute, sizeof(attribute), 0) ? -errno : 0;
}

/* The volume's directory, with its attribute; the kernel may have made it. Returns a descriptor, or -1. */
static int make_volume(int store, const char *name)
{
	static const uint8_t attribute[VOLUME_ATTRIBUTE_SIZE];
	bool is_new = mkdirat(store, name, 0700) == 0;
	int dir = is_new || errno == EEXIST ? open_dir(store, name) : -1, err;

	if (!is_new || (dir >= 0 && fsetxattr(dir, ATTRIBUTE, attribute, sizeof(attribute), 0) == 0))
		return dir;
	/* Without it the kernel could use none of that name. */
	err = errno;
	if (dir >= 0)
		close(dir);
	unlinkat(store, name, AT_REMOVEDIR);
	errno = err;
	return -1;
}

/* Returns what has failed, or NULL. */
static const char *link_blob(int blob, int volume, const char *volume_key, const char *key)
{
	char name[1 + NAME_LEN_MAX + 1], fan[4], path[32];
	const char *what = NULL;
	struct stat there, st;
	int dir, err;

	snprintf(fan, sizeof(fan), "@%02x", cachefiles_hash(volume_key, key) & 0xff);
	snprintf(name, sizeof(name), "D%s", key);
	/* By its descriptor: the engine may rename what it likes meanwhile. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", blob);
	if (mkdirat(volume, fan, 0700) && errno != EEXIST)
		return "a directory cannot be made";
	dir = open_dir(volume, fan);
	if (dir < 0 || fstat(blob, &st))
		what = "a directory cannot be opened";
	else if (fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0)
		errno = 0; /* it is mounted once more */
	else if (st.st_nlink == 1 && linkat(AT_FDCWD, path, dir, name, AT_SYMLINK_FOLLOW))
		what = "the image's file cannot be linked";
	/* Else another volume has it, and the kernel takes a file for one. */
	err = errno;
	if (dir >= 0)
		close(dir);
	errno = err;
	return what;
}

const char *cachefiles_keep(int store, const char *kept, const char *key, const char *domain)
{
	char volume_key[NAME_LEN_MAX], volume_name[NAME_LEN_MAX + 16];
	const char *what = "what the engine says of it is wrong";
	int blob = -1, volume = -1, err;

	errno = EINVAL;
	if (!is_name(kept) || strlen(key) > NAME_LEN_MAX - 3 ||
	    (size_t)snprintf(volume_key, sizeof(volume_key), "erofs,%s", domain) >= sizeof(volume_key) ||
	    strchr(volume_key, '/'))
		return what;
	snprintf(volume_name, sizeof(volume_name), "cache/I%s", volume_key);
	what = "the image's file cannot be used";
	blob = open_blob(store, kept);
	if (blob >= 0) {
		what = "the volume cannot be made";
		volume = make_volume(store, volume_name);
	}
	if (volume >= 0)
		what = link_blob(blob, volume, volume_key, key);
	err = errno;
	if (volume >= 0)
		close(volume);
	if (blob >= 0)
		close(blob);
	errno = err;
	return what;
}
