/* SPDX-License-Identifier: MIT */
/*
 * Times reads in the guest, in microseconds on stdout.
 *
 *   stopwatch read FILE               one sequential read of the whole file
 *   stopwatch random FILE COUNT SEED  COUNT reads of 4 KiB at random blocks: the median
 *   stopwatch warm FILE COUNT SEED    the same, of a file of which all is in the cache below its file system, and nothing in
 *                                     the file's own
 *   stopwatch run PROGRAM ARG..       a program, to its end
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 4096, CHUNK = 1024 * 1024, COUNT_MAX = 10000 };

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int read_all(int fd, char *buf)
{
	ssize_t got;

	while ((got = read(fd, buf, CHUNK)) > 0)
		;
	return got == 0 ? 0 : -1;
}

static int read_random(int fd, char *buf, unsigned count, uint64_t seed, uint64_t *median_out)
{
	static uint64_t times[COUNT_MAX];
	struct stat stat;

	if (fstat(fd, &stat) || stat.st_size < BLOCK || count == 0 || count > COUNT_MAX)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		uint64_t begun = now_us();

		seed = seed * 16807 % 2147483647;
		if (pread(fd, buf, BLOCK, (off_t)(seed % ((uint64_t)stat.st_size / BLOCK) * BLOCK)) != BLOCK)
			return -1;
		times[i] = now_us() - begun;
	}
	qsort(times, count, sizeof(times[0]), by_size);
	*median_out = times[count / 2];
	return 0;
}

int main(int argc, char **argv)
{
	static char buf[CHUNK];
	uint64_t begun = now_us(), took;
	int err, status;

	if (argc >= 3 && strcmp(argv[1], "run") == 0) {
		pid_t pid = fork();

		if (pid == 0) {
			execvp(argv[2], argv + 2);
			_exit(127);
		}
		err = waitpid(pid, &status, 0) != pid || status != 0;
		took = now_us() - begun;
	} else {
		int fd = argc >= 3 ? open(argv[2], O_RDONLY) : -1;

		if (fd < 0)
			return 2;
		if (argc == 5 && strcmp(argv[1], "warm") == 0 &&
		    (read_all(fd, buf) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED)))
			return 1;
		if (argc == 5)
			err = read_random(fd, buf, (unsigned)atoi(argv[3]), (uint64_t)atoi(argv[4]), &took);
		else
			err = read_all(fd, buf);
		if (argc != 5)
			took = now_us() - begun;
	}
	if (err)
		return 1;
	printf("%llu\n", (unsigned long long)took);
	return 0;
}
