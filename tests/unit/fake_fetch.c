/* SPDX-License-Identifier: MIT */
#include "fake_fetch.h"

#include "unit.h"

#include <errno.h>

struct fetch {
	struct fetch_transfer *transfers; /* oldest first */
	uint64_t begun, sent;
	struct fetch_transfer *called; /* its event runs now */
	unsigned refuse, distrusts;
	const char *first_frame; /* of the stack, when one was refused */
	size_t depth;
	const char *slow_url; /* transfers from there would wait for slow_ms */
	uint64_t slow_ms;
};

struct fetch *fake_fetch_open(void)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));

	ATF_REQUIRE(fetch != NULL);
	return fetch;
}

void fetch_close(struct fetch *fetch)
{
	ATF_CHECK_MSG(!fetch->transfers, "a transfer is on the wire when fetch ends: nobody cancelled it");
	free(fetch);
}

void fake_fetch_refuse(struct fetch *fetch, unsigned count)
{
	fetch->refuse = count;
}

int fetch_begin(struct fetch *fetch, const char *url, uint64_t off, uint64_t len, const char *if_range,
		bool is_fresh, const struct fetch_events *events, void *arg,
		struct fetch_transfer **transfer_out)
{
	struct fetch_transfer *transfer, **at = &fetch->transfers;

	ATF_REQUIRE_MSG(len > 0, "a transfer of nothing");
	ATF_REQUIRE_MSG(off + len > off, "a range that overflows");
	if (fetch->refuse) {
		const char *frame = __builtin_frame_address(0);

		fetch->refuse--;
		if (!fetch->first_frame)
			fetch->first_frame = frame;
		if (fetch->first_frame > frame && (size_t)(fetch->first_frame - frame) > fetch->depth)
			fetch->depth = (size_t)(fetch->first_frame - frame);
		return -ENOMEM;
	}
	transfer = calloc(1, sizeof(*transfer));
	ATF_REQUIRE(transfer != NULL);
	*transfer =
		(struct fetch_transfer){.fetch = fetch, .off = off, .len = len, .events = events, .arg = arg};
	ATF_REQUIRE(strlen(url) < sizeof(transfer->url));
	transfer->is_fresh = is_fresh;
	strcpy(transfer->url, url);
	strcpy(transfer->effective_url, url);
	if (if_range)
		snprintf(transfer->if_range, sizeof(transfer->if_range), "%s", if_range);
	while (*at)
		at = &(*at)->next;
	*at = transfer;
	fetch->begun++;
	*transfer_out = transfer;
	return 0;
}

static void forget(struct fetch_transfer *transfer)
{
	struct fetch_transfer **at = &transfer->fetch->transfers;

	while (*at != transfer) {
		ATF_REQUIRE_MSG(*at != NULL, "a transfer ended twice");
		at = &(*at)->next;
	}
	*at = transfer->next;
	free(transfer->kept);
	free(transfer);
}

void fetch_cancel(struct fetch_transfer *transfer)
{
	ATF_REQUIRE_MSG(transfer->fetch->called != transfer, "a transfer is cancelled from its own event");
	forget(transfer);
}

void fetch_distrust(struct fetch *fetch)
{
	fetch->distrusts++;
}

bool fetch_is_waiting(const struct fetch_transfer *transfer)
{
	return transfer->is_waiting;
}

uint64_t fetch_waited_ms(const struct fetch_transfer *transfer)
{
	return transfer->waited_ms;
}

size_t fake_fetch_depth(const struct fetch *fetch)
{
	return fetch->depth;
}

void fake_fetch_delay(struct fetch *fetch, const char *url, uint64_t ms)
{
	fetch->slow_url = url;
	fetch->slow_ms = ms;
}

uint64_t fetch_wait_ms(const struct fetch *fetch, const char *url)
{
	return fetch->slow_url && strncmp(url, fetch->slow_url, strlen(fetch->slow_url)) == 0 ? fetch->slow_ms
											      : 0;
}

unsigned fake_fetch_distrusts(const struct fetch *fetch)
{
	return fetch->distrusts;
}

const char *fetch_effective_url(const struct fetch_transfer *transfer)
{
	return transfer->effective_url;
}

uint64_t fake_fetch_begun(const struct fetch *fetch)
{
	return fetch->begun;
}

uint64_t fake_fetch_sent(const struct fetch *fetch)
{
	return fetch->sent;
}

unsigned fake_fetch_flying(const struct fetch *fetch)
{
	unsigned count = 0;

	for (struct fetch_transfer *transfer = fetch->transfers; transfer; transfer = transfer->next)
		count++;
	return count;
}

struct fetch_transfer *fake_fetch_at(struct fetch *fetch, unsigned n)
{
	struct fetch_transfer *transfer = fetch->transfers;

	while (transfer && n-- > 0)
		transfer = transfer->next;
	ATF_REQUIRE_MSG(transfer != NULL, "fewer transfers on the wire than the test expects");
	return transfer;
}

uint8_t fake_byte(uint64_t off)
{
	return (uint8_t)(off * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

static bool done(struct fetch_transfer *transfer, enum fetch_result result, const char *why)
{
	transfer->fetch->called = transfer;
	transfer->events->done(transfer->arg, result, why);
	transfer->fetch->called = NULL;
	forget(transfer);
	return false;
}

bool fake_fetch_head(struct fetch_transfer *transfer, const char *lines)
{
	struct reply reply = {0};
	bool is_wanted;

	while (*lines) {
		size_t len = strcspn(lines, "\n");

		reply_take_line(&reply, lines, len);
		lines += len + (lines[len] == '\n');
	}
	transfer->is_head_told = true;
	transfer->fetch->called = transfer;
	is_wanted = transfer->events->head(transfer->arg, &reply);
	transfer->fetch->called = NULL;
	return is_wanted || done(transfer, FETCH_REFUSED, NULL);
}

uint64_t fake_fetch_end_of(const struct fetch_transfer *transfer, uint64_t size)
{
	return transfer->off < size && transfer->len < size - transfer->off ? transfer->off + transfer->len
									    : size;
}

bool fake_fetch_head_206(struct fetch_transfer *transfer, uint64_t size, const char *etag)
{
	uint64_t end = fake_fetch_end_of(transfer, size);
	char lines[512];

	if (transfer->len == FETCH_WHOLE) {
		snprintf(lines, sizeof(lines), "HTTP/1.1 200 OK\nContent-Length: %" PRIu64 "\n", size);
		return fake_fetch_head(transfer, lines);
	}
	if (transfer->off >= size)
		return fake_fetch_head(transfer, "HTTP/1.1 416 Range Not Satisfiable\n");
	snprintf(lines, sizeof(lines),
		 "HTTP/1.1 206 Partial Content\nContent-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64
		 "\nContent-Length: %" PRIu64 "\n%s%s\n",
		 transfer->off, end - 1, size, end - transfer->off, etag ? "ETag: " : "", etag ? etag : "");
	return fake_fetch_head(transfer, lines);
}

bool fake_fetch_bytes(struct fetch_transfer *transfer, const void *bytes, size_t len)
{
	size_t took;

	ATF_REQUIRE_MSG(!transfer->kept, "bytes for a transfer that pauses");
	transfer->sent += len;
	transfer->fetch->sent += len;
	transfer->fetch->called = transfer;
	took = transfer->events->data(transfer->arg, bytes, len);
	transfer->fetch->called = NULL;
	if (took == FETCH_REFUSE)
		return done(transfer, FETCH_REFUSED, NULL);
	ATF_REQUIRE(took <= len);
	if (took == len)
		return true;
	transfer->kept = malloc(len - took);
	ATF_REQUIRE(transfer->kept != NULL);
	transfer->kept_len = len - took;
	memcpy(transfer->kept, (const uint8_t *)bytes + took, len - took);
	return false;
}

void fetch_resume(struct fetch_transfer *transfer)
{
	uint8_t *bytes = transfer->kept;

	ATF_REQUIRE_MSG(bytes != NULL, "a transfer goes on that does not pause");
	transfer->kept = NULL;
	transfer->sent -= transfer->kept_len;
	transfer->fetch->sent -= transfer->kept_len;
	fake_fetch_bytes(transfer, bytes, transfer->kept_len);
	free(bytes);
}

bool fake_fetch_body(struct fetch_transfer *transfer, uint64_t len)
{
	uint8_t bytes[65536];

	while (len > 0) {
		size_t piece = len < sizeof(bytes) ? (size_t)len : sizeof(bytes);

		for (size_t i = 0; i < piece; i++)
			bytes[i] = fake_byte(transfer->off + transfer->sent + i);
		if (!fake_fetch_bytes(transfer, bytes, piece))
			return false;
		len -= piece;
	}
	return true;
}

bool fake_fetch_end(struct fetch_transfer *transfer, const char *why)
{
	return done(transfer, why ? FETCH_TROUBLE : FETCH_DONE, why);
}

void fake_fetch_serve(struct fetch_transfer *transfer, uint64_t size, const char *etag)
{
	uint64_t end = fake_fetch_end_of(transfer, size);

	if (!transfer->is_head_told && !fake_fetch_head_206(transfer, size, etag))
		return;
	if (fake_fetch_body(transfer, end - transfer->off - transfer->sent))
		fake_fetch_end(transfer, NULL);
}

void fake_fetch_status(struct fetch_transfer *transfer, int status)
{
	char line[64];

	snprintf(line, sizeof(line), "HTTP/1.1 %d Whatever\n", status);
	if (fake_fetch_head(transfer, line))
		fake_fetch_end(transfer, NULL);
}

size_t fake_fetch_swallow(void *arg, const uint8_t *bytes, size_t len)
{
	(void)arg;
	(void)bytes;
	return len;
}
