/* SPDX-License-Identifier: MIT */
#include "keeper/home.h"

#include "base/exits.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* And LAYOUT_CA, CERT, KEY and NETRC; hosts, resolv.conf. */
enum { FILES_MAX = HOME_SIGNERS_MAX + 6 };

struct home_file {
	char path[sizeof(LAYOUT_VERITY_DIR) + 257]; /* in the home */
	struct file file;
	bool is_secret;
};

struct home_files {
	struct home_file list[FILES_MAX];
	unsigned count;
};

/* Adds source as target. Errors: as file_read. */
static int take(struct home_files *files, const char *source, const char *target, size_t max, bool is_secret)
{
	struct home_file *file = &files->list[files->count];
	int err = file_read(AT_FDCWD, source, max, &file->file);

	if (err)
		return err;
	snprintf(file->path, sizeof(file->path), "%s", target);
	file->is_secret = is_secret;
	files->count++;
	return 0;
}

static int refuse(char *why_out, const char *subject, int err, size_t max)
{
	if (err == -EFBIG)
		snprintf(why_out, HOME_WHY_MAX, "%.400s: is larger than %zu bytes", subject, max);
	else
		snprintf(why_out, HOME_WHY_MAX, "%.400s: %s", subject,
			 err == -EINVAL ? "is no regular file" : strerror(-err));
	return err == -ENOMEM ? EXIT_TEMPORARY : EXIT_PERMANENT;
}

/* Adds a file that may be missing. A symbolic link to nowhere is no missing file: somebody meant it. */
static int take_optional(struct home_files *files, const char *etc, const char *name, const char *target,
			 size_t max, bool is_secret, char *why_out)
{
	char path[512];
	struct stat st;
	int err;

	snprintf(path, sizeof(path), "%.255s/%.255s", etc, name);
	err = take(files, path, target, max, is_secret);
	if (err == -ENOTDIR || (err == -ENOENT && lstat(path, &st)))
		err = 0;
	return err ? refuse(why_out, path, err, max) : EXIT_DONE;
}

/* Adds the file that the command line names; without a name, the one that mkinitrd puts there, if any. */
static int take_named(struct home_files *files, const char *etc, const char *word, const char *path,
		      const char *name, const char *target, char *why_out)
{
	char subject[CMDLINE_VALUE_MAX + 16];
	int err;

	if (!path[0])
		return take_optional(files, etc, name, target, HOME_SMALL_MAX, true, why_out);
	err = take(files, path, target, HOME_SMALL_MAX, true);
	snprintf(subject, sizeof(subject), "%s%s", word, path);
	return err ? refuse(why_out, subject, err, HOME_SMALL_MAX) : EXIT_DONE;
}

static bool has(const struct home_files *files, const char *target)
{
	for (unsigned i = 0; i < files->count; i++)
		if (strcmp(files->list[i].path, target) == 0)
			return true;
	return false;
}

static int is_signer(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 4 && strcmp(entry->d_name + len - 4, ".crt") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Adds one certificate, or logs why not. Errors: -ENOMEM. */
static int take_signer(struct home_files *files, const char *dir, const char *name, bool is_surplus)
{
	char path[512], target[sizeof(LAYOUT_VERITY_DIR) + 257];
	int err;

	if (is_surplus) {
		log_error(
			"/etc/verity.d/%.200s: is one too many, %d certificates are the most: it is not used",
			name, HOME_SIGNERS_MAX);
		return 0;
	}
	snprintf(path, sizeof(path), "%.255s/%.255s", dir, name);
	snprintf(target, sizeof(target), LAYOUT_VERITY_DIR "/%.255s", name);
	err = take(files, path, target, HOME_SMALL_MAX, false);
	if (err && err != -ENOMEM)
		log_error("/etc/verity.d/%.200s: %s: it is not used", name,
			  err == -EINVAL  ? "is not a file"
			  : err == -EFBIG ? "is longer than 64 KiB"
					  : strerror(-err));
	return err == -ENOMEM ? err : 0;
}

/* The engine finds out which of them are certificates: see certdir.h. */
static int take_signers(struct home_files *files, const char *etc, char *why_out)
{
	struct dirent **entries;
	char dir[512];
	int count, taken = 0, err = 0;

	snprintf(dir, sizeof(dir), "%.255s/verity.d", etc);
	count = scandir(dir, &entries, is_signer, by_bytes);
	if (count < 0)
		return errno == ENOENT || errno == ENOTDIR ? EXIT_DONE : refuse(why_out, dir, -errno, 0);
	for (int i = 0; i < count; i++) {
		unsigned before = files->count;

		if (!err)
			err = take_signer(files, dir, entries[i]->d_name, taken == HOME_SIGNERS_MAX);
		taken += files->count > before;
		free(entries[i]);
	}
	free(entries);
	return err ? refuse(why_out, dir, err, 0) : EXIT_DONE;
}

static bool is_https(const char *url)
{
	return strncmp(url, "https://", 8) == 0;
}

/* A URL whose server must be verified with CA certificates; or NULL. */
static const char *needs_authorities(const struct config *config)
{
	if (is_https(config->url))
		return config->url;
	if (is_https(config->verity_url))
		return config->verity_url;
	for (unsigned i = 0; i < config->mirror_count; i++)
		if (is_https(config->mirrors[i]))
			return config->mirrors[i];
	return NULL;
}

static int take_resolver(struct home_files *files, const char *etc, char *why_out)
{
	int status = take_optional(files, etc, "hosts", "etc/hosts", HOME_SMALL_MAX, false, why_out);

	return status == EXIT_DONE ? take_optional(files, etc, "resolv.conf", "etc/resolv.conf",
						   HOME_SMALL_MAX, false, why_out)
				   : status;
}

int home_read(struct home_files **files_out, const char *etc, const struct config *config, bool is_native,
	      char *why_out)
{
	struct home_files *files = calloc(1, sizeof(*files));
	const char *url = needs_authorities(config);
	int status;

	if (!files) {
		snprintf(why_out, HOME_WHY_MAX, "start: out of memory");
		return EXIT_TEMPORARY;
	}
	/* Our own bundle replaces the system's: a closed network trusts its own CA and no other. */
	status = take_optional(files, etc, "blobroot/ca.crt", LAYOUT_CA, LAYOUT_CA_MAX, false, why_out);
	if (status == EXIT_DONE && !has(files, LAYOUT_CA))
		status = take_optional(files, etc, "ssl/certs/ca-certificates.crt", LAYOUT_CA, LAYOUT_CA_MAX,
				       false, why_out);
	if (status == EXIT_DONE && url && !has(files, LAYOUT_CA)) {
		snprintf(why_out, HOME_WHY_MAX,
			 "%.200s: there are no certificates of authorities to check the server's with: "
			 "make the initramfs with mkinitrd --ca FILE or --system-ca (it has neither "
			 "/etc/blobroot/ca.crt nor /etc/ssl/certs/ca-certificates.crt)",
			 url);
		status = EXIT_PERMANENT;
	}
	if (status == EXIT_DONE)
		status = take_named(files, etc, "rd.blob.cert=", config->cert, "blobroot/client.crt",
				    LAYOUT_CERT, why_out);
	/* A certificate named without a key contains its key: mkinitrd's key belongs to another one. */
	if (status == EXIT_DONE && has(files, LAYOUT_CERT) && (config->key[0] || !config->cert[0]))
		status = take_named(files, etc, "rd.blob.key=", config->key, "blobroot/client.key",
				    LAYOUT_KEY, why_out);
	if (status == EXIT_DONE)
		status = take_optional(files, etc, "blobroot/netrc", LAYOUT_NETRC, HOME_SMALL_MAX, true,
				       why_out);
	if (status == EXIT_DONE && is_native)
		status = take_resolver(files, etc, why_out);
	if (status == EXIT_DONE)
		status = take_signers(files, etc, why_out);
	if (status != EXIT_DONE) {
		home_free(files);
		return status;
	}
	*files_out = files;
	return EXIT_DONE;
}

static int make_dir(int home, const char *path)
{
	if (mkdirat(home, path, 0755) && errno != EEXIST)
		return -errno;
	/* Whatever our umask is: the engine runs as another user. */
	return fchmodat(home, path, 0755, 0) ? -errno : 0;
}

static int write_file(int home, const struct home_file *file)
{
	size_t done = 0;
	int fd, err = 0;

	/* One of an earlier start. */
	unlinkat(home, file->path, 0);
	fd = openat(home, file->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
	if (fd < 0)
		return -errno;
	while (!err && done < file->file.len) {
		ssize_t wrote = write(fd, file->file.bytes + done, file->file.len - done);

		if (wrote < 0)
			err = -errno;
		else
			done += (size_t)wrote;
	}
	if (!err && fchmod(fd, file->is_secret ? 0400 : 0444))
		err = -errno;
	/* Without root, the engine runs as the same user. */
	if (!err && file->is_secret && geteuid() == 0 && fchown(fd, LAYOUT_ENGINE_ID, LAYOUT_ENGINE_ID))
		err = -errno;
	close(fd);
	return err;
}

/* Removes the files of an earlier start in the same run directory. */
static void drop_old(int home)
{
	static const char *const names[] = {LAYOUT_CA, LAYOUT_CERT, LAYOUT_KEY, LAYOUT_NETRC};
	int fd = openat(home, LAYOUT_VERITY_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlinkat(home, names[i], 0);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
}

int home_write(const struct home_files *files, int home)
{
	int err = make_dir(home, "etc");

	if (!err)
		err = make_dir(home, "etc/blobroot");
	if (!err)
		err = make_dir(home, LAYOUT_VERITY_DIR);
	if (!err)
		drop_old(home);
	for (unsigned i = 0; i < files->count && !err; i++)
		err = write_file(home, &files->list[i]);
	return err;
}

bool home_has_signers(const struct home_files *files)
{
	for (unsigned i = 0; i < files->count; i++)
		if (strncmp(files->list[i].path, LAYOUT_VERITY_DIR, strlen(LAYOUT_VERITY_DIR)) == 0)
			return true;
	return false;
}

void home_free(struct home_files *files)
{
	if (!files)
		return;
	for (unsigned i = 0; i < files->count; i++)
		file_free(&files->list[i].file);
	free(files);
}
