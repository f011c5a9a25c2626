/* SPDX-License-Identifier: MIT */
#include "engine/store_role.h"

#include "base/block.h"
#include "base/clock.h"
#include "base/exits.h"
#include "base/layout.h"
#include "engine/confine.h"
#include "store/disk_dir.h"
#include "store/disk_image.h"
#include "trust/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RULES_MAX = 32 };

/* One image's files, open for reading, and what they claim to have. */
struct view {
	int fds[DISK_PARTS];
	struct blockset claims[DISK_PARTS];
	struct verity verity; /* valid if has_super */
	bool has_super;
	int lock; /* the directory, which nobody uses meanwhile; -1: they may */
};

/* What stdio does with a terminal, in addition. */
static const struct syscall_rule output_rules[] = {CALL(writev), CALL_IF(ioctl, IS(1, TIOCGWINSZ))};

/* -- one image ------------------------------------------------------------------------------------------------------ */

static void view_close(struct view *view)
{
	if (view->lock >= 0)
		close(view->lock);
	for (int part = 0; part < DISK_PARTS; part++) {
		if (view->fds[part] >= 0)
			close(view->fds[part]);
		blockset_fini(&view->claims[part]);
	}
}

/* Nobody uses the image, and will not while this view is open: the kernel must never find a hole in what it reads. Errors: -errno. */
static int take(int dir, const char *name, struct view *view)
{
	int blocks = view->fds[DISK_BLOCKS];
	struct stat st;

	view->lock = disk_dir_at(dir, name);
	if (view->lock < 0)
		return view->lock;
	if (flock(view->lock, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (fstat(blocks, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return S_ISREG(st.st_mode) ? -EBUSY : -EINVAL;
	/* A page of the page cache may say less than the disk. */
	if (view->has_super && (fcntl(blocks, F_SETFL, O_RDWR | O_NONBLOCK | O_DIRECT) ||
				ftruncate(blocks, (off_t)(view->verity.data_blocks * BLOCK_SIZE))))
		return -errno;
	return 0;
}

/*
 * is_mending: what is not right will be made a hole, and the image's file gets its size before anybody looks. Errors: -errno. Owns:
 * view_close, whatever it returns.
 */
static int view_open(struct view *view, int dir, const char *name, bool is_mending)
{
	const int flags = (is_mending ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	uint8_t super[BLOCK_SIZE];
	char path[DISK_NAME_MAX + 16];
	int err = 0;

	*view = (struct view){.fds = {-1, -1}, .lock = -1};
	for (int part = 0; part < DISK_PARTS && !err; part++) {
		/* Nothing but the store can be reached from here. */
		snprintf(path, sizeof(path), "%s/%s", name, disk_part_names[part]);
		view->fds[part] = openat(dir, path, flags);
		err = view->fds[part] < 0 ? -errno : 0;
	}
	if (!err && pread(view->fds[DISK_TREE], super, sizeof(super), 0) == (ssize_t)sizeof(super))
		view->has_super = verity_decode(super, sizeof(super), 0, name, &view->verity) == VERITY_OK;
	if (!err && is_mending)
		err = take(dir, name, view);
	for (int part = 0; part < DISK_PARTS && !err; part++)
		err = disk_dir_look(view->fds[part], &view->claims[part]);
	return err;
}

static int print_image(int dir, const struct disk_entry *entry)
{
	struct view view;
	int err = view_open(&view, dir, entry->name, false);
	uint64_t there = view.claims[DISK_BLOCKS].marked_count * BLOCK_SIZE;

	if (err)
		printf("%s: cannot be read: %s\n", entry->name, strerror(-err));
	else if (view.has_super)
		printf("%s: %" PRIu64 " of %" PRIu64 " bytes", entry->name, there,
		       view.verity.data_blocks * BLOCK_SIZE);
	else
		printf("%s: %" PRIu64 " bytes", entry->name, there);
	if (!err && entry->about.booted)
		printf(", booted as number %" PRIu64 ", from %s\n", entry->about.booted, entry->about.url);
	else if (!err)
		printf(", not booted yet\n");
	view_close(&view);
	return EXIT_DONE;
}

/* Looks at all that there is of an image. Errors: -errno; -ENODATA: there is no superblock. */
static int audit(struct view *view, bool is_mending, struct audit_found *found_out)
{
	int err = view->has_super ? 0 : -ENODATA;

	if (!err)
		err = blockset_resize(&view->claims[DISK_BLOCKS], view->verity.data_blocks);
	return err ? err
		   : audit_run(&(struct audit){.verity = &view->verity,
					       .blocks = view->fds[DISK_BLOCKS],
					       .tree = view->fds[DISK_TREE],
					       .block_claims = &view->claims[DISK_BLOCKS],
					       .tree_claims = &view->claims[DISK_TREE],
					       .is_mending = is_mending},
			       found_out);
}

static int say_why_not(const char *name, int err)
{
	fprintf(stderr, "store: %s: %s\n", name,
		err == -ENODATA ? "the superblock of its hash tree is not there, or wrong" : strerror(-err));
	return STORE_ROLE_WRONG;
}

/* Returns an exit status. */
static int verify(int dir, const struct disk_entry *entry)
{
	struct audit_found found = {.there = 0};
	struct view view;
	int err = view_open(&view, dir, entry->name, false);

	if (!err)
		err = audit(&view, false, &found);
	if (!err)
		printf("%s: %" PRIu64 " of %" PRIu64 " blocks are there: %" PRIu64 " right, %" PRIu64
		       " wrong, %" PRIu64 " without a hash; %" PRIu64 " wrong hash blocks\n",
		       entry->name, found.there, view.verity.data_blocks, found.right, found.wrong,
		       found.there - found.right - found.wrong, found.wrong_hashes);
	view_close(&view);
	if (err)
		return say_why_not(entry->name, err);
	return found.wrong || found.wrong_hashes ? STORE_ROLE_WRONG : EXIT_DONE;
}

/* Makes holes of all that is not right. Returns an exit status. */
static int prove(int dir, const struct disk_entry *entry)
{
	char text[AUDIT_TEXT_MAX], identity[VERITY_IDENTITY_MAX];
	uint64_t began_ms = clock_ms();
	struct audit_found found = {.there = 0};
	struct view view;
	int err = view_open(&view, dir, entry->name, true);

	if (!err)
		err = audit(&view, true, &found);
	if (!err)
		verity_identify(&view.verity, identity);
	view_close(&view);
	if (err)
		return say_why_not(entry->name, err);
	audit_format(&found, clock_ms() - began_ms, text);
	printf("%s: %s\n", identity, text);
	return EXIT_DONE;
}

/* .. of the image that was booted last from url. Returns an exit status. */
static int prove_last(int images, const char *url)
{
	struct disk_entry *entries = malloc(DISK_LIST_MAX * sizeof(*entries));
	int status = EXIT_PERMANENT;
	unsigned there;

	if (!entries)
		return EXIT_TEMPORARY;
	there = disk_list_read(images, entries, DISK_LIST_MAX);
	for (unsigned i = 0; i < there && status == EXIT_PERMANENT; i++)
		if (strcmp(entries[i].about.url, url) == 0)
			status = prove(images, &entries[i]);
	free(entries);
	return status;
}

static int drop(int dir, const struct disk_entry *entry)
{
	if (disk_list_delete(dir, entry->name))
		return EXIT_DONE;
	fprintf(stderr, "store: %s: cannot be deleted: %s\n", entry->name, strerror(errno));
	return EXIT_PERMANENT;
}

/* -- all of them ---------------------------------------------------------------------------------------------------- */

/* Opens the images' directory of the store in path. Returns a descriptor, or -1 after a message. */
static int open_images(const char *path)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int mark = dir < 0 ? -1 : openat(dir, LAYOUT_MARK, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char text[sizeof(LAYOUT_MARK_TEXT)] = "";
	int images = -1;

	if (mark >= 0 && read(mark, text, sizeof(text) - 1) > 0 && strcmp(text, LAYOUT_MARK_TEXT) == 0)
		images = openat(dir, "images", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (images < 0)
		fprintf(stderr, "store: %s: is no store of blobroot's\n", path);
	return images;
}

/* From here on it is an engine, but for the network. Returns an exit status. */
static int enter(int images, bool is_mending)
{
	struct syscall_rule rules[RULES_MAX];
	unsigned count = 0;
	const char *what = "root directory";
	int err = 0;

	for (unsigned i = 0; i < disk_rule_count && count < RULES_MAX; i++)
		rules[count++] = disk_rules[i];
	for (unsigned i = 0; is_mending && i < disk_mend_rule_count && count < RULES_MAX; i++)
		rules[count++] = disk_mend_rules[i];
	for (unsigned i = 0; i < sizeof(output_rules) / sizeof(*output_rules) && count < RULES_MAX; i++)
		rules[count++] = output_rules[i];
	if (geteuid() == 0 && (fchdir(images) || chroot(".")))
		err = -errno;
	if (!err)
		err = confine_engine(&images, 1, rules, count, &what);
	if (!err)
		return EXIT_DONE;
	fprintf(stderr, "store: cannot give up its rights: %s: %s\n", what, strerror(-err));
	return EXIT_TEMPORARY;
}

/* Calls one for each image, or for those that are named. Returns the highest exit status. */
static int for_each(int images, char **wanted, int count, int (*one)(int dir, const struct disk_entry *entry))
{
	struct disk_entry *entries = malloc(DISK_LIST_MAX * sizeof(*entries)), named;
	int status = EXIT_DONE, result;
	unsigned there;

	if (!entries)
		return EXIT_TEMPORARY;
	there = count == 0 ? disk_list_read(images, entries, DISK_LIST_MAX) : 0;
	for (unsigned i = 0; i < there; i++) {
		result = one(images, &entries[i]);
		status = result > status ? result : status;
	}
	for (int i = 0; i < count; i++) {
		named = (struct disk_entry){.name = ""};
		snprintf(named.name, sizeof(named.name), "%s", wanted[i]);
		if (disk_list_is_name(wanted[i])) {
			result = one(images, &named);
		} else {
			fprintf(stderr, "store: %s: is no root hash\n", wanted[i]);
			result = EXIT_USAGE;
		}
		status = result > status ? result : status;
	}
	free(entries);
	return status;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: blobrootd store list|verify|prove|drop [--store DIR] [--all | --url URL] [ROOTHASH..]\n");
	return EXIT_USAGE;
}

int store_main(int argc, char **argv)
{
	static const struct option options[] = {{"store", required_argument, NULL, 's'},
						{"all", no_argument, NULL, 'a'},
						{"url", required_argument, NULL, 'u'},
						{NULL, 0, NULL, 0}};
	const char *what = argc > 2 ? argv[2] : "", *path = LAYOUT_STORE, *url = "";
	bool is_all = false, is_drop = strcmp(what, "drop") == 0, is_list = strcmp(what, "list") == 0,
	     is_prove = strcmp(what, "prove") == 0;
	int c, images, status;

	optind = 3;
	if (!is_drop && !is_list && !is_prove && strcmp(what, "verify") != 0)
		return usage();
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c == 's')
			path = optarg;
		else if (c == 'a')
			is_all = true;
		else if (c == 'u')
			url = optarg;
		else
			return usage();
	}
	/* Nobody drops all by forgetting a name. */
	if ((is_list && optind < argc) || (is_drop && is_all == (optind < argc)))
		return usage();
	if (*url && (!is_prove || optind < argc))
		return usage();
	images = open_images(path);
	if (images < 0)
		return EXIT_PERMANENT;
	status = enter(images, is_prove);
	if (status != EXIT_DONE)
		return status;
	if (*url)
		return prove_last(images, url);
	return for_each(images, argv + optind, argc - optind,
			is_list    ? print_image
			: is_drop  ? drop
			: is_prove ? prove
				   : verify);
}
