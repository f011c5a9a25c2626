/* SPDX-License-Identifier: MIT */
/* Images of 1 MiB on a disk of 100, of which others take a part. */
#include "unit.h"

#include "store/disk_tend.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { MIB = 1024 * 1024, DISK_MIB = 100 };

static const char *const names[] = {
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
	"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
	"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
};

static int dir;
static unsigned others_mib;
static struct limits limits;
static struct disk_tended tended;

static bool is_there(unsigned image)
{
	return faccessat(dir, names[image], F_OK, 0) == 0;
}

/* What the disk says of itself; what it holds of ours is there. */
int __wrap_fstatfs(int fd, struct statfs *st);
int __wrap_fstatfs(int fd, struct statfs *st)
{
	unsigned taken = others_mib;

	(void)fd;
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		taken += is_there(i);
	*st = (struct statfs){.f_bsize = 4096,
			      .f_blocks = DISK_MIB * 256,
			      .f_bavail = taken < DISK_MIB ? (DISK_MIB - taken) * 256 : 0};
	return 0;
}

/* The higher the number, the later it was booted. */
static void make_image(unsigned image, uint64_t booted)
{
	struct about about = {.booted = booted, .url = "http://x/y"};
	char text[ABOUT_MAX], path[128];
	int fd;

	MUST_EQ(0, mkdirat(dir, names[image], 0700));
	snprintf(path, sizeof(path), "%s/blocks", names[image]);
	fd = openat(dir, path, O_WRONLY | O_CREAT, 0600);
	MUST_EQ(0, posix_fallocate(fd, 0, MIB));
	close(fd);
	MUST_EQ(0, disk_note_write(dir, names[image], DISK_ABOUT, text, about_format(&about, text)));
}

static void begin(void)
{
	MUST_EQ(0, mkdir("store", 0700));
	dir = open("store", O_RDONLY | O_DIRECTORY);
	limits_defaults(&limits);
	for (unsigned i = 0; i < 4; i++)
		make_image(i, i + 1);
}

static void tend(uint64_t size_mib, bool is_reserved)
{
	disk_tend(dir, &limits, names[3], size_mib * MIB, is_reserved, &tended);
}

CASE(with_room_for_all_nothing_goes)
{
	begin();
	tend(50, false);
	EQ(0u, tended.deleted);
	EQ((uint64_t)DISK_TEND_BUDGET, tended.budget);
	tend(50, true);
	EQ(0u, tended.deleted);
	ATF_CHECK(tended.budget > 0 && !tended.why);
}

CASE(what_will_be_taken_at_once_is_made_room_for)
{
	begin();
	/* 4 of ours leave 6 free, more than bcull; with 2 more there are 4, and after one went 5. */
	others_mib = 90;
	tend(3, false);
	EQ(0u, tended.deleted);
	tend(3, true);
	EQ(2u, tended.deleted);
	ATF_CHECK(!is_there(0) && !is_there(1) && is_there(2) && is_there(3));
	ATF_CHECK_STREQ(names[0], tended.names[0]);
	ATF_CHECK(tended.budget > 0);
}

CASE(the_one_that_runs_and_the_one_before_stay_and_the_rest_is_said)
{
	begin();
	others_mib = 90;
	tend(40, true);
	EQ(2u, tended.deleted);
	ATF_CHECK(is_there(2) && is_there(3));
	EQ(0u, tended.budget);
	ATF_CHECK_STREQ("the disk has no more free than bstop or fstop allow", tended.why);
}

CASE(a_limit_holds_for_what_will_be_taken)
{
	begin();
	limits.most_kib = 6 * 1024;
	tend(3, true);
	EQ(1u, tended.deleted);
	ATF_CHECK(!is_there(0) && is_there(1) && !tended.why);
	tend(7, true);
	EQ(1u, tended.deleted);
	ATF_CHECK(!is_there(1) && is_there(2));
	ATF_CHECK_STREQ("it takes as much as rd.blob.cache.limit= allows", tended.why);
}

CASE(what_is_reserved_for_images_that_nobody_uses_is_given_back)
{
	char path[3][128];
	int used;

	begin();
	for (unsigned i = 0; i < 3; i++) {
		snprintf(path[i], sizeof(path[i]), "%s/room", names[i + 1]);
		close(openat(dir, path[i], O_WRONLY | O_CREAT, 0600));
	}
	/* By another process. */
	used = openat(dir, names[2], O_RDONLY | O_DIRECTORY);
	MUST_EQ(0, flock(used, LOCK_SH));
	tend(3, true);
	EQ(-1, faccessat(dir, path[0], F_OK, 0));
	EQ(0, faccessat(dir, path[1], F_OK, 0));
	EQ(0, faccessat(dir, path[2], F_OK, 0));
	close(used);
}

CASE(without_culling_nothing_goes)
{
	begin();
	limits.is_nocull = true;
	others_mib = 94;
	tend(4, true);
	EQ(0u, tended.deleted);
	ATF_CHECK(tended.why);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, with_room_for_all_nothing_goes);
	ATF_TP_ADD_TC(tp, what_will_be_taken_at_once_is_made_room_for);
	ATF_TP_ADD_TC(tp, the_one_that_runs_and_the_one_before_stay_and_the_rest_is_said);
	ATF_TP_ADD_TC(tp, a_limit_holds_for_what_will_be_taken);
	ATF_TP_ADD_TC(tp, what_is_reserved_for_images_that_nobody_uses_is_given_back);
	ATF_TP_ADD_TC(tp, without_culling_nothing_goes);
	return atf_no_error();
}
