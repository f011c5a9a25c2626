/* SPDX-License-Identifier: MIT */
/*
 * The yardstick for throughput: libcurl alone fetches URL and writes it to FILE with direct I/O, as fast as it can.
 *
 *   fetch_to URL FILE
 */
#include <curl/curl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 64 * 1024, BLOCK = 4096 };

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

int main(int argc, char **argv)
{
	struct sink sink = {.buf = aligned_alloc(BLOCK, BUFFER)};
	CURL *easy = curl_easy_init();
	CURLcode err;

	if (argc != 3 || !sink.buf || !easy)
		return 2;
	sink.fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_DIRECT, 0600);
	if (sink.fd < 0)
		return 1;
	curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
	curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &sink);
	err = curl_easy_perform(easy);
	if (err == CURLE_OK && sink.have > 0 && !flush(&sink, sink.have))
		err = CURLE_WRITE_ERROR;
	curl_easy_cleanup(easy);
	return err == CURLE_OK ? 0 : 1;
}
