/* SPDX-License-Identifier: MIT */
/* On the file system of this directory, which has to keep holes and to read past the page cache. */
#include "unit.h"

#include "base/block.h"
#include "base/loop.h"
#include "engine/kernel_file.h"
#include "fake_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BLOCKS = 1000, SIZE = BLOCKS * 4096 - 10 };

static struct fake_tree tree;
static struct loop *loop;
static struct disk *disk;
static struct disk_image *image;
static int dir, calls;
static bool is_proven;
static char said[256];

/* What reserving says; 0: what it really does. What marking says, and of which size. */
static int reserve_error, mark_error;
static uint64_t marked;

static int mark(int fd, uint64_t size)
{
	ATF_CHECK(fd >= 0);
	marked = size;
	return mark_error;
}

int __real_fallocate(int fd, int mode, off_t off, off_t len);
int __wrap_fallocate(int fd, int mode, off_t off, off_t len);
int __wrap_fallocate(int fd, int mode, off_t off, off_t len)
{
	errno = reserve_error;
	return mode == 0 && reserve_error ? -1 : __real_fallocate(fd, mode, off, len);
}

/* A disk that answers no read while this is held; and how much later it is than it was. */
static pthread_mutex_t answers = PTHREAD_MUTEX_INITIALIZER;
static _Atomic time_t later_s;

ssize_t __real_pread(int fd, void *buf, size_t len, off_t off);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t off);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t off)
{
	pthread_mutex_lock(&answers);
	pthread_mutex_unlock(&answers);
	return __real_pread(fd, buf, len, off);
}

int __real_clock_gettime(clockid_t clock, struct timespec *at);
int __wrap_clock_gettime(clockid_t clock, struct timespec *at);
int __wrap_clock_gettime(clockid_t clock, struct timespec *at)
{
	int result = __real_clock_gettime(clock, at);

	at->tv_sec += later_s;
	return result;
}

static void on_news(void *arg, enum disk_news what, const char *why)
{
	(void)arg;
	(void)what;
	(void)why;
}

static void on_open(void *arg, struct disk_image *opened, int err, const char *what)
{
	(void)arg;
	(void)what;
	EQ(0, err);
	image = opened;
	loop_stop(loop, 0);
}

static void on_done(void *arg, const char *why)
{
	(void)arg;
	calls++;
	snprintf(said, sizeof(said), "%s", why ? why : "");
	loop_stop(loop, 0);
}

static void put(uint64_t first, uint64_t until)
{
	uint8_t bytes[BLOCK_SIZE];

	for (uint64_t block = first; block < until; block++) {
		for (uint64_t i = 0; i < BLOCK_SIZE; i++)
			bytes[i] = fake_byte(block * BLOCK_SIZE + i);
		MUST_EQ(BLOCK_SIZE,
			pwrite(image->files[DISK_BLOCKS].fd, bytes, BLOCK_SIZE, (off_t)(block * BLOCK_SIZE)));
	}
}

static void spoil(uint64_t block)
{
	MUST_EQ(1, pwrite(image->files[DISK_BLOCKS].fd, "\x17", 1, (off_t)(block * BLOCK_SIZE + 5)));
}

#define WANTED                                                                                               \
	{                                                                                                    \
		.image = image, .verity = &tree.verity, .size = SIZE, .mark = mark, .is_proven = is_proven,  \
		.done = on_done                                                                              \
	}

/* An image that has all of the tree, and of the blocks what a case puts there. */
static void begin(void)
{
	const uint64_t counts[DISK_PARTS] = {[DISK_BLOCKS] = BLOCKS, [DISK_TREE] = 0};
	struct limits limits;

	reserve_error = mark_error = 0;
	marked = 0;
	later_s = 0;
	calls = 0;
	is_proven = false;
	fake_tree_build(&tree, BLOCKS, 32);
	(void)mkdir("store", 0700);
	limits_defaults(&limits);
	dir = open("store", O_RDONLY | O_DIRECTORY);
	MUST_EQ(0, loop_open(&loop));
	MUST_EQ(0, disk_open(&disk, loop, dir, &limits, DISK_KERNELS_SOON, on_news, NULL));
	MUST_EQ(0, disk_image_open(disk, "image", true, on_open, NULL));
	loop_run(loop);
	ATF_REQUIRE(image != NULL);
	MUST_EQ((ssize_t)tree.size, pwrite(image->files[DISK_TREE].fd, tree.file, tree.size, 0));
	MUST_EQ(0, disk_image_fit(image, counts));
}

static void prepare(void)
{
	struct kernel_file wanted = WANTED;

	MUST_EQ(0, kernel_file_begin(&wanted));
	loop_run(loop);
	EQ(1, calls);
}

static void end(void)
{
	disk_image_close(image);
	disk_close(disk);
	loop_close(loop);
	close(dir);
	fake_tree_free(&tree);
}

static bool is_data(uint64_t block)
{
	off_t at = (off_t)(block * BLOCK_SIZE);

	return lseek(image->files[DISK_BLOCKS].fd, at, SEEK_DATA) == at;
}

/* Bytes that a file takes on the disk. */
static uint64_t taken(int fd)
{
	struct stat st;

	MUST_EQ(0, fstat(fd, &st));
	return (uint64_t)st.st_blocks * 512;
}

static uint64_t size(void)
{
	struct stat st;

	MUST_EQ(0, fstat(image->files[DISK_BLOCKS].fd, &st));
	return (uint64_t)st.st_size;
}

static uint64_t reserved(void)
{
	return taken(image->files[DISK_BLOCKS].room);
}

CASE(the_kernel_finds_what_is_true_and_room_for_the_rest)
{
	uint8_t page[BLOCK_SIZE];

	begin();
	put(0, 300);
	put(900, 1000);
	spoil(3);
	spoil(299);
	prepare();
	ATF_CHECK_STREQ("", said);
	EQ((uint64_t)SIZE, marked);
	EQ(398u, image->files[DISK_BLOCKS].claims.marked_count);
	ATF_CHECK(is_data(0) && !is_data(3) && is_data(4) && is_data(298) && !is_data(299) && is_data(999));
	ATF_CHECK(reserved() >= (uint64_t)(BLOCKS - 398) * BLOCK_SIZE);
	EQ(O_DIRECT, fcntl(image->files[DISK_BLOCKS].fd, F_GETFL) & O_DIRECT);
	/* Whoever reads a hole does not make it data. */
	for (uint64_t block = 300; block < 900; block++) {
		int fd = openat(image->dir, "blocks", O_RDONLY);

		MUST_EQ(BLOCK_SIZE, __real_pread(fd, page, BLOCK_SIZE, (off_t)(block * BLOCK_SIZE)));
		close(fd);
		ATF_CHECK(!is_data(block));
	}
	end();
}

/* Reserved blocks of a file count as data once they were read. */
CASE(what_somebody_has_reserved_in_the_file_is_taken_away)
{
	uint8_t page[BLOCK_SIZE];
	int fd;

	begin();
	put(0, 10);
	MUST_EQ(0, __real_fallocate(image->files[DISK_BLOCKS].fd, 0, 0, (off_t)BLOCKS * BLOCK_SIZE));
	fd = openat(image->dir, "blocks", O_RDONLY);
	MUST_EQ(BLOCK_SIZE, __real_pread(fd, page, BLOCK_SIZE, (off_t)500 * BLOCK_SIZE));
	close(fd);
	prepare();
	ATF_CHECK_STREQ("", said);
	ATF_CHECK(is_data(9) && !is_data(10) && !is_data(500));
	end();
}

CASE(a_file_of_another_length_gets_the_images)
{
	for (unsigned proven = 0; proven < 2; proven++) {
		begin();
		is_proven = proven;
		put(5, 6);
		spoil(7);
		MUST_EQ(0, ftruncate(image->files[DISK_BLOCKS].fd, (off_t)(BLOCKS + 77) * BLOCK_SIZE));
		MUST_EQ(1, pwrite(image->files[DISK_BLOCKS].fd, "x", 1, (off_t)(BLOCKS + 50) * BLOCK_SIZE));
		prepare();
		ATF_CHECK_STREQ("", said);
		EQ((uint64_t)BLOCKS * BLOCK_SIZE, size());
		/* Then nobody has proven what is there. */
		EQ(1u, image->files[DISK_BLOCKS].claims.marked_count);
		ATF_CHECK(is_data(5) && !is_data(7));
		end();
		MUST_EQ(0, unlink("store/image/blocks"));
	}
}

CASE(where_something_fails_nothing_is_reserved)
{
	begin();
	put(0, 100);
	reserve_error = ENOSPC;
	prepare();
	ATF_CHECK_STREQ("there is no room for the whole image: No space left on device", said);
	EQ(0u, reserved());
	ATF_CHECK(is_data(0) && is_data(99));
	end();
	begin();
	reserve_error = EOPNOTSUPP;
	prepare();
	ATF_CHECK_STREQ("its file system cannot reserve room: Operation not supported", said);
	end();
	begin();
	mark_error = -EOPNOTSUPP;
	prepare();
	ATF_CHECK_STREQ("its file system keeps no extended attributes: Operation not supported", said);
	EQ(0u, reserved());
	end();
}

CASE(what_was_proven_before_is_not_proven_again)
{
	begin();
	put(0, 10);
	spoil(5);
	MUST_EQ(0, ftruncate(image->files[DISK_BLOCKS].fd, (off_t)BLOCKS * BLOCK_SIZE));
	is_proven = true;
	prepare();
	ATF_CHECK_STREQ("", said);
	EQ(10u, image->files[DISK_BLOCKS].claims.marked_count);
	ATF_CHECK(is_data(5) && !is_data(10));
	end();
}

static void stop(void *arg)
{
	(void)arg;
	loop_stop(loop, 0);
}

static void *wait_and_move_the_clock(void *arg)
{
	(void)arg;
	for (int i = 0; i < 3; i++) {
		usleep(100000);
		later_s += KERNEL_FILE_PATIENCE_MS / 1000;
	}
	return NULL;
}

CASE(a_disk_that_does_nothing_is_given_up)
{
	struct kernel_file wanted;
	struct loop_timer timer = {.fn = stop};
	pthread_t clock;

	begin();
	wanted = (struct kernel_file)WANTED;
	put(0, 10);
	pthread_mutex_lock(&answers);
	MUST_EQ(0, kernel_file_begin(&wanted));
	MUST_EQ(0, pthread_create(&clock, NULL, wait_and_move_the_clock, NULL));
	/* The loop sleeps until then by the real clock; anything wakes it. */
	while (!calls) {
		loop_arm(loop, &timer, 10);
		loop_run(loop);
	}
	ATF_CHECK_STREQ("the disk does not answer", said);
	pthread_mutex_unlock(&answers);
	pthread_join(clock, NULL);
	end();
	EQ(1, calls);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_kernel_finds_what_is_true_and_room_for_the_rest);
	ATF_TP_ADD_TC(tp, a_file_of_another_length_gets_the_images);
	ATF_TP_ADD_TC(tp, what_somebody_has_reserved_in_the_file_is_taken_away);
	ATF_TP_ADD_TC(tp, where_something_fails_nothing_is_reserved);
	ATF_TP_ADD_TC(tp, what_was_proven_before_is_not_proven_again);
	ATF_TP_ADD_TC(tp, a_disk_that_does_nothing_is_given_up);
	return atf_no_error();
}
