/* SPDX-License-Identifier: MIT */
#include "engine/engine.h"

#include "base/block.h"
#include "base/exits.h"
#include "base/log.h"
#include "base/loop.h"
#include "engine/engine_state.h"
#include "engine/sandbox.h"
#include "engine/waits.h"
#include "fetch/credentials.h"
#include "fetch/retry.h"
#include "serve/news.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static bool find_wait(void *arg, struct heartbeat_wait *wait_out)
{
	const struct engine *engine = arg;

	return waits_find_oldest(&(struct waits){.config = &engine->config,
						 .proof = engine->image.key[0] ? NULL : &engine->proof,
						 .blobdevs = &engine->blobdevs,
						 .objects = &engine->objects.list},
				 wait_out);
}

static void refuse_open(void *arg, uint64_t request_id, int file, int err)
{
	struct engine *engine = arg;

	engine->transport->answer_open(engine->channel, request_id, err);
	if (file >= 0)
		close(file);
}

/* What only the image's object has. */
static void equip_image(struct engine *engine, struct object *object)
{
	recorder_begin(&object->recorder, engine->shared.record, engine->proof.roothash,
		       block_count(object->blob->size), loop_now_ms(engine->loop));
	if (engine->replay.profile.count > 0)
		object_use_profile(object, &engine->replay.profile);
	if (engine->transport->has_files)
		object_use_disk(object, engine->kernels_file);
}

/* An object for a blob whose version is known. Takes over blob if owns_blob. Errors: -ENFILE, as object_open. */
static int serve_object(struct engine *engine, uint64_t object_id, int file, struct blob *blob,
			bool owns_blob, const uint8_t *head, size_t head_len)
{
	struct object *object;
	int err = engine->objects.count < ENGINE_OBJECTS_MAX ? 0 : -ENFILE;

	if (!err)
		err = object_open(&engine->table, object_id, file, blob, owns_blob,
				  blob == engine->image.blob ? engine->proof.tree : NULL, &object);
	if (err) {
		log_error("%.400s: cannot serve it: %s", blob->url, strerror(-err));
		return err;
	}
	objects_add(&engine->objects, object);
	if (blob == engine->image.blob)
		equip_image(engine, object);
	object_give_head(object, head, head_len);
	return 0;
}

/* The same, and tells the kernel its size. */
static int serve(struct engine *engine, uint64_t object_id, uint64_t request_id, int file, struct blob *blob,
		 bool owns_blob, const uint8_t *head, size_t head_len)
{
	int err = serve_object(engine, object_id, file, blob, owns_blob, head, head_len);

	if (err) {
		refuse_open(engine, request_id, file, err);
		return err;
	}
	/* Refused: the opener was killed, and the kernel dropped the object. It will not mention it again. */
	if (engine->transport->answer_open(engine->channel, request_id, (int64_t)blob->size))
		objects_drop(&engine->objects, object_id);
	return 0;
}

static int serve_blobdev(void *arg, const struct blobdev *dev, const uint8_t *head, size_t head_len)
{
	return serve(arg, dev->object_id, dev->request_id, dev->file, dev->blob, true, head, head_len);
}

/* The kernel no longer uses this object ID: ends the object, open or being opened. */
static void forget(struct engine *engine, uint64_t object_id)
{
	objects_drop(&engine->objects, object_id);
	blobdev_forget(&engine->blobdevs, object_id);
}

static void on_opened(void *ctx, uint64_t object_id, uint64_t request_id, int file, const char *key)
{
	struct engine *engine = ctx;
	const struct contact *contact = &engine->proof.contacts[PROOF_IMAGE];

	forget(engine, object_id);
	if (strcmp(key, engine->image.key) == 0) {
		serve(engine, object_id, request_id, file, engine->image.blob, false, contact->head,
		      contact->head_len);
	} else if (engine->proof.tree) {
		log_error("device %s: cannot be opened: the root hash does not vouch for it", key);
		refuse_open(engine, request_id, file, -EPERM);
	} else {
		blobdev_open(&engine->blobdevs, engine->image.blob->url, key, object_id, request_id, file);
		heartbeat_arm(&engine->heartbeat);
	}
}

static void on_asked(void *ctx, uint64_t object_id, uint64_t request_id, int reader, uint64_t off,
		     uint64_t len)
{
	struct engine *engine = ctx;
	struct object *object = objects_find(&engine->objects, object_id);

	/* The kernel reads only open objects. Where answers need the object's file, there is no way to answer. */
	if (!object) {
		log_error("%s: a read of an object that is not open: %" PRIu64, engine->transport->name,
			  object_id);
		(void)engine->transport->answer_read(engine->channel, -1, request_id, -EIO, NULL, 0);
		return;
	}
	object_ask(object, request_id, reader, off, len);
	heartbeat_arm(&engine->heartbeat);
}

static void on_closed(void *ctx, uint64_t object_id)
{
	forget(ctx, object_id);
}

static void on_interrupted(void *ctx, uint64_t request_id)
{
	struct engine *engine = ctx;

	if (!interrupts_add(&engine->interrupts, request_id))
		blobdev_interrupt(&engine->blobdevs, request_id);
}

static void on_ended(void *ctx)
{
	struct engine *engine = ctx;

	loop_stop(engine->loop, EXIT_DONE);
}

static void on_died(void *ctx, int why)
{
	struct engine *engine = ctx;

	log_last("%s: the kernel's device fails: %s", engine->transport->name, strerror(-why));
	loop_stop(engine->loop, EXIT_TEMPORARY);
}

/* Passes over what is no blob beside the image. Errors: -ENOMEM, -ENFILE. */
static int adopt_blob(struct engine *engine, const char *key, const struct version *version)
{
	struct blob *blob = blobdev_known(&engine->blobdevs, engine->image.blob->url, key, version);
	uint64_t id;
	int err;

	if (!blob)
		return 0;
	err = engine->transport->adopt(engine->channel, key, blob->size, &id);
	if (!err)
		err = serve_object(engine, id, -1, blob, true, NULL, 0);
	if (err) {
		blob_fini(blob);
		free(blob);
	}
	return err;
}

/*
 * Serves what the kernel may know from earlier engines, where it does not open it anew for this one. The image is among
 * it from the start.
 */
static int adopt(struct engine *engine)
{
	const struct contact *contact = &engine->proof.contacts[PROOF_IMAGE];
	const struct transport *transport = engine->transport;
	const struct recall *recall = &engine->start->recall;
	struct blob *image = engine->image.blob;
	uint64_t id;
	int err;

	if (!transport->adopt)
		return 0;
	err = transport->adopt(engine->channel, engine->image.key, image->size, &id);
	if (!err)
		err = serve_object(engine, id, -1, image, false, contact->head, contact->head_len);
	/* The image's own versions have no name of a blob. With a hash tree there are no other blobs. */
	for (unsigned i = 0; !err && !engine->proof.tree && i < recall->count; i++)
		err = adopt_blob(engine, recall->list[i].key, &recall->list[i].version);
	return err;
}

int engine_take_requests(struct engine *engine)
{
	static const struct transport_sink sink = {.opened = on_opened,
						   .asked = on_asked,
						   .closed = on_closed,
						   .interrupted = on_interrupted,
						   .ended = on_ended,
						   .died = on_died};
	int err = engine->transport->open(&engine->channel, engine->loop, engine->start->options.device,
					  &sink, engine);

	engine->table.requests.channel = engine->channel;
	return err ? err : adopt(engine);
}

/*
 * The keeper says who is being killed, or its end is closed. Then nobody would restart this engine, or report its state.
 * So it ends while it can still say why. That closes the device's last descriptor: every reader gets EIO at
 * once.
 */
static void on_keeper(void *arg, uint32_t events)
{
	struct engine *engine = arg;

	(void)events;
	if (interrupts_take(&engine->interrupts))
		return;
	log_last("keeper: it is gone: all reads of what is not cached fail from now on: reboot this host");
	loop_stop(engine->loop, EXIT_PERMANENT);
}

/* Creates all that it needs, except what is known of the image. Errors: -errno. */
static int make(struct engine *engine)
{
	const struct engine_start *start = engine->start;
	struct counters *counters = engine->shared.counters;
	int err = loop_open(&engine->loop);

	if (!err)
		err = fetch_open(&engine->fetch, engine->loop, counters, engine->credentials);
	if (!err)
		err = proof_init(&engine->proof, &engine->config, engine->fetch, engine->loop, counters,
				 engine->signers, engine->shared.stats);
	if (!err && start->options.notices >= 0)
		err = loop_watch(engine->loop, start->options.notices, EPOLLIN, on_keeper, engine);
	if (err)
		return err;
	engine->vouch = (struct vouch){.proof = &engine->proof,
				       .store = &engine->disk_store,
				       .config = &engine->config,
				       .signers = engine->signers,
				       .is_alone = start->options.alone[0] != '\0',
				       .done = engine_vouched,
				       .arg = engine};
	engine->replay = (struct replay){.loop = engine->loop, .done = engine_use_profile, .arg = engine};
	image_init(&engine->image, &engine->proof, engine->shared.hash_cache);
	heartbeat_init(&engine->heartbeat, engine->loop, &counters->fetched_bytes, find_wait, engine);
	objects_init(&engine->objects);
	interrupts_init(&engine->interrupts, engine->loop, &engine->objects.list, start->options.notices);
	object_table_init(&engine->table, engine->loop, counters, engine->config.timeout_s);
	if (!engine->transport->has_files)
		err = object_table_use_memory(&engine->table, (uint64_t)start->options.room_mib << 20);
	if (!err && engine->shared.kept)
		err = object_table_keep(&engine->table, engine->shared.kept, engine->shared.kept_size);
	engine->table.requests.transport = engine->transport;
	engine->table.news = news_say;
	engine->table.is_exact = engine->config.records_exactly;
	engine->blobdevs = (struct blobdevs){.fetch = engine->fetch,
					     .loop = engine->loop,
					     .recall = &start->recall,
					     .notices = start->options.notices,
					     .contact_s = engine->config.contact_s,
					     .serve = serve_blobdev,
					     .refuse = refuse_open,
					     .arg = engine};
	blobdevs_init(&engine->blobdevs);
	return err;
}

int engine_run(const struct engine_start *start)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	int err, status;

	if (!engine)
		return EXIT_TEMPORARY;
	engine->start = start;
	engine->config = start->config;
	engine->transport = start->transport;
	retry_seed();
	shared_map(&engine->shared, &start->options);
	status = sandbox_enter(start, &engine->credentials, &engine->signers);
	if (status != EXIT_DONE)
		return status;
	err = make(engine);
	if (!err)
		err = engine_boot(engine);
	if (err) {
		log_error("engine: cannot start: %s", strerror(-err));
		return EXIT_TEMPORARY;
	}
	complete_begin(&engine->complete, &engine->table, &engine->objects.list, engine->config.complete_rate,
		       engine->disk_store.disk        ? UINT64_MAX
		       : engine->transport->has_files ? (uint64_t)start->options.room_mib << 20
						      : kept_size(engine->table.kept));
	status = loop_run(engine->loop);
	object_table_fini(&engine->table);
	return status < 0 ? EXIT_TEMPORARY : status;
}
