/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target without libFuzzer: feeds it each file of a corpus, once.
 *
 *   X_replay DIR     prints `N files`; fails when there is none, or one cannot be read
 *
 * Flow: tests/fuzz/replay_test.sh runs it under `make check`'s sanitizers.
 * Process: tests
 */
#include "fuzz.h"

#include <dirent.h>
#include <err.h>

/* The input is as long as the file: the sanitizer sees a byte read too far. */
static void feed(const char *path)
{
	FILE *stream = fopen(path, "rb");
	long size;
	uint8_t *bytes;

	if (!stream || fseek(stream, 0, SEEK_END) || (size = ftell(stream)) < 0)
		err(1, "%s", path);
	rewind(stream);
	bytes = malloc((size_t)size + !size);
	if (!bytes || fread(bytes, 1, (size_t)size, stream) != (size_t)size)
		err(1, "%s", path);
	fclose(stream);
	fuzz_one(bytes, (size_t)size);
	free(bytes);
}

int main(int argc, char **argv)
{
	struct dirent **list;
	int count, fed = 0;

	if (argc != 2)
		errx(2, "usage: %s DIR", argv[0]);
	count = scandir(argv[1], &list, NULL, alphasort);
	if (count < 0)
		err(1, "%s", argv[1]);
	for (int i = 0; i < count; i++) {
		char path[4096];

		if (list[i]->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", argv[1], list[i]->d_name);
			/* Whatever ends the process, the last line says what did. */
			fprintf(stderr, "%s\n", path);
			feed(path);
			fed++;
		}
		free(list[i]);
	}
	free(list);
	printf("%d files\n", fed);
	return fed == 0;
}
