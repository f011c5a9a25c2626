/* SPDX-License-Identifier: MIT */
/* The real kernel mounts a tmpfs, in a user and mount namespace of the test's own. */
#include "unit.h"

#include "transport/fs_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static char said[256];
static enum fs_mount_step step;

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	ATF_REQUIRE(fd >= 0);
	MUST_EQ((ssize_t)strlen(text), write(fd, text, strlen(text)));
	close(fd);
}

/* A mount namespace of its own; without root rights, also a user namespace, which a chroot does not allow. */
static void begin(void)
{
	char map[32];

	snprintf(map, sizeof(map), "0 %u 1", (unsigned)geteuid());
	if (unshare(CLONE_NEWNS) == 0) {
		(void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	} else {
		MUST_EQ(0, unshare(CLONE_NEWUSER | CLONE_NEWNS));
		write_file("/proc/self/setgroups", "deny");
		write_file("/proc/self/uid_map", map);
	}
	MUST_EQ(0, mkdir("here", 0700));
}

/* Are both the mount and its filesystem read-only? */
static bool is_read_only(void)
{
	char line[4096];
	FILE *file = fopen("/proc/self/mountinfo", "r");
	bool is_found = false;

	ATF_REQUIRE(file != NULL);
	while (fgets(line, sizeof(line), file))
		is_found |= strstr(line, "/here ro,") && strstr(line, " - tmpfs a-source ro,");
	fclose(file);
	return is_found;
}

static int mount_tmpfs(const char *options, const char *dir)
{
	return fs_mount("tmpfs", "a-source", options, dir, &step, said, sizeof(said));
}

CASE(it_is_mounted_read_only_with_its_options)
{
	struct statvfs is;
	struct stat root;

	begin();
	MUST_EQ(0, mount_tmpfs("size=40k,,mode=0711", "here"));
	MUST_EQ(0, statvfs("here", &is));
	EQ(40u * 1024, is.f_blocks * is.f_frsize);
	ATF_CHECK(is_read_only());
	MUST_EQ(0, stat("here", &root));
	EQ(0711u, root.st_mode & 07777);
	EQ(-1, open("here/file", O_CREAT | O_WRONLY, 0600));
	EQ(EROFS, errno);
}

CASE(words_of_mount_8_are_attributes_of_the_mount)
{
	struct statvfs is;

	begin();
	MUST_EQ(0, mount_tmpfs("noatime,size=40k,nodev,nosuid,noexec,ro", "here"));
	MUST_EQ(0, statvfs("here", &is));
	EQ((unsigned long)(ST_RDONLY | ST_NOATIME | ST_NODEV | ST_NOSUID | ST_NOEXEC),
	   is.f_flag & (ST_RDONLY | ST_NOATIME | ST_NODEV | ST_NOSUID | ST_NOEXEC));
	EQ(-EROFS, mount_tmpfs("noatime,rw", "here"));
	EQ(FS_MOUNT_WRITE, step);
}

CASE(an_option_that_the_kernel_does_not_know_is_named_in_its_words)
{
	begin();
	EQ(-EINVAL, mount_tmpfs("size=40k,fsid=x", "here"));
	EQ(FS_MOUNT_OPTIONS, step);
	ATF_CHECK_STREQ("tmpfs: Unknown parameter 'fsid'", said);
}

CASE(a_value_that_the_kernel_does_not_take_is_named_in_its_words)
{
	begin();
	EQ(-EINVAL, mount_tmpfs("size=many", "here"));
	EQ(FS_MOUNT_OPTIONS, step);
	ATF_CHECK_MSG(strstr(said, "size"), "%s", said);
}

CASE(a_filesystem_that_the_kernel_has_not)
{
	begin();
	EQ(-ENODEV, fs_mount("no-such-fs", "none", "", "here", &step, said, sizeof(said)));
	EQ(FS_MOUNT_TYPE, step);
	ATF_CHECK_STREQ("", said);
}

CASE(a_directory_that_is_not_there)
{
	begin();
	EQ(-ENOENT, mount_tmpfs("", "there"));
	EQ(FS_MOUNT_DIR, step);
}

CASE(a_directory_may_be_a_link_and_must_be_a_directory)
{
	struct statvfs is;

	begin();
	MUST_EQ(0, symlink("here", "there"));
	MUST_EQ(0, mount_tmpfs("", "there"));
	MUST_EQ(0, statvfs("here", &is));
	ATF_CHECK(is.f_flag & ST_RDONLY);
	close(open("file", O_CREAT | O_WRONLY, 0600));
	EQ(-ENOTDIR, mount_tmpfs("", "file"));
	EQ(FS_MOUNT_DIR, step);
}

CASE(what_is_said_is_cut_to_its_room)
{
	begin();
	EQ(-EINVAL, fs_mount("tmpfs", "none", "fsid=x", "here", &step, said, 8));
	ATF_CHECK_STREQ("tmpfs: ", said);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, it_is_mounted_read_only_with_its_options);
	ATF_TP_ADD_TC(tp, words_of_mount_8_are_attributes_of_the_mount);
	ATF_TP_ADD_TC(tp, an_option_that_the_kernel_does_not_know_is_named_in_its_words);
	ATF_TP_ADD_TC(tp, a_value_that_the_kernel_does_not_take_is_named_in_its_words);
	ATF_TP_ADD_TC(tp, a_filesystem_that_the_kernel_has_not);
	ATF_TP_ADD_TC(tp, a_directory_that_is_not_there);
	ATF_TP_ADD_TC(tp, a_directory_may_be_a_link_and_must_be_a_directory);
	ATF_TP_ADD_TC(tp, what_is_said_is_cut_to_its_room);
	return atf_no_error();
}
