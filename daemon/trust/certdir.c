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
 * Advances name to the next certificate in order; "" gives the first one. Scanning the directory again for
 * each of a few files is cheap, and needs no list.
 *
 * Returns 1, 0 after the last one, or -errno.
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

/* Loads one file. *why_out: why it cannot be used, or NULL. Errors: -ENOMEM. */
static int load_file(int dirfd, const char *name, struct signature_certs *certs, const char **why_out)
{
	enum signature_cert_result result;
	struct file file;
	int err = file_read(dirfd, name, SIGNATURE_CERT_MAX, &file);

	*why_out = NULL;
	if (err == -ENOMEM)
		return err;
	if (err) {
		*why_out = err == -EFBIG    ? signature_cert_explain(SIGNATURE_CERT_TOO_LONG)
			   : err == -EINVAL ? "is not a file"
					    : strerror(-err);
		return 0;
	}
	result = signature_certs_add(certs, file.bytes, file.len);
	file_free(&file);
	if (result == SIGNATURE_CERT_MEMORY)
		return -ENOMEM;
	if (result != SIGNATURE_CERT_OK)
		*why_out = signature_cert_explain(result);
	return 0;
}

int certdir_load(int dirfd, struct signature_certs *certs, certdir_complaint *complain, void *context)
{
	/* Opened again, so that the offset of the caller's descriptor is not moved. */
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
		const char *why;

		err = load_file(fd, name, certs, &why);
		if (why)
			complain(context, name, why);
		if (!err)
			err = next_name(dir, name);
	}
	closedir(dir);
	return err;
}
