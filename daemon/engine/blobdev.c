/* SPDX-License-Identifier: MIT */
#include "engine/blobdev.h"

#include "base/log.h"
#include "engine/heartbeat.h"
#include "fetch/blob_url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void blobdevs_init(struct blobdevs *all)
{
	list_init(&all->list);
	all->count = 0;
	all->told = all->recall->count;
}

static void drop(struct blobdev *dev)
{
	list_remove(&dev->link);
	dev->all->count--;
	contact_end(&dev->contact);
	if (dev->blob) {
		blob_fini(dev->blob);
		free(dev->blob);
	}
	free(dev);
}

/* Hands the blob over to an object. */
static void serve(struct blobdev *dev, const uint8_t *head, size_t head_len)
{
	struct blobdevs *all = dev->all;

	if (all->serve(all->arg, dev, head, head_len) == 0)
		dev->blob = NULL;
	drop(dev);
}

static void refuse(struct blobdev *dev, int err)
{
	struct blobdevs *all = dev->all;

	all->refuse(all->arg, dev->request_id, dev->file, err);
	drop(dev);
}

static void on_trouble(struct contact *contact, const char *why)
{
	heartbeat_say_trouble(contact->blob->url, why, contact->patience_s);
}

static void blobdev_on_done(struct contact *contact, enum blob_result result, const char *why)
{
	struct blobdev *dev = contact->owner;

	/* Which a server may answer with 416, or with nothing. */
	if (result == BLOB_DONE && contact->head_len == 0) {
		if (contact_deny(contact))
			return;
		result = BLOB_WRONG;
		why = "it is empty";
	}
	if (result == BLOB_DONE) {
		recall_tell_version(dev->all->notices, dev->key, &dev->blob->mirrors[0].version);
		dev->all->told++;
		serve(dev, contact->head, contact->head_len);
		return;
	}
	log_error("%.400s: %s: it cannot be opened", dev->blob->url, why);
	refuse(dev, result == BLOB_WRONG ? -ENOENT : -EIO);
}

/* Errors: -EINVAL for a key that names no blob beside the image, -ENOMEM. */
static int make_blob(const struct blobdevs *all, const char *image_url, const char *key,
		     struct blob **blob_out)
{
	struct blob *blob;
	char url[BLOB_URL_MAX];
	int err;

	if (recall_is_reserved(key))
		return -EINVAL;
	err = blob_url_sibling(image_url, key, url, sizeof(url));
	if (err)
		return err;
	blob = calloc(1, sizeof(*blob));
	if (!blob || blob_init(blob, all->fetch, all->loop, url)) {
		free(blob);
		return -ENOMEM;
	}
	blob->is_raced = true;
	*blob_out = blob;
	return 0;
}

struct blob *blobdev_known(struct blobdevs *all, const char *url, const char *key,
			   const struct version *version)
{
	struct blob *blob;

	if (make_blob(all, url, key, &blob))
		return NULL;
	blob_recall(blob, 0, version);
	return blob;
}

/* Errors: as make_blob; -ENFILE for one too many. */
static int make(struct blobdevs *all, const char *image_url, const char *key, bool is_known,
		struct blobdev **dev_out)
{
	struct blobdev *dev;
	int err;

	/* A version that the keeper cannot remember could be another one after an engine's restart. */
	if (!is_known && all->told + all->count >= NOTICE_REMEMBER_MAX)
		return -ENFILE;
	dev = calloc(1, sizeof(*dev));
	err = dev ? make_blob(all, image_url, key, &dev->blob) : -ENOMEM;
	if (err) {
		free(dev);
		return err;
	}
	dev->all = all;
	snprintf(dev->key, sizeof(dev->key), "%s", key);
	list_append(&all->list, &dev->link);
	all->count++;
	*dev_out = dev;
	return 0;
}

void blobdev_open(struct blobdevs *all, const char *url, const char *key, uint64_t object_id,
		  uint64_t request_id, int file)
{
	const struct version *version = recall_find(all->recall, key);
	struct blobdev *dev;
	int err = make(all, url, key, version != NULL, &dev);

	if (err) {
		log_error("device %s: cannot be opened: %s", key,
			  err == -EINVAL ? "no name of a blob beside the image" : strerror(-err));
		all->refuse(all->arg, request_id, file, err);
		return;
	}
	dev->object_id = object_id;
	dev->request_id = request_id;
	dev->file = file;
	if (version) {
		blob_recall(dev->blob, 0, version);
		serve(dev, NULL, 0);
		return;
	}
	dev->contact.owner = dev;
	dev->contact.done = blobdev_on_done;
	dev->contact.trouble = on_trouble;
	if (contact_begin(&dev->contact, dev->blob, all->loop, 0, all->contact_s))
		refuse(dev, -ENOMEM);
}

void blobdev_forget(struct blobdevs *all, uint64_t object_id)
{
	struct blobdev *dev, *next;

	list_for_each_safe(dev, next, &all->list, link)
		if (dev->object_id == object_id)
			refuse(dev, -EIO);
}

void blobdev_interrupt(struct blobdevs *all, uint64_t request_id)
{
	struct blobdev *dev, *next;

	list_for_each_safe(dev, next, &all->list, link)
		if (dev->request_id == request_id)
			refuse(dev, -EINTR);
}

const char *blobdev_oldest(const struct blobdevs *all, uint64_t *since_ms_out)
{
	const struct blobdev *oldest = list_first(&all->list, struct blobdev, link);

	if (!oldest)
		return NULL;
	*since_ms_out = oldest->contact.begun_ms;
	return oldest->blob->url;
}
