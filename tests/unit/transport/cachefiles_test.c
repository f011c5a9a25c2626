/* SPDX-License-Identifier: MIT */
/* The transport against a socket in the device's place: one packet is one message of the kernel. */
#include "unit.h"

#include "base/loop.h"
#include "base/exits.h"
#include "transport/cachefiles.h"
#include "transport/fs_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/cachefiles.h>
#include <sys/socket.h>
#include <unistd.h>

/* The linker calls __wrap_calloc in place of calloc (--wrap). */
static bool is_out_of_memory;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
	return is_out_of_memory ? NULL : __real_calloc(count, size);
}

static struct loop *loop;
static struct channel *channel;
static int ends[2];
static char seen[512]; /* what the engine was told */
static int last_file;
static struct loop_timer timer;

static void on_opened(void *ctx, uint64_t object_id, uint64_t request_id, int file, const char *key)
{
	(void)ctx;
	last_file = file;
	sprintf(seen + strlen(seen), "open %" PRIu64 " %" PRIu64 " %s;", object_id, request_id, key);
}

static void on_asked(void *ctx, uint64_t object_id, uint64_t request_id, int reader, uint64_t off,
		     uint64_t len)
{
	(void)ctx;
	EQ(0, reader);
	sprintf(seen + strlen(seen), "read %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 ";", object_id,
		request_id, off, len);
}

static void on_closed(void *ctx, uint64_t object_id)
{
	(void)ctx;
	sprintf(seen + strlen(seen), "close %" PRIu64 ";", object_id);
}

static void on_died(void *ctx, int why)
{
	(void)ctx;
	sprintf(seen + strlen(seen), "died %d;", why);
	loop_stop(loop, 0);
}

static void begin(void)
{
	static const struct transport_sink sink = {
		.opened = on_opened, .asked = on_asked, .closed = on_closed, .died = on_died};

	MUST_EQ(0, loop_open(&loop));
	MUST_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends));
	MUST_EQ(0, cachefiles_transport.open(&channel, loop, ends[0], &sink, NULL));
}

static void stop(void *arg)
{
	loop_stop(loop, 0);
	(void)arg;
}

/* Runs the loop until what was sent has been taken. */
static const char *told(void)
{
	timer.fn = stop;
	seen[0] = '\0';
	loop_arm(loop, &timer, 2);
	MUST_EQ(0, loop_run(loop));
	return seen;
}

static void say(uint32_t id, uint32_t op, const void *data, size_t len)
{
	uint8_t bytes[512];
	struct cachefiles_msg head = {
		.msg_id = id, .opcode = op, .len = (uint32_t)(sizeof(head) + len), .object_id = 9};

	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), data, len);
	MUST_EQ(head.len, send(ends[1], bytes, head.len, 0));
}

static void say_open(uint32_t id, int fd, const char *key, uint32_t key_size)
{
	uint8_t data[256];
	struct cachefiles_open head = {.volume_key_size = 6, .cookie_key_size = key_size, .fd = (uint32_t)fd};

	memcpy(data, &head, sizeof(head));
	memcpy(data + sizeof(head), "volume", 6);
	memcpy(data + sizeof(head) + 6, key, key_size);
	say(id, CACHEFILES_OP_OPEN, data, sizeof(head) + 6 + key_size);
}

static void say_read(uint32_t id, uint64_t off, uint64_t len)
{
	struct cachefiles_read body = {.off = off, .len = len};

	say(id, CACHEFILES_OP_READ, &body, sizeof(body));
}

/* What the kernel is told. */
static const char *command(void)
{
	static char text[128];
	ssize_t got = recv(ends[1], text, sizeof(text) - 1, 0);

	text[got > 0 ? got : 0] = '\0';
	return text;
}

static void end(void)
{
	cachefiles_transport.close(channel);
	loop_close(loop);
}

CASE(requests_reach_the_engine)
{
	int fd = dup(0);

	begin();
	say_open(1, fd, "key", 3);
	say_read(2, 4096, 8192);
	say(3, CACHEFILES_OP_CLOSE, "", 0);
	ATF_CHECK_STREQ("open 9 1 key;read 9 2 4096 8192;close 9;", told());
	EQ(fd, last_file);
	EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EQ(0, cachefiles_transport.answer_open(channel, 1, 12345));
	ATF_CHECK_STREQ("copen 1,12345", command());
	EQ(0, cachefiles_transport.answer_open(channel, UINT32_MAX, -2));
	ATF_CHECK_STREQ("copen 4294967295,-2", command());
	close(fd);
	end();
}

CASE(an_open_with_an_odd_key_is_answered_by_the_transport)
{
	int fd = dup(0);

	begin();
	say_open(5, fd, "a\nb", 3);
	ATF_CHECK_STREQ("", told());
	ATF_CHECK_STREQ("copen 5,-22", command());
	ATF_CHECK_STREQ("", command());
	EQ(-1, fcntl(fd, F_GETFD));
	end();
}

CASE(an_odd_read_is_handed_on_as_one_of_nothing)
{
	begin();
	say_read(6, UINT64_MAX, 4096);
	say_read(7, 0, 0);
	say(8, CACHEFILES_OP_READ, "short", 5);
	ATF_CHECK_STREQ("read 9 6 0 0;read 9 7 0 0;read 9 8 0 0;", told());
	end();
}

CASE(unknown_messages_are_passed_over)
{
	begin();
	say(1, 77, "", 0);
	MUST_EQ(3, send(ends[1], "odd", 3, 0));
	say(2, CACHEFILES_OP_CLOSE, "x", 1);
	say_read(3, 0, 4096);
	ATF_CHECK_STREQ("read 9 3 0 4096;", told());
	ATF_CHECK_STREQ("", command());
	end();
}

CASE(a_paused_transport_leaves_requests_with_the_kernel)
{
	begin();
	cachefiles_transport.pause(channel, true);
	cachefiles_transport.pause(channel, true);
	say_read(1, 0, 4096);
	ATF_CHECK_STREQ("", told());
	cachefiles_transport.pause(channel, false);
	ATF_CHECK_STREQ("read 9 1 0 4096;", told());
	end();
}

CASE(a_paused_transport_resumes_without_memory)
{
	begin();
	cachefiles_transport.pause(channel, true);
	say_read(1, 0, 4096);
	ATF_CHECK_STREQ("", told());
	is_out_of_memory = true;
	cachefiles_transport.pause(channel, false);
	is_out_of_memory = false;
	ATF_CHECK_STREQ("read 9 1 0 4096;", told());
	end();
}

CASE(a_transport_that_cannot_resume_says_so)
{
	begin();
	cachefiles_transport.pause(channel, true);
	/* Closed behind the loop's back: epoll has forgotten it. */
	MUST_EQ(0, close(ends[0]));
	seen[0] = '\0';
	cachefiles_transport.pause(channel, false);
	ATF_CHECK_STREQ("died -9;", seen);
	ends[0] = dup(ends[1]);
	end();
}

CASE(an_answer_on_what_is_no_object_is_an_error)
{
	int file = open("file", O_RDWR | O_CREAT, 0600);

	begin();
	EQ(-ENOTTY, cachefiles_transport.answer_read(channel, file, 1, 0, NULL, 0));
	EQ(-ENOTTY, cachefiles_transport.answer_read(channel, file, 1, -EIO, NULL, 0));
	end();
}

CASE(programs_that_knew_no_other_transport_had_this_one)
{
	ATF_CHECK(transport_find("") == &cachefiles_transport);
	ATF_CHECK(transport_find("cachefiles") == &cachefiles_transport);
	ATF_CHECK_STREQ("", transport_option(&cachefiles_transport));
	ATF_CHECK(transport_find("auto") == NULL && transport_find("pigeon") == NULL);
	ATF_CHECK(transport_at(0) == &cachefiles_transport);
}

CASE(the_image_is_mounted_by_its_key)
{
	struct mount_plan plan;

	cachefiles_transport.plan("blobroot-1", &plan);
	ATF_CHECK_STREQ("none", plan.source);
	ATF_CHECK_STREQ("fsid=blobroot-1", plan.options);
}

/* What the kernel answers: the linker calls __wrap_fs_mount in place of fs_mount (--wrap). */
static struct {
	enum fs_mount_step step;
	int err;
	const char *said;
} kernel;
static char mounted[256];

int __wrap_fs_mount(const char *type, const char *source, const char *options, const char *dir,
		    enum fs_mount_step *step_out, char *said_out, size_t size);
int __wrap_fs_mount(const char *type, const char *source, const char *options, const char *dir,
		    enum fs_mount_step *step_out, char *said_out, size_t size)
{
	snprintf(mounted, sizeof(mounted), "%s %s %s %s", type, source, options, dir);
	*step_out = kernel.step;
	snprintf(said_out, size, "%s", kernel.said);
	return kernel.err;
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
		{FS_MOUNT_DIR, 0, "", EXIT_DONE, ""},
		{FS_MOUNT_TYPE, -ENODEV, "", EXIT_PERMANENT,
		 "mount: the kernel has no EROFS: the module erofs.ko is not in this initramfs"},
		{FS_MOUNT_SOURCE, -ENOENT, "erofs: fsid option not supported", EXIT_PERMANENT,
		 "mount: the kernel's erofs.ko lacks on-demand mode (CONFIG_EROFS_FS_ONDEMAND): build the "
		 "modules with `make modules KVER=..`: it says: erofs: fsid option not supported"},
		{FS_MOUNT_OPTIONS, -EINVAL, "erofs: Unknown parameter 'fsid'", EXIT_PERMANENT,
		 "mount: the kernel's erofs.ko lacks on-demand mode (CONFIG_EROFS_FS_ONDEMAND): build the "
		 "modules with `make modules KVER=..`: it says: erofs: Unknown parameter 'fsid'"},
		/* rootflags=fsid, rootflags=nonsense, rootflags=dax of a server that is gone. */
		{FS_MOUNT_OPTIONS, -EINVAL, "erofs: Bad value for 'fsid'", EXIT_PERMANENT,
		 "mount: erofs: Bad value for 'fsid': Invalid argument"},
		{FS_MOUNT_OPTIONS, -EINVAL, "erofs: Unknown parameter 'nonsense'", EXIT_PERMANENT,
		 "mount: erofs: Unknown parameter 'nonsense': Invalid argument"},
		{FS_MOUNT_SOURCE, -EIO, "erofs: DAX unsupported", EXIT_TEMPORARY,
		 "mount: erofs: DAX unsupported: Input/output error"},
		{FS_MOUNT_SOURCE, -EIO, "", EXIT_TEMPORARY, "mount: Input/output error"},
		{FS_MOUNT_SOURCE, -EINVAL, "", EXIT_PERMANENT,
		 "mount: the kernel's EROFS refuses the image, or rootflags=: Invalid argument"},
		{FS_MOUNT_SOURCE, -EINVAL, "erofs: (device erofs): extra devices don't match", EXIT_PERMANENT,
		 "mount: the kernel's EROFS refuses the image, or rootflags=: erofs: (device erofs): "
		 "extra devices don't match: Invalid argument"},
		{FS_MOUNT_SOURCE, -ENODEV, "erofs: device gone cannot be opened", EXIT_PERMANENT,
		 "mount: a blob beside the image cannot be opened: erofs: device gone cannot be opened"},
		{FS_MOUNT_WRITE, -EROFS, "", EXIT_PERMANENT,
		 "mount: rw: an image is read-only: leave it out; what is written goes to rd.blob.overlay="},
		{FS_MOUNT_SOURCE, -EBUSY, "", EXIT_PERMANENT, "mount: Device or resource busy"},
		{FS_MOUNT_DIR, -EINVAL, "", EXIT_PERMANENT, "mount: Invalid argument"},
	};
	struct mount_plan plan = {.source = "none", .options = "fsid=x"};
	char why[TRANSPORT_WHY_MAX];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		kernel.step = kinds[i].step;
		kernel.err = kinds[i].err;
		kernel.said = kinds[i].said;
		why[0] = '\0';
		EQ(kinds[i].status, cachefiles_transport.mount(-1, &plan, "dir", "nonsense", why));
		ATF_CHECK_STREQ(kinds[i].why, why);
		ATF_CHECK_STREQ("erofs none fsid=x,nonsense dir", mounted);
	}
}

CASE_ABOUT(a_plan_that_asks_for_anything_but_the_image_is_not_mounted,
	   "it came from the engine, which may have been taken over")
{
	static const struct mount_plan plans[] = {{.source = "/dev/vda", .options = "fsid=x"},
						  {.source = "none", .options = "fsid=x,device=/dev/vda"},
						  {.source = "none", .options = "domain_id=y"},
						  {.source = "none", .options = "source=/dev/vda"},
						  {.source = "none", .options = "fsid="}};
	char why[TRANSPORT_WHY_MAX];

	mounted[0] = '\0';
	for (size_t i = 0; i < sizeof(plans) / sizeof(*plans); i++) {
		EQ(EXIT_PERMANENT, cachefiles_transport.mount(-1, &plans[i], "dir", "", why));
		ATF_CHECK_STREQ("mount: the engine's plan asks for more than the image: was it taken over?",
				why);
	}
	ATF_CHECK_STREQ("", mounted);
}

/* The files by which a kernel with our modules says so are missing. */
int __wrap_access(const char *path, int mode);

int __wrap_access(const char *path, int mode)
{
	(void)path;
	(void)mode;
	errno = ENOENT;
	return -1;
}

CASE(an_image_that_this_kernel_would_read_wrong_is_not_mounted)
{
	struct mount_plan plan = {.source = "none", .options = "fsid=x", .features = 0x4};
	char why[TRANSPORT_WHY_MAX];

	mounted[0] = '\0';
	EQ(EXIT_PERMANENT, cachefiles_transport.mount(-1, &plan, "dir", "", why));
	ATF_CHECK_STREQ(
		"kernel: its on-demand EROFS reads zeros behind the holes of chunked files: build the modules "
		"with `make modules KVER=..`, or the image without chunks",
		why);
	plan = (struct mount_plan){.source = "none", .options = "fsid=x", .is_compressed = true};
	EQ(EXIT_PERMANENT, cachefiles_transport.mount(-1, &plan, "dir", "", why));
	ATF_CHECK_STREQ("kernel: its on-demand EROFS hangs on compressed images: build the modules with "
			"`make modules KVER=..`, or the image without compression",
			why);
	ATF_CHECK_STREQ("", mounted);
}

CASE(an_image_whose_blobs_have_no_names_wants_them_named)
{
	struct mount_plan plan = {.source = "none", .options = "fsid=x", .nameless = 2};
	char why[TRANSPORT_WHY_MAX];

	kernel.err = 0;
	kernel.said = "";
	EQ(EXIT_PERMANENT, cachefiles_transport.mount(-1, &plan, "dir", "noatime,mydevice=x", why));
	ATF_CHECK_STREQ(
		"mount: the image goes on in 2 blobs beside it, and does not have their names: name each, in "
		"order: rootflags=device=NAME,..",
		why);
	EQ(EXIT_DONE, cachefiles_transport.mount(-1, &plan, "dir", "noatime,device=x", why));
	EQ(EXIT_DONE, cachefiles_transport.mount(-1, &plan, "dir", "device=x,device=y", why));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, an_image_that_this_kernel_would_read_wrong_is_not_mounted);
	ATF_TP_ADD_TC(tp, an_image_whose_blobs_have_no_names_wants_them_named);
	ATF_TP_ADD_TC(tp, a_mount_that_fails_says_what_the_kernel_says);
	ATF_TP_ADD_TC(tp, requests_reach_the_engine);
	ATF_TP_ADD_TC(tp, an_open_with_an_odd_key_is_answered_by_the_transport);
	ATF_TP_ADD_TC(tp, an_odd_read_is_handed_on_as_one_of_nothing);
	ATF_TP_ADD_TC(tp, unknown_messages_are_passed_over);
	ATF_TP_ADD_TC(tp, a_paused_transport_leaves_requests_with_the_kernel);
	ATF_TP_ADD_TC(tp, a_paused_transport_resumes_without_memory);
	ATF_TP_ADD_TC(tp, a_transport_that_cannot_resume_says_so);
	ATF_TP_ADD_TC(tp, an_answer_on_what_is_no_object_is_an_error);
	ATF_TP_ADD_TC(tp, programs_that_knew_no_other_transport_had_this_one);
	ATF_TP_ADD_TC(tp, the_image_is_mounted_by_its_key);
	ATF_TP_ADD_TC(tp, a_plan_that_asks_for_anything_but_the_image_is_not_mounted);
	return atf_no_error();
}
