/* SPDX-License-Identifier: MIT */
#include "engine/engine.h"

#include "fetch/blob_url.h"
#include "transport/transport.h"
#include "serve/complete.h"
#include "fetch/credentials.h"
#include "trust/erofs_super.h"
#include "base/exits.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mount_plan.h"
#include "serve/news.h"
#include "serve/object.h"
#include "trust/proof.h"
#include "fetch/retry.h"
#include "engine/sandbox.h"
#include "engine/shared.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* A wait is worth a line after this long, and then each time it has doubled, but at least every minute. */
enum { HEARTBEAT_FIRST_MS = 2000, HEARTBEAT_MOST_MS = 60000 };

/* Three hundred hosts at one power-on ask within this time, not at once; what they ask is answered in less. */
enum { SPREAD_MS = 100 };

struct engine {
	struct engine_start *start;
	struct loop *loop;
	struct fetch *fetch;
	struct credentials *credentials; /* NULL without a home */
	const struct transport *transport;
	struct channel *channel;
	struct object_table table;
	struct list objects;
	unsigned object_count;
	struct shared shared;
	struct counters *counters; /* shared's */

	struct signature_certs *signers;
	struct proof proof;
	struct blob *image; /* the proof's */
	char image_key[64]; /* fsid of the image; empty until it can be mounted */
	struct opening *openings;
	unsigned opening_count;
	unsigned remembered_count; /* by the keeper */

	struct complete complete;
	struct loop_timer heartbeat;
	uint64_t heartbeat_ms; /* age of the oldest wait at which the next line is due */
};

/* A blob beside the image that the kernel opens: its first contact. */
struct opening {
	struct engine *engine;
	uint64_t object_id, request_id;
	int file;
	struct blob *blob;
	struct contact contact;
	char key[256];
	struct opening *next;
};

/* The longest wait of anybody for the network: false if nobody waits. */
static bool oldest_wait(struct engine *engine, uint64_t *age_ms_out, const char **url_out, char *what,
			size_t size)
{
	uint64_t asked, off, len, oldest = UINT64_MAX;
	const struct object *object;
	const char *url;

	if (!engine->image_key[0] && (url = proof_waits_for(&engine->proof, &asked))) {
		oldest = asked;
		*url_out = url;
		snprintf(what, size, "the first answer");
	}
	for (struct opening *opening = engine->openings; opening; opening = opening->next) {
		if (opening->contact.begun_ms < oldest) {
			oldest = opening->contact.begun_ms;
			*url_out = opening->blob->url;
			snprintf(what, size, "the first answer");
		}
	}
	list_for_each (object, &engine->objects, link) {
		if (object_oldest(object, &asked, &off, &len) && asked < oldest) {
			oldest = asked;
			*url_out = object->blob->url;
			snprintf(what, size, "bytes %" PRIu64 "-%" PRIu64, off, off + len - 1);
		}
	}
	if (oldest == UINT64_MAX)
		return false;
	*age_ms_out = loop_now_ms(engine->loop) - oldest;
	return true;
}

/* Runs each second while somebody waits, and never while nobody does. */
static void heartbeat(void *arg)
{
	struct engine *engine = arg;
	uint64_t age_ms;
	const char *url = "";
	char what[64];

	if (!oldest_wait(engine, &age_ms, &url, what, sizeof(what))) {
		engine->heartbeat_ms = HEARTBEAT_FIRST_MS;
		return;
	}
	if (age_ms < HEARTBEAT_FIRST_MS)
		engine->heartbeat_ms = HEARTBEAT_FIRST_MS;
	if (age_ms >= engine->heartbeat_ms) {
		log_note("%.400s: waiting for %s: %" PRIu64 " s so far, %" PRIu64
			 " bytes fetched since the start%s",
			 url, what, age_ms / 1000, engine->counters->fetched_bytes,
			 engine->image_key[0] && !engine->table.requests.timeout_s
				 ? ", with no end set (rd.blob.timeout=)"
				 : "");
		engine->heartbeat_ms = age_ms + (age_ms < HEARTBEAT_MOST_MS ? age_ms : HEARTBEAT_MOST_MS);
	}
	loop_arm(engine->loop, &engine->heartbeat, 1000);
}

static void heartbeat_arm(struct engine *engine)
{
	if (!engine->heartbeat.is_armed)
		loop_arm(engine->loop, &engine->heartbeat, 1000);
}

static struct object *object_find(struct engine *engine, uint64_t id)
{
	struct object *object;

	list_for_each (object, &engine->objects, link)
		if (object->id == id)
			return object;
	return NULL;
}

static void object_drop(struct engine *engine, uint64_t id)
{
	struct object *object = object_find(engine, id);

	if (!object)
		return;
	list_remove(&object->link);
	engine->object_count--;
	object_close(object);
}

static void opening_free(struct opening *opening)
{
	struct opening **at = &opening->engine->openings;

	while (*at && *at != opening)
		at = &(*at)->next;
	if (*at) {
		*at = opening->next;
		opening->engine->opening_count--;
	}
	contact_end(&opening->contact);
	if (opening->blob) {
		blob_fini(opening->blob);
		free(opening->blob);
	}
	free(opening);
}

static void refuse_open(struct engine *engine, uint64_t request_id, int file, int why)
{
	engine->transport->answer_open(engine->channel, request_id, why);
	if (file >= 0)
		close(file);
}

/* The blob's version is known: tell its size to the kernel and serve it from now on. Takes over blob if owns_blob. */
static int serve(struct engine *engine, uint64_t object_id, uint64_t request_id, int file, struct blob *blob,
		 bool owns_blob, const uint8_t *head, size_t head_len)
{
	struct object *object;
	int err = engine->object_count < ENGINE_OBJECTS_MAX ? 0 : -ENFILE;

	if (!err)
		err = object_open(&engine->table, object_id, file, blob, owns_blob,
				  blob == engine->image ? engine->proof.tree : NULL, &object);
	if (err) {
		log_error("%.400s: cannot serve it: %s", blob->url, strerror(-err));
		refuse_open(engine, request_id, file, err);
		return err;
	}
	list_prepend(&engine->objects, &object->link);
	engine->object_count++;
	object_give_head(object, head, head_len);
	/* Refused: whoever opened it was killed, and the kernel has dropped it. It will say no more of it. */
	if (engine->transport->answer_open(engine->channel, request_id, (int64_t)blob->size))
		object_drop(engine, object_id);
	return 0;
}

static void remember(struct engine *engine, const char *key, const struct version *version)
{
	char text[NOTICE_TEXT_MAX], version_text[VERSION_TEXT_MAX];

	engine->remembered_count++;
	version_format(version, version_text);
	snprintf(text, sizeof(text), "%s\t%s", key, version_text);
	notice_send(engine->start->options.notices, NOTICE_REMEMBER, text);
}

static void on_opening_trouble(struct contact *contact, const char *why)
{
	log_note("%.400s: %s: trying again", contact->blob->url, why);
}

static void on_opening_done(struct contact *contact, enum blob_result result, const char *why)
{
	struct opening *opening = (struct opening *)((char *)contact - offsetof(struct opening, contact));
	struct engine *engine = opening->engine;

	if (result == BLOB_DONE) {
		remember(engine, opening->key, &opening->blob->mirrors[0].version);
		if (serve(engine, opening->object_id, opening->request_id, opening->file, opening->blob, true,
			  contact->head, contact->head_len) == 0)
			opening->blob = NULL;
	} else {
		log_error("%.400s: %s: it cannot be opened", opening->blob->url, why);
		refuse_open(engine, opening->request_id, opening->file,
			    result == BLOB_WRONG ? -ENOENT : -EIO);
	}
	opening_free(opening);
}

/* Errors: -EINVAL for a key that names no blob beside the image, -ENFILE for one too many, -ENOMEM. */
static int opening_new(struct engine *engine, const char *key, bool is_known, struct opening **opening_out)
{
	struct opening *opening;
	char url[BLOB_URL_MAX];
	int err;

	/* A root hash vouches for one blob. */
	if (engine->proof.tree)
		return -EPERM;
	/* What the keeper remembers is KEY TAB VERSION, and these keys are the image's. */
	if (strchr(key, '\t') || strncmp(key, RECALL_IMAGE, strlen(RECALL_IMAGE)) == 0 ||
	    strcmp(key, RECALL_VERITY) == 0)
		return -EINVAL;
	/* A blob that the keeper cannot remember could come back as another version after an engine's death. */
	if (!is_known && engine->remembered_count + engine->opening_count >= NOTICE_REMEMBER_MAX)
		return -ENFILE;
	err = blob_url_sibling(engine->image->url, key, url, sizeof(url));
	if (err)
		return err;
	opening = calloc(1, sizeof(*opening));
	if (opening)
		opening->blob = calloc(1, sizeof(*opening->blob));
	if (!opening || !opening->blob || blob_init(opening->blob, engine->fetch, engine->loop, url)) {
		free(opening ? opening->blob : NULL);
		free(opening);
		return -ENOMEM;
	}
	opening->engine = engine;
	snprintf(opening->key, sizeof(opening->key), "%s", key);
	opening->next = engine->openings;
	engine->openings = opening;
	engine->opening_count++;
	opening->blob->is_raced = true;
	*opening_out = opening;
	return 0;
}

static void open_sibling(struct engine *engine, uint64_t object_id, uint64_t request_id, int file,
			 const char *key)
{
	const struct version *version = recall_find(&engine->start->recall, key);
	struct opening *opening;
	int err = opening_new(engine, key, version != NULL, &opening);

	if (err) {
		log_error("device %s: cannot be opened: %s", key,
			  err == -EINVAL  ? "no name of a blob beside the image"
			  : err == -EPERM ? "the root hash does not vouch for it"
					  : strerror(-err));
		refuse_open(engine, request_id, file, err);
		return;
	}
	opening->object_id = object_id;
	opening->request_id = request_id;
	opening->file = file;
	if (version) {
		blob_recall(opening->blob, 0, version);
		if (serve(engine, object_id, request_id, file, opening->blob, true, NULL, 0) == 0)
			opening->blob = NULL;
		opening_free(opening);
		return;
	}
	opening->contact.done = on_opening_done;
	opening->contact.trouble = on_opening_trouble;
	if (contact_begin(&opening->contact, opening->blob, engine->loop, 0,
			  engine->table.requests.timeout_s)) {
		refuse_open(engine, request_id, file, -ENOMEM);
		opening_free(opening);
		return;
	}
	heartbeat_arm(engine);
}

/* The kernel has no more use for that number: ends what goes by it, open or about to be. */
static void forget(struct engine *engine, uint64_t object_id)
{
	struct opening *opening = engine->openings, *next;

	object_drop(engine, object_id);
	for (; opening; opening = next) {
		next = opening->next;
		if (opening->object_id == object_id) {
			refuse_open(engine, opening->request_id, opening->file, -EIO);
			opening_free(opening);
		}
	}
}

static void on_opened(void *ctx, uint64_t object_id, uint64_t request_id, int file, const char *key)
{
	struct engine *engine = ctx;

	forget(engine, object_id);
	if (strcmp(key, engine->image_key) == 0)
		serve(engine, object_id, request_id, file, engine->image, false,
		      engine->proof.contacts[PROOF_IMAGE].head, engine->proof.contacts[PROOF_IMAGE].head_len);
	else
		open_sibling(engine, object_id, request_id, file, key);
}

static void on_asked(void *ctx, uint64_t object_id, uint64_t request_id, uint64_t off, uint64_t len)
{
	struct engine *engine = ctx;
	struct object *object = object_find(engine, object_id);

	/* The kernel asks only what is open; without a file there is nothing to answer on. */
	if (!object) {
		log_error("%s: a read of an object that is not open: %" PRIu64, engine->transport->name,
			  object_id);
		return;
	}
	object_ask(object, request_id, off, len);
	heartbeat_arm(engine);
}

static void on_closed(void *ctx, uint64_t object_id)
{
	forget(ctx, object_id);
}

static void on_died(void *ctx, int why)
{
	struct engine *engine = ctx;

	log_error("%s: the kernel's device fails: %s", engine->transport->name, strerror(-why));
	loop_stop(engine->loop, EXIT_TEMPORARY);
}

static void fail(struct engine *engine, int status, const char *what, const char *why)
{
	char text[NOTICE_TEXT_MAX];

	/* A URL may be longer than a notice: the reason must not fall off its end. */
	snprintf(text, sizeof(text), "%.400s: %s", what, why);
	notice_send(engine->start->options.notices, NOTICE_FAILED, text);
	loop_stop(engine->loop, status);
}

/* The mirror that told the version of a blob that nothing vouches for. */
static unsigned first_known(const struct blob *blob)
{
	unsigned i = 0;

	while (i + 1 < blob->mirror_count && !blob->mirrors[i].is_known)
		i++;
	return i;
}

/* The key under which that mirror's version is remembered. */
static void mirror_key(unsigned mirror, char key_out[32])
{
	snprintf(key_out, 32, mirror ? RECALL_IMAGE "%u" : RECALL_IMAGE, mirror);
}

/*
 * A name for the image's cache file that no other image and no other version of it shares: of the root hash, or FNV-1a
 * of URL and version. It has to be distinct, not secret.
 */
static void name_image(struct engine *engine)
{
	char text[BLOB_URL_MAX + VERSION_TEXT_MAX + 1], version_text[VERSION_TEXT_MAX];
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	if (engine->proof.tree) {
		snprintf(engine->image_key, sizeof(engine->image_key), "blobroot-%.32s",
			 engine->proof.roothash);
		return;
	}
	version_format(&engine->image->mirrors[first_known(engine->image)].version, version_text);
	snprintf(text, sizeof(text), "%s\t%s", engine->image->url, version_text);
	for (const char *at = text; *at; at++)
		hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
	snprintf(engine->image_key, sizeof(engine->image_key), "blobroot-%016" PRIx64, hash);
}

static int take_requests(struct engine *engine)
{
	static const struct transport_sink sink = {
		.opened = on_opened, .asked = on_asked, .closed = on_closed, .died = on_died};
	int err = engine->transport->open(&engine->channel, engine->loop, engine->start->options.device,
					  &sink, engine);

	engine->table.requests.channel = engine->channel;
	return err;
}

static void on_proof_trouble(struct proof *proof, const char *url, const char *why)
{
	uint32_t timeout_s = proof->config->timeout_s;

	log_note("%.400s: %s: trying again for %" PRIu32 " s", url, why,
		 timeout_s ? timeout_s : (uint32_t)CONTACT_PATIENCE_S);
}

/* What the next engine has to know to go on with the same image. */
static void remember_image(struct engine *engine)
{
	char text[NOTICE_TEXT_MAX], verity_text[VERITY_TEXT_MAX], key[32];

	if (!engine->proof.tree) {
		mirror_key(first_known(engine->image), key);
		remember(engine, key, &engine->image->mirrors[first_known(engine->image)].version);
		return;
	}
	tree_use_shelf(engine->proof.tree, engine->shared.shelf);
	verity_format(&engine->proof.tree->verity, verity_text);
	snprintf(text, sizeof(text), RECALL_VERITY "\t%s", verity_text);
	notice_send(engine->start->options.notices, NOTICE_REMEMBER, text);
}

static const char *on_proof_size(struct proof *proof, uint64_t size, char *buf, size_t buf_size)
{
	const struct contact *contact = &proof->contacts[PROOF_IMAGE];
	struct erofs_super super;
	enum erofs_super_result verdict = erofs_super_decode(contact->head, contact->head_len, size, &super);

	return verdict == EROFS_SUPER_TRUNCATED ? erofs_super_explain(verdict, &super, size, buf, buf_size)
						: NULL;
}

static void on_proof_done(struct proof *proof, int status, const char *what, const char *why)
{
	struct engine *engine = (struct engine *)((char *)proof - offsetof(struct engine, proof));
	const struct contact *contact = &proof->contacts[PROOF_IMAGE];
	struct mount_plan plan;
	struct erofs_super super;
	enum erofs_super_result verdict;
	char text[NOTICE_TEXT_MAX], buf[256];
	int err;

	if (status != EXIT_DONE) {
		fail(engine, status, what, why);
		return;
	}
	verdict = erofs_super_decode(contact->head, contact->head_len, engine->image->size, &super);
	if (verdict != EROFS_SUPER_OK) {
		fail(engine, EXIT_PERMANENT, engine->image->url,
		     erofs_super_explain(verdict, &super, engine->image->size, buf, sizeof(buf)));
		return;
	}
	if (proof->tree && super.extra_devices > 0) {
		fail(engine, EXIT_PERMANENT, engine->image->url,
		     "it goes on in blobs of their own, and a root hash vouches for one: make one image of "
		     "it");
		return;
	}
	name_image(engine);
	err = take_requests(engine);
	if (err) {
		fail(engine, EXIT_TEMPORARY, "engine", strerror(-err));
		return;
	}
	if (!engine->start->config.roothash[0] && proof->tree)
		log_note("image: root hash %s, signed for this host", proof->roothash);
	remember_image(engine);
	engine->transport->plan(engine->image_key, &plan);
	plan.is_compressed = super.is_compressed;
	mount_plan_format(&plan, text, sizeof(text));
	notice_send(engine->start->options.notices, NOTICE_READY, text);
}

/* The first engine of a boot learns what the image is; later ones have it from the keeper and serve at once. */
static int begin(struct engine *engine)
{
	const struct version *version = NULL;
	char key[32];
	int err = 0;

	if (engine->start->recall.has_verity) {
		err = proof_recall(&engine->proof, &engine->start->recall.verity);
		if (!err)
			tree_use_shelf(engine->proof.tree, engine->shared.shelf);
	}
	for (unsigned i = 0; !version && i < engine->image->mirror_count; i++) {
		mirror_key(i, key);
		version = recall_find(&engine->start->recall, key);
		if (version)
			blob_recall(engine->image, i, version);
	}
	if (!err && (engine->start->recall.has_verity || version)) {
		name_image(engine);
		return take_requests(engine);
	}
	engine->proof.done = on_proof_done;
	engine->proof.object = on_proof_size;
	engine->proof.trouble = on_proof_trouble;
	engine->proof.delay_ms = (uint32_t)rand() % SPREAD_MS;
	heartbeat_arm(engine);
	return err ? err : proof_begin(&engine->proof);
}

/*
 * The keeper never says anything: its end is closed. Nobody would follow this engine, nor tell how things stand. So it
 * ends as long as somebody can say why, and with it the last descriptor of the device: every reader gets EIO at once.
 */
static void on_keeper_gone(void *arg, uint32_t events)
{
	struct engine *engine = arg;

	(void)events;
	log_error("keeper: it is gone: all reads of what is not cached fail from now on: reboot this host");
	loop_stop(engine->loop, EXIT_PERMANENT);
}

int engine_run(struct engine_start *start)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	int err, status;

	if (!engine)
		return EXIT_TEMPORARY;
	engine->start = start;
	engine->transport = start->transport;
	list_init(&engine->objects);
	engine->remembered_count = start->recall.count;
	engine->heartbeat = (struct loop_timer){.fn = heartbeat, .arg = engine};
	engine->heartbeat_ms = HEARTBEAT_FIRST_MS;
	retry_seed();
	shared_map(&engine->shared, start->options.counters, start->options.shelf);
	engine->counters = engine->shared.counters;
	status = sandbox_enter(start, &engine->credentials, &engine->signers);
	if (status != EXIT_DONE)
		return status;
	err = loop_open(&engine->loop);
	if (!err)
		err = fetch_open(&engine->fetch, engine->loop, engine->counters, engine->credentials);
	if (!err)
		err = proof_init(&engine->proof, &start->config, engine->fetch, engine->loop,
				 engine->counters, engine->signers, engine->shared.repute);
	if (!err && start->options.notices >= 0)
		err = loop_watch(engine->loop, start->options.notices, EPOLLIN, on_keeper_gone, engine);
	engine->image = &engine->proof.blobs[PROOF_IMAGE];
	object_table_init(&engine->table, engine->loop, engine->counters, start->config.timeout_s);
	engine->table.requests.transport = engine->transport;
	engine->table.news = news_say;
	if (!err)
		err = begin(engine);
	if (err) {
		log_error("engine: cannot start: %s", strerror(-err));
		return EXIT_TEMPORARY;
	}
	complete_begin(&engine->complete, &engine->table, &engine->objects, start->config.complete_rate,
		       (uint64_t)start->options.room_mib << 20);
	status = loop_run(engine->loop);
	object_table_fini(&engine->table);
	return status < 0 ? EXIT_TEMPORARY : status;
}
