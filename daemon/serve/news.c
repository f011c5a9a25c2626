/* SPDX-License-Identifier: MIT */
#include "serve/news.h"

#include "base/log.h"

#include <inttypes.h>

/* Returns false if that block was reported a short while ago. */
static bool begin_false(struct object *object, uint64_t off)
{
	uint64_t now_ms = loop_now_ms(object->table->requests.loop);

	if (known_false_has(&object->known_false, off, now_ms))
		return false;
	known_false_note(&object->known_false, off, now_ms);
	return true;
}

void news_say(struct object *object, enum object_news news, uint64_t off, uint64_t len, const char *why)
{
	const char *url = object->blob->url;

	switch (news) {
	case OBJECT_TROUBLE:
		log_note("%.400s: bytes %" PRIu64 "-%" PRIu64 ": %s: trying again", url, off, off + len - 1,
			 why);
		break;
	case OBJECT_RECOVERED:
		log_note("%.400s: the server answers again after %" PRIu64 " s", url,
			 (loop_now_ms(object->table->requests.loop) - object->trouble_ms) / 1000);
		break;
	case OBJECT_CHANGED:
		log_error("%.400s: %s: reads of what is not here yet fail", url, why);
		break;
	case OBJECT_TWO_VERSIONS:
		log_note(
			"%.400s: two versions of it are behind one name: some answers have another size, ETag or "
			"date than at the start of this boot, and are not used",
			url);
		break;
	case OBJECT_TIMED_OUT:
		log_error("%.400s: bytes %" PRIu64 "-%" PRIu64 ": not here after %" PRIu32
			  " s (rd.blob.timeout=): this read fails",
			  url, off, off + len - 1, object->table->requests.timeout_s);
		break;
	case OBJECT_FALSE:
		if (!begin_false(object, off))
			break;
		log_error("image %.400s: bytes %" PRIu64 "-%" PRIu64
			  ": not what the root hash vouches for, as sent by %.400s: this read fails",
			  url, off, off + len - 1, why);
		break;
	case OBJECT_UNPROVEN:
		if (!begin_false(object, off))
			break;
		log_error("image %.400s: bytes %" PRIu64 "-%" PRIu64
			  ": cannot be proven: %.800s: this read fails",
			  url, off, off + len - 1, why);
		break;
	case OBJECT_PREFETCHED:
		log_note("%.400s: what its profile had fetched ahead: %s", url, why);
		break;
	case OBJECT_STORE_FULL:
		log_error("cache store: full: bytes %" PRIu64 "-%" PRIu64
			  " of %.400s find no room (rd.blob.cache=ram:SIZE): reads of new data fail, what "
			  "is cached stays readable",
			  off, off + len - 1, url);
		break;
	case OBJECT_STORE_WRONG:
		log_error(
			"store: bytes %" PRIu64 "-%" PRIu64
			" of %.400s: not what the root hash vouches for: fetched again, as whatever else is wrong there",
			off, off + len - 1, url);
		break;
	case OBJECT_ALL_HERE:
		log_note("%.400s: all of it is here, %" PRIu64 " bytes: no server is needed any more", url,
			 len);
		break;
	case OBJECT_NO_ROOM:
		log_note("%.400s: it has %" PRIu64
			 " bytes, and the store room for %s: rd.blob.complete= fetches nothing of it",
			 url, len, why);
		break;
	case OBJECT_STORE_FAILED:
		log_error("cache store: cannot write bytes %" PRIu64 "-%" PRIu64
			  " of %.400s: %s: such reads fail",
			  off, off + len - 1, url, why);
		break;
	}
}
