/* SPDX-License-Identifier: MIT */
#include "transport/erofs_mount.h"

#include "base/exits.h"
#include "transport/erofs_features.h"
#include "transport/transport.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Errors with which EROFS refuses an image: damaged, an unknown feature, a missing blob. */
static bool is_refusal(int err)
{
	return err == EINVAL || err == EBADMSG || err == EUCLEAN || err == EOPNOTSUPP;
}

static unsigned count_devices(const char *options)
{
	unsigned count = 0;

	for (const char *at = options; at; at = strchr(at, ','), at += at != NULL)
		count += strncmp(at, "device=", strlen("device=")) == 0;
	return count;
}

/* What is known to fail before the kernel is asked. */
static bool is_hopeless(const struct erofs_mount *mount, char *why_out)
{
	const struct mount_plan *plan = mount->plan;
	char names[TRANSPORT_WHY_MAX / 2];

	if (erofs_features_missing(plan->features, EROFS_FEATURES_DIR, names, sizeof(names)))
		snprintf(why_out, TRANSPORT_WHY_MAX,
			 "mount: the image needs what this kernel's EROFS does not have: %s", names);
	else if (plan->nameless && !count_devices(mount->options))
		snprintf(
			why_out, TRANSPORT_WHY_MAX,
			"mount: the image goes on in %u blobs beside it, and does not have their names: name each, "
			"in order: rootflags=device=NAME,..",
			(unsigned)plan->nameless);
	else
		return false;
	return true;
}

/* The kernel's own messages, where there are any, go before errno's text. */
static void explain(const struct erofs_mount *mount, enum fs_mount_step step, int err, const char *said,
		    char *why_out)
{
	const char *colon = *said ? ": " : "", *known = mount->explain(step, err, said);

	if (known)
		snprintf(why_out, TRANSPORT_WHY_MAX, "mount: %s%s%s", known, *said ? ": it says: " : "",
			 said);
	else if (step == FS_MOUNT_TYPE && err == ENODEV)
		snprintf(why_out, TRANSPORT_WHY_MAX,
			 "mount: the kernel has no EROFS: the module erofs.ko is not in this initramfs");
	else if (step == FS_MOUNT_WRITE)
		snprintf(
			why_out, TRANSPORT_WHY_MAX,
			"mount: rw: an image is read-only: leave it out; what is written goes to rd.blob.overlay=");
	else if (step == FS_MOUNT_SOURCE && (err == ENODEV || err == ENOENT))
		snprintf(why_out, TRANSPORT_WHY_MAX, "mount: a blob beside the image cannot be opened%s%s",
			 colon, said);
	else if (step == FS_MOUNT_SOURCE && is_refusal(err))
		snprintf(why_out, TRANSPORT_WHY_MAX,
			 "mount: the kernel's EROFS refuses the image, or rootflags=: %s%s%s", said, colon,
			 strerror(err));
	else
		snprintf(why_out, TRANSPORT_WHY_MAX, "mount: %s%s%s", said, colon, strerror(err));
}

int erofs_mount(const struct erofs_mount *mount, char *why_out)
{
	char all[1024], said[TRANSPORT_WHY_MAX / 2];
	bool are_both = *mount->own && *mount->options;
	enum fs_mount_step step;
	int err;

	if (is_hopeless(mount, why_out))
		return EXIT_PERMANENT;
	snprintf(all, sizeof(all), "%s%s%s", mount->own, are_both ? "," : "", mount->options);
	err = fs_mount("erofs", mount->source, all, mount->dir, &step, said, sizeof(said));
	if (!err)
		return EXIT_DONE;
	explain(mount, step, -err, said, why_out);
	return err == -EIO ? EXIT_TEMPORARY : EXIT_PERMANENT;
}
