/*
 * SPDX-License-Identifier: MIT
 *
 * spoil_store SEED COUNT DIR [all]
 *
 * Makes COUNT changes to the files in DIR, the directory of one image in a store: single bytes, blocks that change places,
 * zeros and holes; with `all`, now and then, another length, or a file that becomes another kind of file. The same SEED makes the same changes to the
 * same files. Each is a line on stderr. Status 1: DIR has no files.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 4096, FILES_MAX = 64 };

static uint32_t state;
static char *names[FILES_MAX];
static int count, is_all;

static uint32_t draw(uint32_t below)
{
	state = state * 1664525u + 1013904223u;
	return below ? (uint32_t)(((uint64_t)state >> 8) * below >> 24) : 0;
}

static void look(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir || chdir(path)) {
		fprintf(stderr, "spoil_store: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	while ((entry = readdir(dir)) && count < FILES_MAX)
		if (entry->d_name[0] != '.')
			names[count++] = strdup(entry->d_name);
	closedir(dir);
	/* The order of a directory is not the same everywhere. */
	for (int i = 1; i < count; i++)
		for (int j = i; j > 0 && strcmp(names[j - 1], names[j]) > 0; j--) {
			char *other = names[j];

			names[j] = names[j - 1];
			names[j - 1] = other;
		}
	if (count == 0) {
		fprintf(stderr, "spoil_store: %s: has no files\n", path);
		exit(1);
	}
}

static void flip(int fd, uint64_t size)
{
	uint64_t at = (uint64_t)draw((uint32_t)(size / BLOCK)) * BLOCK + draw(BLOCK);
	uint8_t byte;

	if (pread(fd, &byte, 1, (off_t)at) != 1)
		return;
	byte ^= (uint8_t)(1 << draw(8));
	(void)!pwrite(fd, &byte, 1, (off_t)at);
}

static void move_block(int fd, uint64_t size)
{
	uint8_t bytes[BLOCK];
	uint32_t blocks = (uint32_t)(size / BLOCK);

	if (pread(fd, bytes, BLOCK, (off_t)draw(blocks) * BLOCK) == BLOCK)
		(void)!pwrite(fd, bytes, BLOCK, (off_t)draw(blocks) * BLOCK);
}

static void zero(int fd, uint64_t size)
{
	static const uint8_t zeros[16 * BLOCK];

	(void)!pwrite(fd, zeros, (1 + draw(16)) * BLOCK, (off_t)draw((uint32_t)(size / BLOCK)) * BLOCK);
}

static void reserve(int fd, uint64_t size, int mode)
{
	(void)!fallocate(fd, mode, (off_t)draw((uint32_t)(size / BLOCK)) * BLOCK, (1 + draw(16)) * BLOCK);
}

/* One of a kind that nobody expects there. */
static void replace(const char *name)
{
	uint32_t how = draw(5);

	unlink(name);
	if (how == 0)
		(void)!symlink("/etc/passwd", name);
	else if (how == 1)
		mkfifo(name, 0666);
	else if (how == 2)
		mkdir(name, 0700);
	else if (how == 3)
		close(open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600));
}

static void change(void)
{
	static const char *const kinds[] = {"a byte", "a block moves",       "zeros",
					    "a hole", "unwritten",           "shorter",
					    "longer", "files change places", "another kind of file"};
	const char *name = names[draw((uint32_t)count)];
	uint32_t kind = draw(100);
	int fd = open(name, O_RDWR | O_NOFOLLOW | O_NONBLOCK), what;
	struct stat st = {.st_size = 0};

	if (fd >= 0)
		fstat(fd, &st);
	what = kind < 60   ? 0
	       : kind < 75 ? 1
	       : kind < 85 ? 2
	       : kind < 90 ? 3
	       : kind < 95 ? 4
	       : kind < 96 ? 5
	       : kind < 97 ? 6
	       : kind < 98 ? 7
			   : 8;
	/* These spoil all that came before: not often. */
	if (what >= 5 && (!is_all || draw(10)))
		what = 0;
	fprintf(stderr, "spoil_store: %s: %s\n", name, kinds[what]);
	if (what == 7)
		rename(name, ".other"), rename(names[draw((uint32_t)count)], name),
			rename(".other", names[0]);
	else if (what == 8)
		replace(name);
	else if (fd >= 0 && S_ISREG(st.st_mode)) {
		if (what == 0)
			flip(fd, (uint64_t)st.st_size);
		else if (what == 1)
			move_block(fd, (uint64_t)st.st_size);
		else if (what == 2)
			zero(fd, (uint64_t)st.st_size);
		else if (what == 3)
			reserve(fd, (uint64_t)st.st_size, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE);
		else if (what == 4)
			reserve(fd, (uint64_t)st.st_size, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE);
		else
			(void)!ftruncate(fd,
					 what == 5 ? draw((uint32_t)st.st_size) : st.st_size + draw(100000));
	}
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	if (argc != 4 && argc != 5) {
		fprintf(stderr, "usage: spoil_store SEED COUNT DIR [all]\n");
		return 2;
	}
	state = (uint32_t)strtoul(argv[1], NULL, 10) * 2654435761u;
	is_all = argc == 5;
	look(argv[3]);
	for (unsigned long i = strtoul(argv[2], NULL, 10); i > 0; i--)
		change();
	return 0;
}
