/* SPDX-License-Identifier: MIT */
#include "engine/engine_state.h"

#include "base/block.h"
#include "base/exits.h"
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Hosts that power on together spread their first requests over this; 300 are answered in less. */
enum { SPREAD_MS = 100 };

static void fail(struct engine *engine, int status, const char *what, const char *why)
{
	char text[NOTICE_TEXT_MAX];

	/* A URL may be longer than a notice: it is cut, so that the reason fits. */
	snprintf(text, sizeof(text), "%.400s: %s", what, why);
	notice_send(engine->start->options.notices, NOTICE_FAILED, text);
	loop_stop(engine->loop, status);
}

static void on_proof_trouble(struct proof *proof, const char *url, const char *why, uint32_t seconds)
{
	(void)proof;
	heartbeat_say_trouble(url, why, seconds);
}

void engine_use_profile(void *arg, const struct profile *profile)
{
	struct engine *engine = arg;
	struct object *object;

	list_for_each(object, &engine->objects.list, link)
		if (object->blob == engine->image.blob)
			object_use_profile(object, profile);
}

/* What earlier boots have of the image is known: the object of it, if there is one, and the tree can use it. */
static void use_store(struct engine *engine)
{
	struct disk_image *image = engine->disk_store.image;
	struct object *object;

	if (!image)
		return;
	tree_use_disk(engine->proof.tree, &image->files[DISK_TREE], image->super);
	if (engine->transport->has_files)
		engine->kernels_file = &image->files[DISK_BLOCKS];
	list_for_each(object, &engine->objects.list, link)
		if (object->blob == engine->image.blob)
			object_use_disk(object, &image->files[DISK_BLOCKS]);
}

static bool is_all_on_disk(const struct engine *engine)
{
	const struct disk_image *image = engine->disk_store.image;

	return image && blockset_is_full(&image->files[DISK_BLOCKS].claims);
}

/* The kernel is to read the image's blocks from the store. */
static void hand_to_kernel(struct engine *engine)
{
	snprintf(engine->plan.kept, sizeof(engine->plan.kept), "%s", engine->disk_store.image->name);
	if (!vouch_is_whole(&engine->vouch))
		return;
	/* It will ask for nothing, so nothing else would say it. */
	log_note("%.400s: all of it is here, %" PRIu64 " bytes: no server is needed any more",
		 engine->image.blob->url, engine->image.blob->size);
	complete_end(&engine->complete);
}

/* .. and the boot's first engine serves it. */
static void on_store_ready(void *arg)
{
	struct engine *engine = arg;
	const struct proof *proof = &engine->proof;
	int notices = engine->start->options.notices, err;
	char text[NOTICE_TEXT_MAX];
	const char *why;

	err = vouch_judge_store(&engine->vouch, &why);
	if (err != EXIT_DONE) {
		fail(engine, err, "store", why);
		return;
	}
	if (engine->transport->has_files && engine->disk_store.image)
		hand_to_kernel(engine);
	image_found(&engine->image, notices);
	if (!proof->tree)
		engine->blobdevs.told++;
	err = engine_take_requests(engine);
	if (err) {
		fail(engine, EXIT_TEMPORARY, "engine", strerror(-err));
		return;
	}
	use_store(engine);
	if (!engine->config.roothash[0] && proof->tree)
		log_note("image: root hash %s, signed for this host", proof->roothash);
	/* No server is asked for what is there. */
	if (engine->disk_store.disk && !engine->start->options.alone[0] && !is_all_on_disk(engine))
		replay_begin(&engine->replay, &engine->config, engine->fetch, engine->image.blob, 0);
	replay_know(&engine->replay, proof->roothash, block_count(engine->image.blob->size));
	engine->transport->plan(engine->image.key, &engine->plan);
	vouch_booted(&engine->vouch);
	proof_forget_signature(&engine->proof);
	mount_plan_format(&engine->plan, text, sizeof(text));
	notice_send(notices, NOTICE_READY, text);
}

static const struct verity *verity_of(const struct engine *engine)
{
	return engine->proof.tree ? &engine->proof.tree->hashes.verity : NULL;
}

void engine_vouched(void *arg, int status, const char *what, const char *why)
{
	struct engine *engine = arg;
	char buf[256];

	if (status != EXIT_DONE) {
		fail(engine, status, what, why);
		return;
	}
	why = image_find_fault(&engine->image, &engine->plan, buf, sizeof(buf));
	if (why) {
		fail(engine, EXIT_PERMANENT, engine->image.blob->url, why);
		return;
	}
	disk_store_begin(&engine->disk_store, verity_of(engine), engine->image.blob->size, on_store_ready,
			 engine);
}

/* A later engine serves meanwhile. */
static void on_store_recalled(void *arg)
{
	use_store(arg);
}

/*
 * The second engine goes on with a profile where the boot is not over. No other does: it is a hint, and must not be what ends one engine
 * after the other.
 */
static void resume_replay(struct engine *engine)
{
	struct record *record = engine->shared.record;

	if (!record || record->format != RECORD_FORMAT || record->use.profile != RECORD_PROFILE ||
	    loop_now_ms(engine->loop) - record->begun_ms > RECORD_MOST_MS)
		return;
	record->use.profile = RECORD_RESUMED;
	replay_begin(&engine->replay, &engine->config, engine->fetch, engine->image.blob, 0);
	replay_know(&engine->replay, engine->proof.roothash, block_count(engine->image.blob->size));
}

/* The boot's first engine learns what the image is. The keeper tells later ones, which serve at once. */
int engine_boot(struct engine *engine)
{
	const struct engine_start *start = engine->start;
	struct limits limits;
	bool is_known;
	int err = image_recall(&engine->image, &start->recall, &is_known);

	limits_take(&limits, start->options.limits);
	if (!err)
		err = disk_store_open(&engine->disk_store, engine->loop, start->options.store, &limits,
				      !engine->transport->has_files ? DISK_OURS
				      : is_known                    ? DISK_KERNELS
								    : DISK_KERNELS_SOON,
				      engine->config.url);
	engine->disk_store.mark = engine->transport->mark;
	engine->disk_store.proven = start->options.proven;
	if (is_known && !err)
		err = engine_take_requests(engine);
	if (is_known && !err && engine->disk_store.disk)
		disk_store_begin(&engine->disk_store, verity_of(engine), engine->image.blob->size,
				 on_store_recalled, engine);
	if (is_known) {
		resume_replay(engine);
		return err;
	}
	engine->proof.object = image_judge_size;
	engine->proof.trouble = on_proof_trouble;
	engine->proof.delay_ms = (uint32_t)rand() % SPREAD_MS;
	if (!start->options.alone[0] && !engine->disk_store.disk)
		replay_begin(&engine->replay, &engine->config, engine->fetch, engine->image.blob,
			     engine->proof.delay_ms);
	heartbeat_arm(&engine->heartbeat);
	return err ? err : vouch_begin(&engine->vouch);
}
