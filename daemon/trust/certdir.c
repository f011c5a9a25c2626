/* SPDX-License-Identifier: MIT */
#include "trust/certdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_certificate(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > 4 && strcmp(name + len - 4, ".crt") == 0;
}

/*
 * Moves name on to the certificate that follows it; the first one follows "". Looking through the directory for
 * each of a few files is little work, and there is no list to be kept.
 *
 * Returns 1, 0 behind the last one, -errno.
 */
static int next_name(DIR *dir, char name[NAME_MAX + 1])
{
	char next[NAME_MAX + 1] = "";
	const struct dirent *entry;

	rewinddir(dir);
	errno = 0;
	while ((entry = readdir(dir))) {
		if (is_certificate(entry->d_name) && strcmp(entry->d_name, name) > 0 &&
		    (next[0] == '\0' || strcmp(entry->d_name, next) < 0))
			snprintf(next, sizeof(next), "%s", entry->d_name);
		errno = 0;
	}
	if (errno)
		return -errno;
	memcpy(name, next, sizeof(next));
	return name[0] != '\0';
}

/* Reads at most size bytes. Returns how many, or -errno. */
static ssize_t read_whole(int fd, uint8_t *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, buf + len, size - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

/* Returns why the file cannot be used; NULL when it is in. buf has a byte more than a certificate may have. */
static const char *load_file(int dirfd, const char *name, struct signature_certs *certs, uint8_t *buf)
{
	/* O_NONBLOCK: a pipe must not hold up the boot. */
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum signature_cert_result result;
	struct stat st;
	ssize_t len;

	if (fd < 0)
		return strerror(errno);
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		close(fd);
		return "is not a file";
	}
	len = read_whole(fd, buf, SIGNATURE_CERT_MAX + 1);
	close(fd);
	if (len < 0)
		return strerror((int)-len);
	result = signature_certs_add(certs, buf, (size_t)len);
	return result == SIGNATURE_CERT_OK ? NULL : signature_cert_explain(result);
}

int certdir_load(int dirfd, struct signature_certs *certs, certdir_complaint *complain, void *context)
{
	/* A descriptor of its own: the directory's offset is the caller's. */
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	char name[NAME_MAX + 1] = "";
	uint8_t *buf;

	if (!dir) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	buf = malloc(SIGNATURE_CERT_MAX + 1);
	err = buf ? next_name(dir, name) : -ENOMEM;
	while (err > 0) {
		const char *why = load_file(fd, name, certs, buf);

		if (why)
			complain(context, name, why);
		err = next_name(dir, name);
	}
	free(buf);
	closedir(dir);
	return err;
}
