/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include "unit.h"

static struct rig *current;

static void on_news(struct object *object, enum object_news news, uint64_t off, uint64_t len, const char *why)
{
	(void)object;
	ATF_REQUIRE_MSG(news == OBJECT_RECOVERED || (len > 0 && off + len > off), "news %d of no bytes",
			(int)news);
	current->news[news]++;
	snprintf(current->why, sizeof(current->why), "%s", why ? why : "");
}

void rig_open(struct rig *rig, uint32_t timeout_s)
{
	memset(rig, 0, sizeof(*rig));
	rig->loop = fake_loop_open();
	rig->fetch = fake_fetch_open();
	rig->transport = fake_transport_new();
	object_table_init(&rig->table, rig->loop, &rig->counters, timeout_s);
	rig->table.requests.transport = &fake_transport;
	rig->table.requests.channel = rig->transport;
	rig->table.news = on_news;
	current = rig;
}

void rig_use_memory(struct rig *rig, uint64_t size)
{
	rig->table.requests.transport = &fake_transport_in_memory;
	MUST_EQ(0, object_table_use_memory(&rig->table, size));
}

void rig_keep(struct rig *rig, uint64_t size)
{
	rig->kept_region = aligned_alloc(4096, size);
	ATF_REQUIRE(rig->kept_region != NULL);
	memset(rig->kept_region, 0, size);
	MUST_EQ(0, object_table_keep(&rig->table, rig->kept_region, size));
}

void rig_close(struct rig *rig)
{
	EQ(0u, fake_transport_unanswered(rig->transport));
	EQ(0u, rig->table.requests.count);
	EQ(0u, rig->table.requests.admitted);
	EQ(0u, rig->table.memory ? memory_used(rig->table.memory) : 0);
	EQ(0u, rig->table.flights.on_wire);
	ATF_CHECK(list_is_empty(&rig->table.flights.queue));
	object_table_fini(&rig->table);
	free(rig->kept_region);
	fetch_close(rig->fetch);
	loop_close(rig->loop);
	fake_transport_free(rig->transport);
}

struct object *rig_object_again(struct rig *rig, uint64_t id, uint64_t size)
{
	struct blob *blob = calloc(1, sizeof(*blob));
	struct object *object;

	ATF_REQUIRE(blob != NULL);
	MUST_EQ(0, blob_init(blob, rig->fetch, rig->loop, RIG_URL));
	blob_recall(blob, 0, &(struct version){.size = size, .etag = RIG_ETAG});
	MUST_EQ(0, object_open(&rig->table, id, rig->table.memory ? -1 : (int)id, blob, true, NULL, &object));
	return object;
}

struct object *rig_object(struct rig *rig, uint64_t size)
{
	return rig_object_again(rig, (uint64_t)fake_transport_file(rig->transport, size), size);
}

uint32_t rig_ask(struct rig *rig, struct object *object, uint64_t off, uint64_t len)
{
	uint32_t id = fake_transport_request(rig->transport, (int)object->id, off, len);

	object_ask(object, id, 0, off, len);
	return id;
}

void rig_serve(struct rig *rig, unsigned n, struct object *object)
{
	fake_fetch_serve(fake_fetch_at(rig->fetch, n), object->blob->size, RIG_ETAG);
}

void rig_serve_all(struct rig *rig, struct object *object)
{
	for (int rounds = 0; fake_fetch_flying(rig->fetch) > 0 || fake_loop_armed(rig->loop) > 0; rounds++) {
		ATF_REQUIRE_MSG(rounds < 100000, "it never comes to an end");
		if (fake_fetch_flying(rig->fetch) > 0)
			rig_serve(rig, 0, object);
		else
			fake_loop_advance(rig->loop, fake_loop_next_ms(rig->loop));
	}
}

void rig_serve_now(struct rig *rig, struct object *object)
{
	for (fake_loop_advance(rig->loop, 0); fake_fetch_flying(rig->fetch) > 0;
	     fake_loop_advance(rig->loop, 0))
		rig_serve(rig, 0, object);
}

static uint32_t random_state;

void rig_seed(uint32_t seed)
{
	random_state = seed * 2654435761u + 1;
}

/* xorshift32 */
uint32_t rig_draw(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % below;
}

enum rig_state rig_state(const struct rig *rig, uint32_t id)
{
	const struct fake_request *request = &rig->transport->requests[id];

	if (request->answers == 0)
		return RIG_WAITS;
	return request->was_whole ? RIG_SERVED : RIG_FAILED;
}
