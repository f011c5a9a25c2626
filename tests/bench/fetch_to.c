/* SPDX-License-Identifier: MIT */
/*
 * The yardstick: libcurl alone.
 *
 *   fetch_to URL FILE          fetches URL and writes it to FILE with direct I/O, as fast as it can
 *   fetch_to URL COUNT SEED    COUNT requests for 4 KiB at random blocks, over one connection: the median, in microseconds
 */
#include <curl/curl.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 64 * 1024, BLOCK = 4096, COUNT_MAX = 10000 };

struct sink {
	int fd;
	size_t have;
	char *buf;
};

static int flush(struct sink *sink, size_t len)
{
	size_t whole = (len + BLOCK - 1) / BLOCK * BLOCK;

	memset(sink->buf + len, 0, whole - len);
	sink->have = 0;
	return write(sink->fd, sink->buf, whole) == (ssize_t)whole;
}

static size_t take(char *bytes, size_t size, size_t count, void *arg)
{
	struct sink *sink = arg;
	size_t len = size * count, done = 0;

	while (done < len) {
		size_t part = BUFFER - sink->have < len - done ? BUFFER - sink->have : len - done;

		memcpy(sink->buf + sink->have, bytes + done, part);
		sink->have += part;
		done += part;
		if (sink->have == BUFFER && !flush(sink, BUFFER))
			return 0;
	}
	return len;
}

static int fetch_file(CURL *easy, const char *path)
{
	struct sink sink = {.buf = aligned_alloc(BLOCK, BUFFER),
			    .fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_DIRECT, 0600)};
	CURLcode err;

	if (sink.fd < 0 || !sink.buf)
		return 1;
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &sink);
	err = curl_easy_perform(easy);
	if (err == CURLE_OK && sink.have > 0 && !flush(&sink, sink.have))
		err = CURLE_WRITE_ERROR;
	return err == CURLE_OK ? 0 : 1;
}

static size_t count_bytes(char *bytes, size_t size, size_t count, void *arg)
{
	(void)bytes;
	*(size_t *)arg += size * count;
	return size * count;
}

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

static int fetch_random(CURL *easy, unsigned count, uint64_t seed)
{
	static uint64_t times[COUNT_MAX];
	curl_off_t size = 0;

	curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	if (count == 0 || count > COUNT_MAX || curl_easy_perform(easy) != CURLE_OK ||
	    curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size) != CURLE_OK || size < BLOCK)
		return 1;
	curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count_bytes);
	for (unsigned i = 0; i < count; i++) {
		uint64_t begun = now_us(), off;
		char range[64];
		size_t got = 0;

		seed = seed * 16807 % 2147483647;
		off = seed % ((uint64_t)size / BLOCK) * BLOCK;
		snprintf(range, sizeof(range), "%llu-%llu", (unsigned long long)off,
			 (unsigned long long)off + BLOCK - 1);
		curl_easy_setopt(easy, CURLOPT_RANGE, range);
		curl_easy_setopt(easy, CURLOPT_WRITEDATA, &got);
		if (curl_easy_perform(easy) != CURLE_OK || got != BLOCK)
			return 1;
		times[i] = now_us() - begun;
	}
	qsort(times, count, sizeof(times[0]), by_size);
	printf("%llu\n", (unsigned long long)times[count / 2]);
	return 0;
}

int main(int argc, char **argv)
{
	CURL *easy = curl_easy_init();
	int status;

	if (argc < 3 || argc > 4 || !easy)
		return 2;
	curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
	curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
	status = argc == 3 ? fetch_file(easy, argv[2])
			   : fetch_random(easy, (unsigned)atoi(argv[2]), (uint64_t)atoi(argv[3]));
	curl_easy_cleanup(easy);
	return status;
}
