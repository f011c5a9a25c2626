/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

static uint64_t seed = 88172645463325252u;

/* Marsaglia's xorshift: the same bytes each time. */
static uint64_t noise(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

enum content { ZEROS, NOISE, TEXT };

static void append(FILE *file, enum content content, size_t len)
{
	static unsigned line;
	char word[64];

	while (len) {
		size_t n;

		memset(word, 0, sizeof(word));
		if (content == TEXT)
			snprintf(word, sizeof(word), "line %u of a text that is packed well: %u\n", line,
				 line * 7919 % 64),
				line++;
		else if (content == NOISE)
			for (size_t i = 0; i < sizeof(word) / 8; i++)
				memcpy(word + 8 * i, &(uint64_t){noise()}, 8);
		n = content == TEXT ? strlen(word) : sizeof(word);
		n = n < len ? n : len;
		if (fwrite(word, 1, n, file) != n)
			tree_die("write");
		len -= n;
	}
}

static FILE *create(const char *name)
{
	FILE *file = fopen(name, "w");

	if (!file)
		tree_die(name);
	return file;
}

static void finish(FILE *file)
{
	if (fclose(file))
		tree_die("write");
}

static void single(const char *name, enum content content, size_t len)
{
	FILE *file = create(name);

	append(file, content, len);
	finish(file);
}

/* Stretches of data and zeros in turn; the first is data if is_first. */
static void stripes(const char *name, size_t stretch, size_t len, bool is_first)
{
	FILE *file = create(name);

	for (size_t off = 0; off < len; off += stretch)
		append(file, (off / stretch % 2 == 0) == is_first ? NOISE : ZEROS,
		       len - off < stretch ? len - off : stretch);
	finish(file);
}

/* A hole of the source's own file system at either end, and in the middle. */
static void sparse(const char *name)
{
	FILE *file = create(name);

	fseek(file, 70000, SEEK_SET);
	append(file, NOISE, 30000);
	fseek(file, 200000, SEEK_SET);
	append(file, TEXT, 20000);
	fflush(file);
	if (ftruncate(fileno(file), 300001))
		tree_die(name);
	finish(file);
}

static void contents(void)
{
	static const size_t tails[] = {0, 1, 63, 4095, 4096, 4097, 8191, 65535, 65537, 131073};
	char name[64];

	stripes("stripes-64k", 65536, 393216, true);
	stripes("stripes-64k-end", 65536, 200000, false);
	stripes("stripes-4k", 4096, 90000, true);
	stripes("stripes-12k", 12288, 150001, false);
	sparse("sparse");
	single("zeros", ZEROS, 200000);
	single("noise", NOISE, 70001);
	single("text", TEXT, 1100000);
	if (system("head -c 100000 text >text-copy && { head -c 5000 noise; tail -c 70000 text; } >text-shifted"))
		tree_die("text-copy");
	for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		snprintf(name, sizeof(name), "tail-%zu", tails[i]);
		single(name, i % 2 ? TEXT : NOISE, tails[i]);
	}
	mkdir("many", 0755);
	for (int i = 0; i < 150; i++) {
		snprintf(name, sizeof(name), "many/a-name-so-long-that-the-directory-takes-blocks-%d", i);
		single(name, TEXT, (size_t)i * 3);
	}
}

static void attribute(const char *name, const char *key, size_t len)
{
	char value[3000];

	memset(value, 'v', sizeof(value));
	if (lsetxattr(name, key, value, len, 0))
		tree_die(key);
}

static void properties(void)
{
	char target[3000];

	memset(target, 'x', sizeof(target) - 1);
	target[sizeof(target) - 1] = '\0';
	if (symlink("text", "link") || symlink(target, "link-long") || link("tail-4097", "hard") ||
	    mkfifo("fifo", 0600))
		tree_die("links");
	attribute("noise", "user.small", 3);
	attribute("noise", "user.prefix.one", 40);
	attribute("text", "user.prefix.two", 40);
	attribute("text", "user.large", 2500);
	attribute("many", "user.shared", 100);
	attribute("tail-1", "user.shared", 100);
	attribute("tail-63", "user.shared", 100);
	attribute("tail-4095", "user.shared", 100);
	if (lchown("noise", 1000, 1001) || lchown("link", 33, 34) || lchown("many", 0, 60000) ||
	    chmod("tail-1", 04755) || chmod("many", 01777) || chmod("tail-63", 0))
		tree_die("properties");
}

static void set_time(const char *path, const struct stat *st)
{
	struct timespec times[2] = {{0, UTIME_OMIT}, {1500000000 + st->st_size, 123456789}};

	/* Later than 32 bits hold with a sign. */
	if (strcmp(path, "./noise") == 0)
		times[1] = (struct timespec){4294967295, 1};
	if (utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW))
		tree_die(path);
}

int tree_make(const char *dir)
{
	umask(022);
	if ((mkdir(dir, 0755) && errno != EEXIST) || chdir(dir))
		tree_die(dir);
	contents();
	properties();
	tree_walk(".", set_time);
	return 0;
}
