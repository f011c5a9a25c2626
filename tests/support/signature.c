/* SPDX-License-Identifier: MIT */
/*
 * The daemon's own check of a signed root hash (daemon/trust/signature.c, certdir.c) on files.
 *
 *   signature DIR                                 says what is trusted: `N trusted`
 *   signature DIR ROOTHASH P7S                    says what it makes of the signature
 *   signature DIR ROOTHASH P7S cut                each beginning of the signature, and a byte more than it
 *   signature DIR ROOTHASH P7S change FROM TO     each byte of FROM <= offset < TO set to each other value
 *   signature DIR ROOTHASH P7S flip FROM TO       each bit of these bytes flipped
 *   signature DIR ROOTHASH P7S roothash           each digit of the root hash in turn set to the next one
 *
 * Certificates in DIR that cannot be used come first, `NAME: why`. The last three say `N of M accepted`, and
 * before it which were. Exits with 0 if the signature, or any, is accepted, else 1; with 2 for misuse.
 */
#include "trust/certdir.h"
#include "trust/roothash.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file {
	uint8_t *bytes;
	size_t len;
};

static struct signature_certs *certs;
static struct file text, p7s;
static unsigned tried, accepted;

static void complain(void *context, const char *name, const char *why)
{
	(void)context;
	printf("%s: %s\n", name, why);
}

static struct file file_read(const char *path)
{
	struct file file = {.bytes = malloc(1 << 20)};
	FILE *stream = fopen(path, "rb");

	if (!stream || !file.bytes) {
		perror(path);
		exit(2);
	}
	file.len = fread(file.bytes, 1, 1 << 20, stream);
	fclose(stream);
	return file;
}

/* From a copy that ends where the signature does: the sanitizer sees a byte read too far. */
static enum signature_result check(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len + !len);
	enum signature_result result;

	memcpy(copy, bytes, len);
	result = signature_check(certs, text.bytes, text.len, copy, len);
	free(copy);
	return result;
}

static void try(const char *what, size_t at, size_t len)
{
	tried++;
	if (check(p7s.bytes, len) == SIGNATURE_OK) {
		accepted++;
		printf("accepted: %s %zu\n", what, at);
	}
}

static void cut(void)
{
	for (size_t len = 0; len < p7s.len; len++)
		try("cut at", len, len);
	p7s.bytes[p7s.len] = 0;
	try("one byte more than", p7s.len, p7s.len + 1);
}

static void change(const char *from, const char *to, int by_bits)
{
	size_t end = strtoul(to, NULL, 10);

	for (size_t at = strtoul(from, NULL, 10); at < end && at < p7s.len; at++) {
		for (int mask = 1; mask < 256; mask = by_bits ? mask * 2 : mask + 1) {
			p7s.bytes[at] ^= (uint8_t)mask;
			try("byte", at, p7s.len);
			p7s.bytes[at] ^= (uint8_t)mask;
		}
	}
}

static void change_roothash(void)
{
	static const char digits[] = "0123456789abcdef0";

	for (size_t at = 0; at < ROOTHASH_DIGITS && at < text.len; at++) {
		uint8_t was = text.bytes[at];

		text.bytes[at] = (uint8_t)strchr(digits, was)[1];
		try("root hash digit", at, p7s.len);
		text.bytes[at] = was;
	}
}

static int run(int argc, char **argv)
{
	enum signature_result result;
	char buf[256];

	if (argc == 2) {
		printf("%zu trusted\n", signature_certs_count(certs));
		return 0;
	}
	if (argc == 4) {
		result = check(p7s.bytes, p7s.len);
		puts(signature_explain(result, certs, buf, sizeof(buf)));
		return result != SIGNATURE_OK;
	}
	if (strcmp(argv[4], "cut") == 0)
		cut();
	else if (strcmp(argv[4], "roothash") == 0)
		change_roothash();
	else if (argc == 7)
		change(argv[5], argv[6], strcmp(argv[4], "flip") == 0);
	else
		return 2;
	printf("%u of %u accepted\n", accepted, tried);
	return accepted == 0;
}

int main(int argc, char **argv)
{
	int dirfd = argc < 2 ? -1 : open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC), status;

	certs = signature_certs_new();
	if (dirfd < 0 || argc == 3 || !certs || certdir_load(dirfd, certs, complain, NULL) != 0)
		return 2;
	if (argc > 3) {
		text = file_read(argv[2]);
		p7s = file_read(argv[3]);
	}
	status = run(argc, argv);
	signature_certs_free(certs);
	free(text.bytes);
	free(p7s.bytes);
	close(dirfd);
	return status;
}
