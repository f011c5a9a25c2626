/* SPDX-License-Identifier: MIT */
/*
 * What a tree must look like from inside of a mounted image.
 *
 *   tree make DIR          makes a tree of whatever file systems lay out differently
 *   tree list DIR          prints what is in DIR, one line a file: the truth, made outside of any image
 *   tree [-cst] check DIR LIST   reads all of DIR, in several ways, and compares it with LIST
 *
 * -c drops the page cache before each way, and needs root. -t leaves out times, for an image that does not keep them. -s has
 * a signal come every 5 ms, which the reader takes; no call may fail for that.
 *
 * `check` prints `tree: wrong: PATH: what` for each fault and, at last, `tree: N files, N wrong`; it exits 1 if one is
 * wrong. A line of the list is
 *   PATH MODE UID GID MTIME LINKS SIZE VALUE..
 * MODE is octal; a VALUE is NAME=DIGEST of an extended attribute, in the order of names, then DIGEST of each block of a
 * regular file, or of a symbolic link's target. `make` needs to be root, or root of a user namespace, for the owners.
 */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { BLOCK = 4096, LINE_MAX_ = 65536, LARGE = 1 << 20 };

static bool has_times = true, is_cold;

void tree_die(const char *what)
{
	fprintf(stderr, "tree: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* FNV-1a, eight bytes at a time: for chance, not for malice. */
static uint64_t digest(const void *bytes, size_t len)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325) ^ len;
	uint8_t last[8] = {0};

	for (; len >= 8; len -= 8, bytes = (const uint8_t *)bytes + 8) {
		uint64_t word;

		memcpy(&word, bytes, 8);
		sum = (sum ^ word) * UINT64_C(0x100000001b3);
		sum ^= sum >> 29;
	}
	memcpy(last, bytes, len);
	for (int i = 0; i < 8; i++)
		sum = (sum ^ last[i]) * UINT64_C(0x100000001b3);
	return sum;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t put_attributes(const char *path, char *line_out, size_t size)
{
	char names[4096], value[4096], *sorted[64];
	ssize_t len = llistxattr(path, names, sizeof(names));
	size_t have = 0, n = 0;

	for (char *name = names; len > 0 && name < names + len && n < 64; name += strlen(name) + 1)
		if (strncmp(name, "user.", 5) == 0)
			sorted[n++] = name;
	qsort(sorted, n, sizeof(*sorted), compare);
	for (size_t i = 0; i < n; i++) {
		ssize_t got = lgetxattr(path, sorted[i], value, sizeof(value));

		have += (size_t)snprintf(line_out + have, size - have, " %s=%016" PRIx64, sorted[i],
					 got < 0 ? (uint64_t)errno : digest(value, (size_t)got));
	}
	return have;
}

/* A way to read a file: puts what it finds, block by block. Returns 0, or errno. */
typedef int way_fn(int fd, uint64_t size, uint64_t *sums_out);

/* All but the blocks' digests. */
static void describe(const char *path, const struct stat *st, char *line_out, size_t size)
{
	char target[4096];
	size_t have = (size_t)snprintf(
		line_out, size, "%s %o %u %u %" PRId64 ".%09ld %u %" PRId64, path, st->st_mode, st->st_uid,
		st->st_gid, has_times ? (int64_t)st->st_mtim.tv_sec : 0, has_times ? st->st_mtim.tv_nsec : 0,
		(unsigned)(S_ISDIR(st->st_mode) ? 0 : st->st_nlink),
		S_ISDIR(st->st_mode) ? 0 : (int64_t)st->st_size);

	have += put_attributes(path, line_out + have, size - have);
	if (S_ISLNK(st->st_mode)) {
		ssize_t len = readlink(path, target, sizeof(target));

		snprintf(line_out + have, size - have, " %016" PRIx64,
			 len < 0 ? (uint64_t)errno : digest(target, (size_t)len));
	}
}

static int read_by(int fd, uint64_t size, uint64_t *sums_out, size_t step)
{
	static uint8_t buf[LARGE];
	uint64_t at = 0;

	while (at < size) {
		ssize_t got = read(fd, buf, step);

		if (got <= 0)
			return got < 0 ? errno : ENODATA;
		/* A short read of a regular file is its end. */
		for (uint64_t i = 0; i < (uint64_t)got; i += BLOCK)
			sums_out[(at + i) / BLOCK] =
				digest(buf + i, (uint64_t)got - i < BLOCK ? (uint64_t)got - i : BLOCK);
		at += (uint64_t)got;
	}
	return 0;
}

static int read_small(int fd, uint64_t size, uint64_t *sums_out)
{
	return read_by(fd, size, sums_out, BLOCK);
}

static int read_large(int fd, uint64_t size, uint64_t *sums_out)
{
	return read_by(fd, size, sums_out, LARGE);
}

/* Every block once, in an order that no read-ahead guesses. */
static int read_scattered(int fd, uint64_t size, uint64_t *sums_out)
{
	uint64_t blocks = (size + BLOCK - 1) / BLOCK, step = blocks * 5 / 8 | 1;
	uint8_t buf[BLOCK];

	memset(sums_out, 0, blocks * sizeof(*sums_out));
	for (uint64_t turn = 0, i = 0; turn < 2 * blocks; turn++, i = (i + step) % blocks) {
		/* The step may share a factor with the blocks: the second half takes what it left. */
		uint64_t block = turn < blocks ? i : turn - blocks;
		ssize_t got;

		if (sums_out[block])
			continue;
		got = pread(fd, buf, BLOCK, (off_t)(block * BLOCK));
		if (got <= 0)
			return got < 0 ? errno : ENODATA;
		sums_out[block] = digest(buf, (size_t)got);
	}
	return 0;
}

static int read_mapped(int fd, uint64_t size, uint64_t *sums_out)
{
	uint8_t *bytes = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
	uint64_t end = (size + BLOCK - 1) / BLOCK * BLOCK;

	if (bytes == MAP_FAILED)
		return errno;
	for (uint64_t off = 0; off < size; off += BLOCK)
		sums_out[off / BLOCK] = digest(bytes + off, size - off < BLOCK ? size - off : BLOCK);
	for (uint64_t off = size; off < end; off++)
		if (bytes[off])
			sums_out[size / BLOCK] = 0; /* what lies behind the end of a mapped file is zeros */
	if (bytes)
		munmap(bytes, size);
	return 0;
}

static const struct {
	const char *name;
	way_fn *fn;
} ways[] = {{"read in blocks", read_small},
	    {"mapped", read_mapped},
	    {"read in large pieces", read_large},
	    {"read here and there", read_scattered}};

static uint64_t *read_file(const char *path, uint64_t size, way_fn *way, int *err_out)
{
	uint64_t *sums = calloc(size / BLOCK + 2, sizeof(*sums));
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (!sums)
		tree_die("memory");
	*err_out = fd < 0 ? errno : way(fd, size, sums);
	if (fd >= 0)
		close(fd);
	return sums;
}

static void list_file(const char *path, const struct stat *st)
{
	char line[LINE_MAX_];
	int err = 0;

	describe(path, st, line, sizeof(line));
	fputs(line, stdout);
	if (S_ISREG(st->st_mode)) {
		uint64_t *sums = read_file(path, (uint64_t)st->st_size, read_small, &err);

		for (uint64_t off = 0; off < (uint64_t)st->st_size; off += BLOCK)
			printf(" %016" PRIx64, sums[off / BLOCK]);
		free(sums);
	}
	putchar('\n');
	errno = err;
	if (err)
		tree_die(path);
}

void tree_walk(const char *path, tree_visit_fn *visit)
{
	struct dirent **entries;
	struct stat st;
	int n;

	if (lstat(path, &st))
		tree_die(path);
	visit(path, &st);
	if (!S_ISDIR(st.st_mode))
		return;
	n = scandir(path, &entries, NULL, alphasort);
	if (n < 0)
		tree_die(path);
	for (int i = 0; i < n; i++) {
		char below[1024];

		snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);
		if (strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0 &&
		    strcmp(entries[i]->d_name, "lost+found") != 0)
			tree_walk(below, visit);
		free(entries[i]);
	}
	free(entries);
}

static unsigned there, wrong;

static void count(const char *path, const struct stat *st)
{
	(void)path;
	(void)st;
	there++;
}

static void complain(const char *path, const char *what)
{
	printf("tree: wrong: %s: %s\n", path, what);
	wrong++;
}

/* 4: the kernel no longer says so each time. */
static void drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "4", 1) != 1 || write(fd, "3", 1) != 1)
		tree_die("drop_caches");
	close(fd);
}

static void check_blocks(const char *path, uint64_t size, const char *want, unsigned way)
{
	int err;
	uint64_t *sums = read_file(path, size, ways[way].fn, &err);
	char what[160];

	for (uint64_t off = 0; !err && off < size; off += BLOCK) {
		char *end;

		if (strtoull(want, &end, 16) != sums[off / BLOCK]) {
			snprintf(what, sizeof(what), "%s: bytes from %" PRIu64 " of %" PRIu64, ways[way].name,
				 off, size);
			complain(path, what);
			break;
		}
		want = end;
	}
	if (err) {
		snprintf(what, sizeof(what), "%s: %s", ways[way].name, strerror(err));
		complain(path, what);
	}
	free(sums);
}

/* The seconds of an image that keeps none, in the list's line, are zeros. */
static void forget_time(char *line)
{
	char *at = line, *rest;

	for (int blank = 0; blank < 4 && at; blank++)
		at = strchr(at + 1, ' ');
	rest = at ? strchr(at + 1, ' ') : NULL;
	if (!rest)
		return;
	rest = strdup(rest);
	sprintf(at, " 0.%09d%s", 0, rest);
	free(rest);
}

static void check_line(char *line, unsigned way)
{
	char is[LINE_MAX_];
	char *path = strndup(line, strcspn(line, " "));
	struct stat st;
	size_t len;

	if (!has_times)
		forget_time(line);
	if (lstat(path, &st)) {
		complain(path, strerror(errno));
	} else {
		describe(path, &st, is, sizeof(is));
		len = strlen(is);
		if (way == 0 && (strncmp(line, is, len) != 0 || (line[len] && line[len] != ' ')))
			complain(path, is);
		else if (S_ISREG(st.st_mode))
			check_blocks(path, (uint64_t)st.st_size, line + len, way);
	}
	free(path);
}

static int check(const char *dir, const char *list)
{
	FILE *file = fopen(list, "re");
	unsigned listed = 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	if (!file)
		tree_die(list);
	if (chdir(dir))
		tree_die(dir);
	for (unsigned way = 0; way < sizeof(ways) / sizeof(*ways); way++) {
		if (is_cold)
			drop_caches();
		rewind(file);
		for (listed = 0; (len = getline(&line, &size, file)) > 0; listed++) {
			line[len - 1] = '\0';
			check_line(line, way);
		}
	}
	free(line);
	fclose(file);
	tree_walk(".", count);
	if (there != listed)
		complain(".", "other files are there, too");
	printf("tree: %u files, %u wrong\n", listed, wrong);
	return wrong > 0;
}

static void take_signal(int number)
{
	(void)number;
}

static void get_signals(void)
{
	struct sigaction action = {.sa_handler = take_signal};
	struct itimerval often = {.it_interval = {.tv_usec = 5000}, .it_value = {.tv_usec = 5000}};

	if (sigaction(SIGALRM, &action, NULL) || setitimer(ITIMER_REAL, &often, NULL))
		tree_die("signals");
}

int main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "cst")) != -1) {
		is_cold |= c == 'c';
		has_times &= c != 't';
		if (c == 's')
			get_signals();
	}
	argv += optind;
	argc -= optind;
	if (argc == 3 && strcmp(argv[0], "check") == 0)
		return check(argv[1], argv[2]);
	if (argc == 2 && strcmp(argv[0], "make") == 0)
		return tree_make(argv[1]);
	if (argc == 2 && strcmp(argv[0], "list") == 0 && chdir(argv[1]) == 0) {
		tree_walk(".", list_file);
		return 0;
	}
	fputs("usage: tree [-cst] make DIR | list DIR | check DIR LIST\n", stderr);
	return 2;
}
