/* SPDX-License-Identifier: MIT */
/*
 * The transport's keeper half, without root: the linker calls the test in place of the kernel where that would be needed
 * (--wrap). The run directory is `run` in the working directory, and the FUSE mount the directory `tree`.
 */
#include "unit.h"

#include "base/exits.h"
#include "base/layout.h"
#include "transport/fs_mount.h"
#include "transport/fuse.h"
#include "transport/fuse_msg.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* -- the kernel ----------------------------------------------------------------------------------------------------- */

static struct {
	int device_error, fsopen_error, create_error, fsmount_error, mkdir_error, limit_error;
	unsigned missing; /* the run directory is gone so often when it is opened */
	int device;
	char options[512]; /* that the FUSE mount has */
	unsigned attributes;
	/* EROFS. */
	enum fs_mount_step step;
	int err;
	const char *said;
	char mounted[256], content[32]; /* what it was told, and what it has read */
	char cwd[4096];
} kernel;

static int fail(int err)
{
	errno = err;
	return -1;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	if (strcmp(path, "/dev/fuse") == 0)
		return kernel.device_error ? fail(kernel.device_error) : kernel.device;
	if (strcmp(path, "/proc/sys/fs/fuse/max_request_timeout") == 0)
		return kernel.limit_error && flags & O_WRONLY ? fail(kernel.limit_error)
							      : __real_open("limit", flags);
	if (strcmp(path, "/proc/sys/fs/fuse/default_request_timeout") == 0)
		return fail(ENOENT);
	if (strcmp(path, LAYOUT_RUN) != 0)
		return __real_open(path, flags);
	if (kernel.missing > 0) {
		kernel.missing--;
		return fail(ENOENT);
	}
	return __real_open("run", flags);
}

int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode)
{
	if (strcmp(path, LAYOUT_RUN) != 0)
		return __real_mkdir(path, mode);
	return kernel.mkdir_error ? fail(kernel.mkdir_error) : __real_mkdir("run", mode);
}

int __wrap_rmdir(const char *path);
int __wrap_rmdir(const char *path)
{
	ATF_CHECK_STREQ(LAYOUT_RUN, path);
	/* The working directory is the tree by now. */
	return unlinkat(AT_FDCWD, "../run", AT_REMOVEDIR);
}

static long configure(va_list list)
{
	unsigned command = (va_arg(list, int), va_arg(list, unsigned));
	const char *key = va_arg(list, const char *), *value = va_arg(list, const char *);
	size_t have = strlen(kernel.options);

	if (command == FSCONFIG_CMD_CREATE)
		return kernel.create_error ? fail(kernel.create_error) : 0;
	EQ(FSCONFIG_SET_STRING, command);
	if (strcmp(key, "fd") == 0) {
		EQ(kernel.device, atoi(value));
		return 0;
	}
	snprintf(kernel.options + have, sizeof(kernel.options) - have, "%s=%s,", key, value);
	return 0;
}

long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
	va_list list;
	long result = -1;

	va_start(list, number);
	switch (number) {
	case SYS_fsopen:
		ATF_CHECK_STREQ("fuse", va_arg(list, const char *));
		result = kernel.fsopen_error ? fail(kernel.fsopen_error) : dup(0);
		break;
	case SYS_fsconfig:
		result = configure(list);
		break;
	case SYS_fsmount:
		(void)va_arg(list, int);
		EQ(FSMOUNT_CLOEXEC, va_arg(list, unsigned));
		kernel.attributes = va_arg(list, unsigned);
		result = kernel.fsmount_error ? fail(kernel.fsmount_error)
					      : __real_open("tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		break;
	default:
		atf_tc_fail("system call %ld", number);
	}
	va_end(list);
	return result;
}

/* EROFS reads its source while it is mounted, and only then. */
int __wrap_fs_mount(const char *type, const char *source, const char *options, const char *dir,
		    enum fs_mount_step *step_out, char *said_out, size_t size);
int __wrap_fs_mount(const char *type, const char *source, const char *options, const char *dir,
		    enum fs_mount_step *step_out, char *said_out, size_t size)
{
	int file = __real_open("../run/image", O_RDONLY);
	ssize_t got = read(file, kernel.content, sizeof(kernel.content) - 1);

	kernel.content[got > 0 ? got : 0] = '\0';
	close(file);
	snprintf(kernel.mounted, sizeof(kernel.mounted), "%s %s %s %s", type, source, options,
		 strrchr(dir, '/'));
	ATF_REQUIRE(getcwd(kernel.cwd, sizeof(kernel.cwd)) != NULL);
	*step_out = kernel.step;
	snprintf(said_out, size, "%s", kernel.said ? kernel.said : "");
	return kernel.err;
}

static int tree;
static char why[TRANSPORT_WHY_MAX];

static void begin(void)
{
	int file;

	MUST_EQ(0, __real_mkdir("tree", 0700));
	MUST_EQ(0, __real_mkdir("root", 0700));
	file = __real_open("tree/image", O_WRONLY | O_CREAT, 0600);
	MUST_EQ(0, fchmod(file, 0600));
	MUST_EQ(5, write(file, "erofs", 5));
	close(file);
	tree = __real_open("tree", O_RDONLY | O_DIRECTORY);
	ATF_REQUIRE(tree >= 0);
	why[0] = '\0';
}

static int mount_as(const char *source, const char *options)
{
	struct mount_plan plan = {.nameless = 0};

	snprintf(plan.source, sizeof(plan.source), "%s", source);
	snprintf(plan.options, sizeof(plan.options), "%s", options);
	kernel.mounted[0] = '\0';
	return fuse_transport.mount(tree, &plan, "root", "noatime", why);
}

/* -- mount ---------------------------------------------------------------------------------------------------------- */

CASE(erofs_reads_the_served_file_by_a_name_that_is_gone_afterwards)
{
	begin();
	EQ(EXIT_DONE, mount_as("image", "-"));
	ATF_CHECK_STREQ("erofs /run/blobroot/image noatime /root", kernel.mounted);
	ATF_CHECK_STREQ("erofs", kernel.content);
	/* Blobs beside the image are looked for there. */
	ATF_CHECK_STREQ("/tree", strrchr(kernel.cwd, '/'));
	EQ(-1, access("../run", F_OK));
}

CASE(a_run_directory_with_something_in_it_stays)
{
	begin();
	MUST_EQ(0, __real_mkdir("run", 0700));
	MUST_EQ(0, __real_mkdir("run/home", 0700));
	/* Left by a mount that was killed. */
	MUST_EQ(0, symlink("/etc/passwd", "run/image"));
	EQ(EXIT_DONE, mount_as("image", "-"));
	ATF_CHECK_STREQ("erofs", kernel.content);
	EQ(0, access("../run/home", F_OK));
	EQ(-1, faccessat(AT_FDCWD, "../run/image", F_OK, AT_SYMLINK_NOFOLLOW));
}

CASE(another_mount_may_remove_the_run_directory_meanwhile)
{
	begin();
	kernel.missing = 3;
	EQ(EXIT_DONE, mount_as("image", "-"));
	ATF_CHECK_STREQ("erofs", kernel.content);
}

CASE(a_run_directory_that_cannot_be_had_is_told)
{
	begin();
	kernel.missing = 1000;
	EQ(EXIT_TEMPORARY, mount_as("image", "-"));
	ATF_CHECK_STREQ("kernel: /run/blobroot/image: Resource temporarily unavailable", why);
	kernel.missing = 0;
	kernel.mkdir_error = EROFS;
	EQ(EXIT_TEMPORARY, mount_as("image", "-"));
	ATF_CHECK_STREQ("kernel: /run/blobroot/image: Read-only file system", why);
	ATF_CHECK_STREQ("", kernel.mounted);
}

CASE_ABOUT(a_plan_that_asks_for_anything_but_the_image_is_not_mounted,
	   "it came from the engine, which may have been taken over")
{
	static const char *const plans[][2] = {
		{"/dev/vda", "-"}, {"../image", "-"}, {"tree/image", "-"},          {".", "-"},
		{"..", "-"},       {"image", ""},     {"image", "device=/dev/vda"}, {"image", "-,device=x"}};

	begin();
	for (size_t i = 0; i < sizeof(plans) / sizeof(*plans); i++) {
		EQ(EXIT_PERMANENT, mount_as(plans[i][0], plans[i][1]));
		ATF_CHECK_STREQ("mount: the engine's plan asks for more than the image: was it taken over?",
				why);
		ATF_CHECK_STREQ("", kernel.mounted);
	}
}

CASE(a_file_that_the_engine_does_not_serve_is_told)
{
	begin();
	EQ(EXIT_TEMPORARY, mount_as("gone", "-"));
	ATF_CHECK_STREQ("mount: the served file cannot be opened: No such file or directory", why);
	EQ(EXIT_TEMPORARY, mount_as("", "-"));
	ATF_CHECK_STREQ("", kernel.mounted);
}

CASE(a_place_that_is_not_there_is_told)
{
	struct mount_plan plan = {.source = "image", .options = "-"};

	begin();
	EQ(EXIT_PERMANENT, fuse_transport.mount(tree, &plan, "gone", "", why));
	ATF_CHECK_STREQ("mount: gone: No such file or directory", why);
}

CASE(a_mount_that_fails_says_what_the_kernel_says)
{
	static const struct {
		enum fs_mount_step step;
		int err;
		const char *said;
		int status;
		const char *why;
	} kinds[] = {
		{FS_MOUNT_SOURCE, -ENOTBLK, "", EXIT_PERMANENT,
		 "mount: the kernel's EROFS cannot read from a file (CONFIG_EROFS_FS_BACKED_BY_FILE, Linux "
		 "6.12)"},
		{FS_MOUNT_SOURCE, -ENOTBLK, "erofs: /x: Can't lookup blockdev", EXIT_PERMANENT,
		 "mount: the kernel's EROFS cannot read from a file (CONFIG_EROFS_FS_BACKED_BY_FILE, Linux "
		 "6.12): it says: erofs: /x: Can't lookup blockdev"},
		{FS_MOUNT_TYPE, -ENODEV, "", EXIT_PERMANENT,
		 "mount: the kernel has no EROFS: the module erofs.ko is not in this initramfs"},
		{FS_MOUNT_SOURCE, -EIO, "", EXIT_TEMPORARY, "mount: Input/output error"},
		{FS_MOUNT_OPTIONS, -ENOTBLK, "", EXIT_PERMANENT, "mount: Block device required"},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (i == 0)
			begin();
		else
			MUST_EQ(0, chdir(".."));
		kernel.step = kinds[i].step;
		kernel.err = kinds[i].err;
		kernel.said = kinds[i].said;
		EQ(kinds[i].status, mount_as("image", "-"));
		ATF_CHECK_STREQ(kinds[i].why, why);
		EQ(-1, access("../run", F_OK));
	}
}

/* -- bind ----------------------------------------------------------------------------------------------------------- */

static int kernels_end;

/* The device, with the kernel's first message in it. */
static void begin_bind(uint32_t opcode, uint32_t flags, uint32_t flags2)
{
	struct {
		struct fuse_in_header header;
		struct fuse_init_in init;
	} in = {.header = {.len = sizeof(in), .opcode = opcode, .unique = 1},
		.init = {.major = 7, .minor = 41, .flags = flags, .flags2 = flags2}};
	int ends[2];

	MUST_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends));
	MUST_EQ(sizeof(in), write(ends[1], &in, sizeof(in)));
	kernel.device = ends[0];
	kernels_end = ends[1];
	kernel.options[0] = '\0';
}

enum { FLAGS = FUSE_MAX_PAGES | FUSE_INIT_EXT, FLAGS2 = 1 << 7 };

CASE(the_mount_is_made_for_root_alone_and_the_first_message_answered)
{
	struct {
		struct fuse_out_header header;
		struct fuse_init_out init;
	} out;
	struct transport_ends ends = {.device = -1, .tree = -1};

	begin();
	begin_bind(FUSE_INIT, FLAGS, FLAGS2);
	EQ(EXIT_DONE, fuse_transport.bind("store", NULL, false, &ends, why));
	EQ(kernel.device, ends.device);
	ATF_CHECK(ends.tree >= 0);
	ATF_CHECK_STREQ(
		"source=blobroot,rootmode=40000,user_id=0,group_id=0,max_read=1048576,subtype=blobroot,",
		kernel.options);
	EQ(sizeof(out), read(kernels_end, &out, sizeof(out)));
	EQ(1u, out.header.unique);
	EQ(0, out.header.error);
	EQ(sizeof(out), out.header.len);
	EQ(FLAGS2, out.init.flags2);
}

CASE_ABOUT(nothing_in_the_mount_leads_out_of_it,
	   "an engine that was taken over may serve devices, programs and symbolic links")
{
	struct transport_ends ends;

	begin();
	begin_bind(FUSE_INIT, FLAGS, FLAGS2);
	EQ(EXIT_DONE, fuse_transport.bind("store", NULL, false, &ends, why));
	EQ(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
		   MOUNT_ATTR_NOSYMFOLLOW,
	   kernel.attributes);
}

/* A time limit that ends all connections is none of this one's, and is as it was for all others. */
CASE(a_time_limit_of_the_hosts_is_put_back_and_one_that_stays_ends_no_boot)
{
	int limit = __real_open("limit", O_RDWR | O_CREAT, 0600);
	struct transport_ends ends;
	char text[8] = "";

	begin();
	MUST_EQ(3, write(limit, "30\n", 3));
	for (int i = 0; i < 2; i++) {
		kernel.limit_error = i ? EROFS : 0;
		begin_bind(FUSE_INIT, FLAGS, FLAGS2);
		EQ(EXIT_DONE, fuse_transport.bind("store", NULL, false, &ends, why));
		EQ(3, pread(limit, text, sizeof(text), 0));
		ATF_CHECK_STREQ("30\n", text);
	}
}

static const char *why_not_bound(void)
{
	struct transport_ends ends = {.device = -1, .tree = -1};

	why[0] = '\0';
	EQ(EXIT_PERMANENT, fuse_transport.bind("store", NULL, false, &ends, why));
	EQ(-1, ends.device);
	EQ(-1, ends.tree);
	/* Nothing is left open. */
	ATF_CHECK(kernel.device_error || fcntl(kernel.device, F_GETFD) < 0);
	return why;
}

CASE(a_kernel_without_what_is_needed_says_what_it_lacks)
{
	begin();
	kernel.device_error = ENOENT;
	ATF_CHECK_STREQ("kernel: there is no /dev/fuse: it has no FUSE, or the module fuse.ko is not in this "
			"initramfs",
			why_not_bound());
	kernel.device_error = EACCES;
	ATF_CHECK_STREQ("kernel: /dev/fuse: Permission denied", why_not_bound());
	kernel.device_error = 0;
	begin_bind(FUSE_INIT, FLAGS, FLAGS2);
	kernel.fsopen_error = ENODEV;
	ATF_CHECK_STREQ("kernel: cannot make a FUSE mount: No such device", why_not_bound());
	kernel.fsopen_error = 0;
	begin_bind(FUSE_INIT, FLAGS, FLAGS2);
	kernel.create_error = EINVAL;
	ATF_CHECK_STREQ("kernel: cannot make a FUSE mount: Invalid argument", why_not_bound());
	kernel.create_error = 0;
	begin_bind(FUSE_INIT, FLAGS, FLAGS2);
	kernel.fsmount_error = EPERM;
	ATF_CHECK_STREQ("kernel: cannot make a FUSE mount: Operation not permitted", why_not_bound());
}

CASE(a_kernel_whose_fuse_is_too_old_is_told)
{
	begin();
	begin_bind(FUSE_INIT, FLAGS, 0);
	ATF_CHECK_STREQ("kernel: its FUSE cannot repeat requests when an engine has died (Linux 6.9 can)",
			why_not_bound());
	begin_bind(FUSE_INIT, FUSE_INIT_EXT, FLAGS2);
	ATF_CHECK_STREQ("kernel: its FUSE is too old", why_not_bound());
	begin_bind(FUSE_GETATTR, FLAGS, FLAGS2);
	ATF_CHECK_STREQ("kernel: its FUSE says something else than what it should begin with",
			why_not_bound());
}

/* -- afterwards ----------------------------------------------------------------------------------------------------- */

CASE(when_an_engine_has_died_the_kernel_is_asked_to_repeat)
{
	struct fuse_out_header notice;
	int lone = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);

	begin_bind(FUSE_INIT, FLAGS, FLAGS2);
	EQ(0, fuse_transport.resume(kernel.device));
	EQ(sizeof(notice), read(kernels_end, &notice, sizeof(notice)));
	EQ(0u, notice.unique);
	/* ENOTCONN: nobody is left who waits. */
	EQ(0, fuse_transport.resume(lone));
	EQ(-EBADF, fuse_transport.resume(-1));
}

CASE(it_is_over_when_the_device_says_so)
{
	int ends[2];

	MUST_EQ(0, pipe(ends));
	ATF_CHECK(!fuse_transport.is_over(ends[1]));
	close(ends[0]);
	/* The only descriptor with such an end that needs no root. */
	ATF_CHECK(fuse_transport.is_over(ends[1]));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, erofs_reads_the_served_file_by_a_name_that_is_gone_afterwards);
	ATF_TP_ADD_TC(tp, a_run_directory_with_something_in_it_stays);
	ATF_TP_ADD_TC(tp, another_mount_may_remove_the_run_directory_meanwhile);
	ATF_TP_ADD_TC(tp, a_run_directory_that_cannot_be_had_is_told);
	ATF_TP_ADD_TC(tp, a_plan_that_asks_for_anything_but_the_image_is_not_mounted);
	ATF_TP_ADD_TC(tp, a_file_that_the_engine_does_not_serve_is_told);
	ATF_TP_ADD_TC(tp, a_place_that_is_not_there_is_told);
	ATF_TP_ADD_TC(tp, a_mount_that_fails_says_what_the_kernel_says);
	ATF_TP_ADD_TC(tp, the_mount_is_made_for_root_alone_and_the_first_message_answered);
	ATF_TP_ADD_TC(tp, nothing_in_the_mount_leads_out_of_it);
	ATF_TP_ADD_TC(tp, a_time_limit_of_the_hosts_is_put_back_and_one_that_stays_ends_no_boot);
	ATF_TP_ADD_TC(tp, a_kernel_without_what_is_needed_says_what_it_lacks);
	ATF_TP_ADD_TC(tp, a_kernel_whose_fuse_is_too_old_is_told);
	ATF_TP_ADD_TC(tp, when_an_engine_has_died_the_kernel_is_asked_to_repeat);
	ATF_TP_ADD_TC(tp, it_is_over_when_the_device_says_so);
	return atf_no_error();
}
