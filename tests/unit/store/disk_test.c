/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/block.h"
#include "base/loop.h"
#include "store/disk_image.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BLOCKS = 1000, TREE_BLOCKS = 10 };

static struct loop *loop;
static struct disk *disk;
static struct disk_image *image;
static int open_error, dir;
static unsigned news[DISK_LOST + 1];
static _Alignas(4096) uint8_t bytes[8 * BLOCK_SIZE], back[8 * BLOCK_SIZE];

/* What the disk says from now on; 0: what it really does. */
static int write_error, read_error;

ssize_t __real_pwrite(int fd, const void *buf, size_t len, off_t off);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t off);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t off)
{
	errno = write_error;
	return write_error ? -1 : __real_pwrite(fd, buf, len, off);
}

ssize_t __real_pread(int fd, void *buf, size_t len, off_t off);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t off);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t off)
{
	errno = read_error;
	return read_error ? -1 : __real_pread(fd, buf, len, off);
}

static _Atomic unsigned syncs;

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
	syncs++;
	return __real_fdatasync(fd);
}

/* How much later it is than it was. */
static time_t later_s;

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
	ATF_CHECK(why);
	news[what]++;
}

static void on_open(void *arg, struct disk_image *opened, int err, const char *what)
{
	(void)arg;
	ATF_CHECK(err == 0 || *what);
	image = opened;
	open_error = err;
	loop_stop(loop, 0);
}

static void stop(void *arg)
{
	(void)arg;
	loop_stop(loop, 0);
}

static struct limits limits;

static void begin(void)
{
	const uint64_t counts[DISK_PARTS] = {[DISK_BLOCKS] = BLOCKS, [DISK_TREE] = TREE_BLOCKS};

	(void)mkdir("store", 0700);
	limits_defaults(&limits);
	limits.bstop = limits.fstop = 0;
	limits.is_nocull = true;
	dir = open("store", O_RDONLY | O_DIRECTORY);
	MUST_EQ(0, loop_open(&loop));
	MUST_EQ(0, disk_open(&disk, loop, dir, &limits, DISK_OURS, on_news, NULL));
	MUST_EQ(0, disk_image_open(disk, "image", true, on_open, NULL));
	loop_run(loop);
	if (!image)
		return;
	MUST_EQ(0, disk_image_fit(image, counts));
	disk_room_begin(&disk->room, "image", BLOCKS * BLOCK_SIZE, false, stop, NULL);
	loop_run(loop);
}

static void end(void)
{
	disk_image_close(image);
	disk_close(disk);
	loop_close(loop);
	close(dir);
}

static void on_written(void *arg, uint64_t first, uint64_t until)
{
	uint64_t *sum = arg;

	*sum += until - first;
	loop_stop(loop, 0);
}

/* As many turns as it takes until nothing waits to be written: an image is closed behind that. */
static void flush(void)
{
	struct loop_timer timer = {.fn = stop};

	for (int i = 0; i < 100; i++) {
		loop_arm(loop, &timer, 1);
		loop_run(loop);
	}
}

static int read_result;
static uint64_t read_bad;

static void on_read(struct disk_read *read)
{
	read_result = read->err;
	read_bad = read->bad[0];
	loop_stop(loop, 0);
}

static int read_back(enum disk_part part, uint64_t off, uint64_t len)
{
	struct disk_read read = {
		.file = &image->files[part], .buf = back, .off = off, .len = len, .done = on_read};

	disk_read_begin(&read);
	loop_run(loop);
	return read_result;
}

static void fill(uint8_t with)
{
	memset(bytes, with, sizeof(bytes));
}

CASE(what_was_written_is_claimed_now_and_by_the_next_and_read_back)
{
	struct disk_file *blocks, *tree;
	uint64_t sum = 0;

	begin();
	MUST_EQ(0, open_error);
	blocks = &image->files[DISK_BLOCKS];
	EQ(0, blocks->claims.marked_count);
	blocks->written = on_written;
	blocks->written_arg = &sum;
	fill('x');
	ATF_CHECK(disk_write(blocks, bytes, 100 * BLOCK_SIZE, 4 * BLOCK_SIZE));
	ATF_CHECK(disk_write(&image->files[DISK_TREE], bytes, BLOCK_SIZE, BLOCK_SIZE));
	EQ(0, blocks->claims.marked_count);
	loop_run(loop);
	EQ(4, sum);
	EQ(4, blocks->claims.marked_count);
	end();

	begin();
	blocks = &image->files[DISK_BLOCKS];
	tree = &image->files[DISK_TREE];
	EQ(4, blocks->claims.marked_count);
	ATF_CHECK(blockset_has(&blocks->claims, 100) && blockset_has(&blocks->claims, 103));
	EQ(1, tree->claims.marked_count);
	EQ(0, read_back(DISK_BLOCKS, 101 * BLOCK_SIZE, 3 * BLOCK_SIZE));
	EQ(0, memcmp(bytes, back, 3 * BLOCK_SIZE));
	EQ(-ENODATA, read_back(DISK_BLOCKS, 102 * BLOCK_SIZE, 4 * BLOCK_SIZE));
	/* The two that are there are not lost. */
	EQ(0, memcmp(bytes, back, 2 * BLOCK_SIZE));
	EQ(0xc, read_bad);
	EQ(0, news[DISK_READ_FAILS]);
	end();
}

CASE(what_is_in_the_way_and_not_ours_is_removed)
{
	struct stat st;

	mkdir("store", 0700);
	mkdir("store/image", 0700);
	MUST_EQ(0, mkfifo("store/image/tree", 0600));
	MUST_EQ(0, close(open("theirs", O_WRONLY | O_CREAT, 0600)));
	MUST_EQ(0, link("theirs", "store/image/blocks"));
	begin();
	EQ(0, open_error);
	fill('x');
	ATF_CHECK(disk_write(&image->files[DISK_BLOCKS], bytes, 0, BLOCK_SIZE));
	end();
	EQ(0, stat("theirs", &st));
	EQ(0, st.st_size);
	EQ(1, st.st_nlink);

	unlink("store/image/blocks");
	MUST_EQ(0, symlink("../../theirs", "store/image/blocks"));
	unlink("store/image/tree");
	mkdir("store/image/tree", 0700);
	begin();
	EQ(0, open_error);
	ATF_CHECK(disk_write(&image->files[DISK_BLOCKS], bytes, 0, BLOCK_SIZE));
	end();
	EQ(0, stat("theirs", &st));
	EQ(0, st.st_size);

	system("rm -r store/image; ln -s ../elsewhere store/image; mkdir elsewhere");
	begin();
	EQ(0, open_error);
	end();
	EQ(0, rmdir("elsewhere"));

	system("rm -r store/image; mkdir -p store/image/tree/full");
	begin();
	EQ(-EEXIST, open_error);
	ATF_CHECK(!image);
	end();
}

static char names[4][DISK_NAME_MAX + 1];
static unsigned listed;

static void on_list(void *arg, const struct disk_entry *entries, unsigned count)
{
	(void)arg;
	listed = count;
	for (unsigned i = 0; i < count && i < 4; i++)
		snprintf(names[i], sizeof(names[i]), "%s", entries[i].name);
	loop_stop(loop, 0);
}

static uint8_t note[DISK_NOTE_MAX];
static size_t note_len;

static void on_note(void *arg, const uint8_t *read, size_t len)
{
	(void)arg;
	memcpy(note, read, len);
	note_len = len;
	loop_stop(loop, 0);
}

static size_t get_note(const char *of)
{
	note_len = 99999;
	MUST_EQ(0, disk_note_get(disk, of, DISK_ROOTHASH, on_note, NULL));
	loop_run(loop);
	return note_len;
}

#define ONE   "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO   "2222222222222222222222222222222222222222222222222222222222222222"
#define THREE "3333333333333333333333333333333333333333333333333333333333333333"

CASE(images_are_listed_with_the_one_booted_last_first)
{
	system("mkdir -p store/" ONE " store/" TWO " store/" THREE
	       " store/4444 store/lost+found; touch store/file;"
	       "printf 'blobroot-store=1\nbooted=5\nurl=u\n' >store/" ONE "/about;"
	       "printf 'blobroot-store=1\nbooted=7\nurl=u\n' >store/" TWO "/about;"
	       "ln -s ../" TWO "/about store/" THREE "/about");
	begin();
	MUST_EQ(0, disk_look(disk, on_list, NULL));
	loop_run(loop);
	EQ(3, listed);
	ATF_CHECK_STREQ(TWO, names[0]);
	ATF_CHECK_STREQ(ONE, names[1]);
	ATF_CHECK_STREQ(THREE, names[2]);
	end();
}

CASE(a_small_file_is_written_whole_and_nothing_but_a_file_is_read)
{
	struct stat st;

	begin();
	EQ(0, get_note("image"));
	disk_note_put(image, DISK_ROOTHASH, "hello", 5);
	flush();
	EQ(5, get_note("image"));
	EQ(0, memcmp("hello", note, 5));
	EQ(-1, stat("store/image/roothash.new", &st));
	EQ(0, get_note("nowhere"));
	/* What lies in the way is replaced, and links are not followed. */
	system("cd store/image; rm roothash; ln -s ../../theirs roothash; echo precious >../../theirs; mkdir roothash.new");
	EQ(0, get_note("image"));
	disk_note_put(image, DISK_ROOTHASH, "again", 5);
	flush();
	EQ(5, get_note("image"));
	EQ(0, stat("theirs", &st));
	EQ(9, st.st_size);
	system("cd store/image; rm roothash; mkfifo roothash");
	EQ(0, get_note("image"));
	system("cd store/image; rm roothash; truncate -s 70000 roothash");
	EQ(0, get_note("image"));
	end();
}

CASE(a_full_disk_is_reported_once_and_tried_again_later)
{
	struct disk_file *blocks;
	uint64_t sum = 0;

	begin();
	blocks = &image->files[DISK_BLOCKS];
	write_error = ENOSPC;
	ATF_CHECK(disk_write(blocks, bytes, 0, BLOCK_SIZE));
	ATF_CHECK(disk_write(blocks, bytes, BLOCK_SIZE, BLOCK_SIZE));
	flush();
	EQ(1, news[DISK_FULL]);
	EQ(0, blocks->claims.marked_count);
	write_error = 0;
	ATF_CHECK(!disk_write(blocks, bytes, 0, BLOCK_SIZE));
	later_s = DISK_FULL_MS / 1000 + 1;
	blocks->written = on_written;
	blocks->written_arg = &sum;
	ATF_CHECK(disk_write(blocks, bytes, 0, BLOCK_SIZE));
	loop_run(loop);
	EQ(1, sum);
	EQ(1, news[DISK_ROOM]);
	end();
}

CASE(a_disk_that_fails_is_reported_once_and_left_alone)
{
	struct disk_file *blocks;

	begin();
	blocks = &image->files[DISK_BLOCKS];
	write_error = EIO;
	ATF_CHECK(disk_write(blocks, bytes, 0, BLOCK_SIZE));
	ATF_CHECK(disk_write(blocks, bytes, 0, BLOCK_SIZE));
	flush();
	EQ(1, news[DISK_WRITE_FAILS]);
	ATF_CHECK(!disk_write(blocks, bytes, 0, BLOCK_SIZE));
	read_error = EIO;
	for (int i = 0; i < DISK_READ_FAILURES_MAX; i++) {
		ATF_CHECK(disk_is_readable(blocks));
		EQ(-EIO, read_back(DISK_BLOCKS, 0, BLOCK_SIZE));
	}
	ATF_CHECK(!disk_is_readable(blocks));
	EQ(1, news[DISK_READ_FAILS]);
	EQ(1, news[DISK_LOST]);
	end();
}

CASE(what_was_written_is_synced_soon_and_once)
{
	struct loop_timer timer = {.fn = stop};

	begin();
	for (uint64_t i = 0; i < 20; i++)
		ATF_CHECK(disk_write(&image->files[DISK_BLOCKS], bytes, i * BLOCK_SIZE, BLOCK_SIZE));
	/* However slow the machine is. */
	while (syncs == 0) {
		loop_arm(loop, &timer, 10);
		loop_run(loop);
	}
	loop_arm(loop, &timer, 2 * DISK_SYNC_MS);
	loop_run(loop);
	EQ(1, syncs);
	end();
	EQ(3, syncs);
}

CASE(what_waits_to_be_written_is_bounded)
{
	uint64_t taken = 0;

	begin();
	for (int i = 0; i < 10000; i++)
		taken += disk_write(&image->files[DISK_BLOCKS], bytes, 0, sizeof(bytes)) ? sizeof(bytes) : 0;
	ATF_CHECK(taken > DISK_PENDING_MAX - sizeof(bytes));
	ATF_CHECK(taken <= DISK_PENDING_MAX);
	flush();
	ATF_CHECK(disk_write(&image->files[DISK_BLOCKS], bytes, 0, sizeof(bytes)));
	end();
}

CASE(an_image_that_finds_no_room_is_open_and_empty)
{
	const uint64_t counts[DISK_PARTS] = {UINT64_C(1) << 33, 1};

	begin();
	EQ(-EFBIG, disk_image_fit(image, counts));
	end();
	system("rm -r store/image");
	write_error = ENOSPC;
	begin();
	EQ(0, open_error);
	EQ(0, image->files[DISK_BLOCKS].claims.marked_count);
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_was_written_is_claimed_now_and_by_the_next_and_read_back);
	ATF_TP_ADD_TC(tp, what_is_in_the_way_and_not_ours_is_removed);
	ATF_TP_ADD_TC(tp, images_are_listed_with_the_one_booted_last_first);
	ATF_TP_ADD_TC(tp, a_small_file_is_written_whole_and_nothing_but_a_file_is_read);
	ATF_TP_ADD_TC(tp, a_full_disk_is_reported_once_and_tried_again_later);
	ATF_TP_ADD_TC(tp, a_disk_that_fails_is_reported_once_and_left_alone);
	ATF_TP_ADD_TC(tp, what_was_written_is_synced_soon_and_once);
	ATF_TP_ADD_TC(tp, what_waits_to_be_written_is_bounded);
	ATF_TP_ADD_TC(tp, an_image_that_finds_no_room_is_open_and_empty);
	return atf_no_error();
}
