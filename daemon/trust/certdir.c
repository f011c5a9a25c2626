/* SPDX-License-Identifier: MIT */
#include "trust/certdir.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
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

/* Returns why the file cannot be used; NULL when it is in. */
static const char *load_file(int dirfd, const char *name, struct signature_certs *certs)
{
	enum signature_cert_result result;
	struct file file;
	int err = file_read(dirfd, name, SIGNATURE_CERT_MAX, &file);

	if (err == -EFBIG)
		return signature_cert_explain(SIGNATURE_CERT_TOO_LONG);
	if (err)
		return err == -EINVAL ? "is not a file" : strerror(-err);
	result = signature_certs_add(certs, file.bytes, file.len);
	file_free(&file);
	return result == SIGNATURE_CERT_OK ? NULL : signature_cert_explain(result);
}

int certdir_load(int dirfd, struct signature_certs *certs, certdir_complaint *complain, void *context)
{
	/* A descriptor of its own: the directory's offset is the caller's. */
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	char name[NAME_MAX + 1] = "";

	if (!dir) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	err = next_name(dir, name);
	while (err > 0) {
		const char *why = load_file(fd, name, certs);

		if (why)
			complain(context, name, why);
		err = next_name(dir, name);
	}
	closedir(dir);
	return err;
}
