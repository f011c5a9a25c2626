/* SPDX-License-Identifier: MIT */
/* In directories on the file system of this one, which has to have extended attributes. The kernel's part: boot/store_test. */
#include "unit.h"

#include "base/layout.h"
#include "transport/cachefiles_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define IMAGE     "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define ATTRIBUTE "user.CacheFiles.cache"

#define VOLUME "cache/Ierofs,blobroot-21fecb2b41a3553f389ac539628867fc"
#define KEY    "blobroot-21fecb2b41a3553f389ac539628867fc"

static int store;

static void begin(void)
{
	int fd;

	MUST_EQ(0, mkdir("images", 0700));
	MUST_EQ(0, mkdir("images/" IMAGE, 0700));
	fd = open("images/" IMAGE "/blocks", O_WRONLY | O_CREAT, 0600);
	MUST_EQ(5, write(fd, "bytes", 5));
	MUST_EQ(0, cachefiles_mark(fd, 12345));
	if (geteuid() == 0)
		MUST_EQ(0, fchown(fd, LAYOUT_ENGINE_ID, LAYOUT_ENGINE_ID));
	close(fd);
	MUST_EQ(0, mkdir("store", 0700));
	MUST_EQ(0, mkdir("store/cache", 0700));
	store = open("store", O_PATH | O_DIRECTORY);
}

CASE(the_hash_is_the_kernels)
{
	/* Linux 6.12.118 found the demo image's file there: without a network, boot/store_test reads it so. */
	EQ(0x5222180cu, cachefiles_hash("erofs," KEY, KEY));
	ATF_CHECK(cachefiles_hash("erofs,a", "b") != cachefiles_hash("erofs,b", "a"));
	/* Any length, with or without padding. */
	for (int len = 0; len < 8; len++)
		ATF_CHECK(cachefiles_hash("erofs,12345678" + len, "k") !=
			  cachefiles_hash("erofs,12345678" + len, "l"));
}

CASE(the_file_is_linked_with_what_the_kernel_wants_to_find)
{
	static const uint8_t wanted[18] = {[6] = 0x30, [7] = 0x39, [16] = 1};
	char path[512];
	uint8_t got[64];
	struct stat file, linked;

	begin();
	ATF_CHECK_EQ(NULL, cachefiles_keep(store, IMAGE, KEY, KEY));
	snprintf(path, sizeof(path), "store/" VOLUME "/@%02x/D" KEY,
		 cachefiles_hash("erofs," KEY, KEY) & 0xff);
	MUST_EQ(0, stat(path, &linked));
	MUST_EQ(0, stat("images/" IMAGE "/blocks", &file));
	EQ(file.st_ino, linked.st_ino);
	EQ(18, getxattr(path, ATTRIBUTE, got, sizeof(got)));
	EQ(0, memcmp(wanted, got, 18));
	EQ(4, getxattr("store/" VOLUME, ATTRIBUTE, got, sizeof(got)));
	EQ(0, memcmp("\0\0\0\0", got, 4));
	/* As when it is mounted once more. */
	ATF_CHECK_EQ(NULL, cachefiles_keep(store, IMAGE, KEY, KEY));
	/* The kernel reads no file for two volumes: it makes one for another. */
	ATF_CHECK_EQ(NULL, cachefiles_keep(store, IMAGE, KEY, "domain"));
	snprintf(path, sizeof(path), "store/cache/Ierofs,domain/@%02x/D" KEY,
		 cachefiles_hash("erofs,domain", KEY) & 0xff);
	EQ(-1, stat(path, &linked));
}

CASE(in_a_domain_it_is_that_volumes)
{
	struct stat linked;
	char path[512];

	begin();
	ATF_CHECK_EQ(NULL, cachefiles_keep(store, IMAGE, KEY, "domain"));
	snprintf(path, sizeof(path), "store/cache/Ierofs,domain/@%02x/D" KEY,
		 cachefiles_hash("erofs,domain", KEY) & 0xff);
	EQ(0, stat(path, &linked));
}

/* An engine that was taken over may say anything, and put anything into the images' directory. */
CASE(nothing_else_is_linked_or_marked)
{
	static const char *const wrong[] = {"", IMAGE ":", IMAGE "0", "../" IMAGE, IMAGE "/", "0123"};

	begin();
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		ATF_CHECK(cachefiles_keep(store, wrong[i], KEY, KEY) != NULL);
	ATF_CHECK(cachefiles_keep(store, IMAGE, KEY, "../../x") != NULL);
	MUST_EQ(0, rename("images/" IMAGE, "theirs"));
	ATF_CHECK(cachefiles_keep(store, IMAGE, KEY, KEY) != NULL);
	MUST_EQ(0, symlink("../theirs", "images/" IMAGE));
	ATF_CHECK(cachefiles_keep(store, IMAGE, KEY, KEY) != NULL);
	MUST_EQ(0, unlink("images/" IMAGE));
	MUST_EQ(0, mkdir("images/" IMAGE, 0700));
	MUST_EQ(0, symlink("../../theirs/blocks", "images/" IMAGE "/blocks"));
	ATF_CHECK(cachefiles_keep(store, IMAGE, KEY, KEY) != NULL);
	MUST_EQ(0, unlink("images/" IMAGE "/blocks"));
	MUST_EQ(0, mkfifo("images/" IMAGE "/blocks", 0600));
	ATF_CHECK(cachefiles_keep(store, IMAGE, KEY, KEY) != NULL);
	/* Somebody else's file, which the engine moved there. */
	MUST_EQ(0, unlink("images/" IMAGE "/blocks"));
	MUST_EQ(0, rename("theirs/blocks", "images/" IMAGE "/blocks"));
	if (geteuid() == 0) {
		MUST_EQ(0, chown("images/" IMAGE "/blocks", 0, 0));
		ATF_CHECK(cachefiles_keep(store, IMAGE, KEY, KEY) != NULL);
	}
	EQ(-1, access("store/" VOLUME, F_OK));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_hash_is_the_kernels);
	ATF_TP_ADD_TC(tp, the_file_is_linked_with_what_the_kernel_wants_to_find);
	ATF_TP_ADD_TC(tp, in_a_domain_it_is_that_volumes);
	ATF_TP_ADD_TC(tp, nothing_else_is_linked_or_marked);
	return atf_no_error();
}
