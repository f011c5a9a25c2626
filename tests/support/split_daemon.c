/* SPDX-License-Identifier: MIT
 *
 * The smallest on-demand daemon, which leaves the cache files half filled.
 *
 *   split_daemon [-c CHUNK] [-e N] DIR IMAGE..
 *
 * Binds /dev/cachefiles to the cache directory DIR and goes into the background: its exit status 0 means that
 * a mount may follow. An object is the IMAGE whose path ends with its name, and otherwise the first. Right after copen every second CHUNK bytes
 * (65536) are written to the cache file, the others when the kernel asks for them. Nearly every large read
 * of the mounted image then crosses from cached to uncached bytes or back, which a kernel without
 * hooks/modules/patches does not survive on compressed images. With -e every Nth READ is completed without
 * data: its reader must get EIO, and nobody may hang.
 *
 * Source: Documentation/filesystems/caching/cachefiles.rst and include/uapi/linux/cachefiles.h of Linux 6.12.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/cachefiles.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 4096, OBJECTS = 8, IMAGES = 4, DEVICE = 3 };

struct image {
	const char *path;
	const char *bytes;
	uint64_t len;
};

static struct image images[IMAGES];
static uint64_t chunk = 65536;
static unsigned int fail_nth;
static struct {
	uint32_t id;
	int fd;
	const struct image *image;
} objects[OBJECTS];

static void die(const char *what)
{
	dprintf(2, "split_daemon: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static void command(const char *text)
{
	if (write(DEVICE, text, strlen(text)) < 0)
		die(text);
}

/* Writes [off, off + len) of the image. The buffer is aligned and longer than the image is, because the
 * kernel takes whole blocks only: the last one goes padded with zeros. */
static void fill(const struct image *image, int fd, uint64_t off, uint64_t len)
{
	uint64_t end = (off + len + BLOCK - 1) / BLOCK * BLOCK;
	uint64_t image_end = (image->len + BLOCK - 1) / BLOCK * BLOCK;

	if (end > image_end)
		end = image_end;
	while (off < end) {
		ssize_t n = pwrite(fd, image->bytes + off, end - off, (off_t)off);

		if (n <= 0)
			die("pwrite");
		off += (uint64_t)n;
	}
}

/* The kernel sets up the cache file after copen, on a thread of its own, and says nothing when it is there:
 * until then every call on the object's fd fails with ENOBUFS. */
static void wait_for_file(int fd)
{
	const struct timespec pause = {.tv_nsec = 1000 * 1000};

	while (lseek(fd, 0, SEEK_END) < 0) {
		if (errno != ENOBUFS)
			die("lseek");
		nanosleep(&pause, NULL);
	}
}

static const struct image *image_find(const struct cachefiles_open *open)
{
	const char *key = (const char *)open->data + open->volume_key_size;

	for (int i = 0; i < IMAGES && images[i].path; i++) {
		size_t len = strlen(images[i].path);

		if (len >= open->cookie_key_size &&
		    memcmp(images[i].path + len - open->cookie_key_size, key, open->cookie_key_size) == 0)
			return &images[i];
	}
	return &images[0];
}

static void serve_open(const struct cachefiles_msg *msg)
{
	const struct cachefiles_open *open = (const void *)msg->data;
	const struct image *image = image_find(open);
	char text[64];
	int i = 0;

	while (i < OBJECTS && objects[i].fd)
		i++;
	if (i == OBJECTS) {
		snprintf(text, sizeof(text), "copen %u,%d", msg->msg_id, -ENFILE);
		command(text);
		close((int)open->fd);
		return;
	}
	objects[i].id = msg->object_id;
	objects[i].fd = (int)open->fd;
	objects[i].image = image;
	snprintf(text, sizeof(text), "copen %u,%llu", msg->msg_id, (unsigned long long)image->len);
	command(text);
	wait_for_file((int)open->fd);
	for (uint64_t off = 0; off < image->len; off += 2 * chunk)
		fill(image, (int)open->fd, off, chunk);
}

static int object_find(uint32_t id)
{
	for (int i = 0; i < OBJECTS; i++)
		if (objects[i].fd && objects[i].id == id)
			return i;
	errno = ENOENT;
	die("unknown object");
	return -1;
}

static void serve_read(const struct cachefiles_msg *msg)
{
	const struct cachefiles_read *read = (const void *)msg->data;
	static unsigned int nth;
	int i = object_find(msg->object_id), fd = objects[i].fd;

	if (!fail_nth || ++nth % fail_nth)
		fill(objects[i].image, fd, read->off, read->len);
	/* EINVAL: the reader was killed and waits no more. */
	if (ioctl(fd, CACHEFILES_IOC_READ_COMPLETE, (unsigned long)msg->msg_id) < 0 && errno != EINVAL)
		die("complete");
}

static void serve_close(const struct cachefiles_msg *msg)
{
	int i = object_find(msg->object_id);

	close(objects[i].fd);
	objects[i].fd = 0;
}

static void serve(void)
{
	static _Alignas(8) char buf[CACHEFILES_MSG_MAX_SIZE];
	const struct cachefiles_msg *msg = (const void *)buf;
	struct pollfd pfd = {.fd = DEVICE, .events = POLLIN};

	for (;;) {
		ssize_t n = read(DEVICE, buf, sizeof(buf));

		if (n < 0)
			die("read");
		if (n == 0)
			poll(&pfd, 1, -1);
		else if (msg->opcode == CACHEFILES_OP_OPEN)
			serve_open(msg);
		else if (msg->opcode == CACHEFILES_OP_READ)
			serve_read(msg);
		else if (msg->opcode == CACHEFILES_OP_CLOSE)
			serve_close(msg);
	}
}

/* IMAGE may be a block device, which has no size for fstat(2). */
static void map_image(const char *path, struct image *image_out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t len = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);

	if (len < 0)
		die(path);
	*image_out = (struct image){.path = path, .len = (uint64_t)len};
	image_out->bytes = mmap(NULL, (size_t)len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (image_out->bytes == MAP_FAILED)
		die(path);
	close(fd);
}

int main(int argc, char **argv)
{
	char text[512];
	int opt;
	int fd;

	while ((opt = getopt(argc, argv, "c:e:")) != -1) {
		if (opt == 'c')
			chunk = strtoull(optarg, NULL, 10);
		else if (opt == 'e')
			fail_nth = (unsigned int)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (argc - optind < 2 || argc - optind > 1 + IMAGES || chunk == 0 || chunk % BLOCK) {
		dprintf(2, "usage: split_daemon [-c CHUNK] [-e N] DIR IMAGE..\n");
		return 2;
	}
	for (int i = 0; optind + 1 + i < argc; i++)
		map_image(argv[optind + 1 + i], &images[i]);
	fd = open("/dev/cachefiles", O_RDWR);
	if (fd < 0)
		die("/dev/cachefiles");
	/* One number for the device everywhere; it is the first free one, unless a caller left fds open. */
	if (fd != DEVICE && dup2(fd, DEVICE) < 0)
		die("dup2");
	if (fd != DEVICE)
		close(fd);
	snprintf(text, sizeof(text), "dir %s", argv[optind]);
	command(text);
	command("tag split");
	command("bind ondemand");
	if (daemon(0, 1) < 0)
		die("daemon");
	serve();
}
