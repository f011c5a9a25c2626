/* SPDX-License-Identifier: MIT */
#include "transport/cachefiles_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ATTRIBUTE "user.CacheFiles.cache"

enum {
	NAME_DIGITS = 64,
	SIZE_DIGITS_MAX = 18,
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
	memcpy(counted + 1, volume, len);
	return hash(hash(0, counted, 1 + len + 1), (const uint8_t *)key, strlen(key));
}

/* -- files ---------------------------------------------------------------------------------------------------------- */

/* DIRECTORY:BYTES. The engine sends it, and may have been taken over. */
static bool parse_kept(const char *kept, char dir_out[NAME_DIGITS + 1], uint64_t *size_out)
{
	const char *size = kept + NAME_DIGITS + 1;
	size_t digits;

	if (strspn(kept, "0123456789abcdef") != NAME_DIGITS || kept[NAME_DIGITS] != ':')
		return false;
	digits = strspn(size, "0123456789");
	if (digits == 0 || digits > SIZE_DIGITS_MAX || size[digits])
		return false;
	*size_out = strtoull(size, NULL, 10);
	memcpy(dir_out, kept, NAME_DIGITS);
	dir_out[NAME_DIGITS] = '\0';
	return true;
}

static int open_dir(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The image's directory. Below ../images all is the engine's, who may have put anything there. */
static int open_image(int store, const char *name)
{
	int images = open_dir(store, "../images"), dir = images < 0 ? -1 : open_dir(images, name);
	int err = errno;

	if (images >= 0)
		close(images);
	errno = err;
	return dir;
}

static bool mark_blob(int image, uint64_t size)
{
	uint8_t attribute[BLOB_ATTRIBUTE_SIZE] = {[BLOB_TYPE_AT] = 1};
	int fd = openat(image, "blocks", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), err = 0;
	struct stat st;

	if (fd < 0)
		return false;
	for (unsigned i = 0; i < 8; i++)
		attribute[i] = (uint8_t)(size >> 8 * (7 - i));
	if (fstat(fd, &st))
		err = errno;
	else if (!S_ISREG(st.st_mode))
		err = EPERM;
	else if (fsetxattr(fd, ATTRIBUTE, attribute, sizeof(attribute), 0))
		err = errno;
	close(fd);
	errno = err;
	return err == 0;
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
static const char *link_blob(int image, int volume, const char *volume_key, const char *key)
{
	char name[1 + NAME_LEN_MAX + 1], fan[4];
	const char *what = NULL;
	int dir, err;

	snprintf(fan, sizeof(fan), "@%02x", cachefiles_hash(volume_key, key) & 0xff);
	snprintf(name, sizeof(name), "D%s", key);
	if (mkdirat(volume, fan, 0700) && errno != EEXIST)
		return "a directory cannot be made";
	dir = open_dir(volume, fan);
	/* It is there if the image is mounted once more. */
	if (dir < 0 || (linkat(image, "blocks", dir, name, 0) && errno != EEXIST))
		what = "the image's file cannot be linked";
	err = errno;
	if (dir >= 0)
		close(dir);
	errno = err;
	return what;
}

const char *cachefiles_keep(int store, const char *kept, const char *key, const char *domain)
{
	char volume_key[NAME_LEN_MAX], volume_name[NAME_LEN_MAX + 16], image_name[NAME_DIGITS + 1];
	const char *what = "what the engine says of it is wrong";
	int image = -1, volume = -1, err;
	uint64_t size;

	errno = EINVAL;
	if (!parse_kept(kept, image_name, &size) || strlen(key) > NAME_LEN_MAX - 3 ||
	    (size_t)snprintf(volume_key, sizeof(volume_key), "erofs,%s", domain) >= sizeof(volume_key) ||
	    strchr(volume_key, '/'))
		return what;
	snprintf(volume_name, sizeof(volume_name), "cache/I%s", volume_key);
	what = "the image's file cannot be used";
	image = open_image(store, image_name);
	if (image >= 0 && mark_blob(image, size)) {
		what = "the volume cannot be made";
		volume = make_volume(store, volume_name);
	}
	if (volume >= 0)
		what = link_blob(image, volume, volume_key, key);
	err = errno;
	if (volume >= 0)
		close(volume);
	if (image >= 0)
		close(image);
	errno = err;
	return what;
}
