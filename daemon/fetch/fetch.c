/* SPDX-License-Identifier: MIT */
#include "fetch/fetch.h"

#include "base/counters.h"
#include "base/list.h"
#include "base/loop.h"
#include "fetch/fetch_auth.h"
#include "fetch/fetch_explain.h"
#include "fetch/multi.h"
#include "fetch/origin.h"
#include "fetch/server.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

/* HEAD_MAX: bytes of headers, those of redirects included. */
enum { SMALL_BUFFER = 16384, LARGE_BUFFER = 262144, HEAD_MAX = 131072 };

struct fetch_transfer {
	struct fetch *fetch;
	CURL *easy; /* libcurl has it, unless the transfer waits for its turn */
	struct curl_slist *headers;
	const struct fetch_events *events;
	void *arg;
	struct reply reply;
	size_t head_bytes;
	curl_off_t dropped; /* bytes of a redirect's body */
	size_t taken;       /* bytes taken of the piece that libcurl repeats after a pause */
	bool is_head_told, is_refused, is_head_endless, is_redirect_endless, is_https, is_fresh, is_over;
	unsigned family;         /* of the addresses that names are resolved to: the index in families */
	unsigned families_tried; /* before that one */
	uint64_t begun_ms;
	struct server_turn turn;
	struct fetch_auth auth;
	char error[CURL_ERROR_SIZE];
	struct list link;
};

struct fetch {
	struct loop *loop;
	struct multi multi;
	struct servers servers;
	struct list transfers;
	struct counters *counters;
	const struct credentials *credentials;
	uint64_t distrust_ms; /* connections made before this are not reused; 0: no limit */
	uint64_t doubt_ms;    /* when a connection last failed; 0: never */
	unsigned family;      /* kind of address with which a transfer begins */
};

/*
 * musl's resolver asks for both kinds of addresses at once, and takes none if a name server refuses one of the questions, as
 * dnsmasq does with IPv6 where it knows an IPv4 address and asks nobody further: it waits for 5 s. So a name that does not
 * resolve is looked up for one kind at a time, within the same transfer; the next transfers begin with the kind that did.
 */
static const long families[] = {CURL_IPRESOLVE_WHATEVER, CURL_IPRESOLVE_V4, CURL_IPRESOLVE_V6};
enum { FAMILIES = sizeof(families) / sizeof(*families) };

static void reap(void *arg);
static void on_turn(struct server_turn *turn);

int fetch_open(struct fetch **fetch_out, struct loop *loop, struct counters *counters,
	       const struct credentials *credentials)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));

	if (!fetch)
		return -ENOMEM;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) || multi_open(&fetch->multi, loop, reap, fetch)) {
		free(fetch);
		return -ENOMEM;
	}
	fetch->loop = loop;
	fetch->counters = counters;
	fetch->credentials = credentials;
	list_init(&fetch->transfers);
	servers_init(&fetch->servers, loop, on_turn);
	*fetch_out = fetch;
	return 0;
}

static void discard(struct fetch_transfer *transfer)
{
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	free(transfer);
}

static void transfer_free(struct fetch_transfer *transfer)
{
	struct fetch *fetch = transfer->fetch;

	/* When a paused transfer is removed, libcurl delivers what it still holds of it. The owner may be gone. */
	transfer->is_over = true;
	list_remove(&transfer->link);
	if (!transfer->turn.is_waiting)
		curl_multi_remove_handle(fetch->multi.curl, transfer->easy);
	server_leave(&transfer->turn);
	discard(transfer);
}

void fetch_close(struct fetch *fetch)
{
	struct fetch_transfer *transfer;

	if (!fetch)
		return;
	while ((transfer = list_first(&fetch->transfers, struct fetch_transfer, link)))
		transfer_free(transfer);
	servers_fini(&fetch->servers);
	multi_close(&fetch->multi);
	curl_global_cleanup();
	free(fetch);
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
	struct fetch_transfer *transfer = arg;

	transfer->head_bytes += size * count;
	transfer->is_head_endless = transfer->head_bytes > HEAD_MAX;
	if (transfer->is_head_endless)
		return 0;
	reply_take_line(&transfer->reply, line, size * count);
	return size * count;
}

/* The body starts, or there is none: the headers are those of the last answer, after redirects and 1xx. */
static bool tell_head(struct fetch_transfer *transfer)
{
	if (transfer->is_head_told)
		return true;
	transfer->is_head_told = true;
	transfer->reply.is_https = origin_is_https(fetch_effective_url(transfer));
	if (transfer->reply.status == 429 || transfer->reply.status == 503)
		server_take_refusal(&transfer->turn, reply_retry_s(&transfer->reply),
				    transfer->reply.status == 429);
	else
		server_take_answer(&transfer->turn);
	transfer->is_refused = !transfer->events->head(transfer->arg, &transfer->reply);
	return !transfer->is_refused;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct fetch_transfer *transfer = arg;
	size_t len = size * count, took;

	if (transfer->is_over || !tell_head(transfer))
		return CURL_WRITEFUNC_ERROR;
	/* libcurl only knows whole pieces: it delivers one that was partly taken again from its beginning. */
	if (transfer->taken > 0) {
		size_t again = transfer->taken < len ? transfer->taken : len;

		transfer->taken -= again;
		bytes += again;
		len -= again;
	}
	took = len > 0 ? transfer->events->data(transfer->arg, (const uint8_t *)bytes, len) : 0;
	if (took == FETCH_REFUSE) {
		transfer->is_refused = true;
		return CURL_WRITEFUNC_ERROR;
	}
	transfer->fetch->counters->fetched_bytes += took;
	if (took < len) {
		transfer->taken = size * count - len + took;
		server_hold(&transfer->turn);
		return CURL_WRITEFUNC_PAUSE;
	}
	return size * count;
}

/*
 * libcurl reads the body of a redirect, and drops it. It is counted, and a long one ends the transfer. Our own bytes are
 * counted in on_body: from there on the head is told.
 */
static int on_progress(void *arg, curl_off_t total, curl_off_t got, curl_off_t ignored_total,
		       curl_off_t ignored)
{
	struct fetch_transfer *transfer = arg;

	(void)total;
	(void)ignored_total;
	(void)ignored;
	if (transfer->is_head_told)
		return 0;
	/* Of the next redirect: libcurl counts from 0 again. */
	if (got < transfer->dropped)
		transfer->dropped = 0;
	transfer->fetch->counters->fetched_bytes += (uint64_t)(got - transfer->dropped);
	transfer->dropped = got;
	transfer->is_redirect_endless = got > FETCH_REDIRECT_BODY;
	return transfer->is_redirect_endless;
}

void fetch_distrust(struct fetch *fetch)
{
	fetch->distrust_ms = fetch->doubt_ms = loop_now_ms(fetch->loop);
}

/* The name does not resolve, or the URL has an address of the other kind. */
static bool is_unresolved(const struct fetch_transfer *transfer, CURLcode code)
{
	long os_errno = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &os_errno);
	return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
	       (code == CURLE_COULDNT_CONNECT && transfer->family > 0 && !os_errno);
}

/* No answer casts doubt on the server's address; silence on a reused connection, on all kept ones too. */
static void note_trouble(struct fetch *fetch, const struct fetch_transfer *transfer, CURLcode code)
{
	CURL *easy = transfer->easy;
	long made = 1;

	if (code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT)
		fetch->family = 0;
	else if (transfer->families_tried > 0 && !is_unresolved(transfer, code))
		fetch->family = transfer->family;
	if (code == CURLE_OPERATION_TIMEDOUT)
		curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &made);
	if (made == 0)
		fetch_distrust(fetch);
	else if (code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT)
		fetch->doubt_ms = loop_now_ms(fetch->loop);
}

static struct fetch_failure describe(const struct fetch_transfer *transfer, CURLcode code)
{
	struct fetch_failure failure = {.code = code,
					.text = transfer->error,
					.url = fetch_effective_url(transfer),
					.is_https = transfer->is_https,
					.is_head_endless = transfer->is_head_endless,
					.is_redirect_endless = transfer->is_redirect_endless,
					.is_password_kept = transfer->auth.is_password_kept,
					.verdict = &transfer->auth.chain.verdict};
	long status = 0, os_errno = 0, has_proxy = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &failure.tunnel_status);
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &os_errno);
	curl_easy_getinfo(transfer->easy, CURLINFO_USED_PROXY, &has_proxy);
	failure.is_redirected = status / 100 == 3;
	failure.os_errno = (int)os_errno;
	failure.has_proxy = has_proxy != 0;
	return failure;
}

/*
 * Which connection to use, and for how long a resolved address is valid. musl's resolver reads
 * /etc/resolv.conf on each query, so a lease's new name servers count at once; libcurl caches the answers.
 */
static bool set_way(struct fetch_transfer *transfer)
{
	const struct fetch *fetch = transfer->fetch;
	CURL *easy = transfer->easy;
	uint64_t now = loop_now_ms(fetch->loop);
	bool is_doubted = transfer->is_fresh || (fetch->doubt_ms && now - fetch->doubt_ms < FETCH_DOUBT_MS);
	CURLcode err = CURLE_OK;

	err |= curl_easy_setopt(easy, CURLOPT_IPRESOLVE, families[transfer->family]);
	err |= curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT,
				is_doubted ? (long)FETCH_DOUBTED_NAME_S : (long)FETCH_NAME_S);
	err |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)transfer->is_fresh);
	/* In whole seconds; 0 would mean no limit. */
	if (fetch->distrust_ms)
		err |= curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN,
					(long)((now - fetch->distrust_ms) / 1000 + 1));
	return err == CURLE_OK;
}

/* Would the transfer get as far as it did: to the server that redirects to the name? Otherwise its failure would hide the name's. */
static bool is_reachable_by(const struct fetch_transfer *transfer, long family)
{
	char *address = NULL;

	curl_easy_getinfo(transfer->easy, CURLINFO_PRIMARY_IP, &address);
	return !address || !*address || family == CURL_IPRESOLVE_WHATEVER ||
	       (family == CURL_IPRESOLVE_V6) == (strchr(address, ':') != NULL);
}

/*
 * Shape: nothing of an answer has been told. False: all kinds of addresses were tried, or there is no time for another one;
 * then the next transfers begin with that.
 */
static bool try_next_family(struct fetch_transfer *transfer)
{
	struct fetch *fetch = transfer->fetch;

	do {
		if (++transfer->families_tried >= FAMILIES)
			return false;
		transfer->family = (transfer->family + 1) % FAMILIES;
	} while (!is_reachable_by(transfer, families[transfer->family]));
	if (loop_now_ms(fetch->loop) - transfer->begun_ms >= FETCH_CONNECT_MS) {
		fetch->family = transfer->family;
		return false;
	}
	curl_multi_remove_handle(fetch->multi.curl, transfer->easy);
	memset(&transfer->reply, 0, sizeof(transfer->reply));
	transfer->head_bytes = 0;
	transfer->dropped = 0;
	return set_way(transfer) && curl_multi_add_handle(fetch->multi.curl, transfer->easy) == CURLM_OK;
}

static void reap(void *arg)
{
	struct fetch *fetch = arg;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(fetch->multi.curl, &left))) {
		struct fetch_transfer *transfer;
		CURLcode code = message->data.result;
		const char *why = NULL, *distrust = NULL;
		char buf[CERTIFICATE_WHY_MAX];

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
		/* An answer without a body never reaches on_body. */
		if (code == CURLE_OK && !tell_head(transfer))
			code = CURLE_WRITE_ERROR;
		if (is_unresolved(transfer, code) && try_next_family(transfer))
			continue;
		note_trouble(fetch, transfer, code);
		if (code != CURLE_OK) {
			struct fetch_failure failure = describe(transfer, code);

			distrust = fetch_explain_distrust(&failure, buf, sizeof(buf));
			why = distrust ? distrust : fetch_explain(&failure, buf, sizeof(buf));
		}
		transfer->events->done(transfer->arg,
				       transfer->is_refused ? FETCH_REFUSED
				       : distrust           ? FETCH_UNTRUSTED
				       : why                ? FETCH_TROUBLE
							    : FETCH_DONE,
				       why);
		transfer_free(transfer);
	}
}

static bool set_options(struct fetch_transfer *transfer, const char *url, uint64_t off, uint64_t len)
{
	CURL *easy = transfer->easy;
	char range[64];
	CURLcode err = CURLE_OK;

	snprintf(range, sizeof(range), "%" PRIu64 "-%" PRIu64, off, off + len - 1);
	err |= curl_easy_setopt(easy, CURLOPT_URL, url);
	if (len != FETCH_WHOLE)
		err |= curl_easy_setopt(easy, CURLOPT_RANGE, range);
	err |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	err |= curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	err |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
	err |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	err |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	err |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	err |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	err |= curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	err |= curl_easy_setopt(easy, CURLOPT_XFERINFODATA, transfer);
	err |= curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	err |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* A cancel must not wait for the resolver's thread. */
	err |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	err |= curl_easy_setopt(easy, CURLOPT_USERAGENT, "blobroot/" BLOBROOT_VERSION);
	err |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	err |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	/* An https URL must not be redirected to http. */
	transfer->is_https = origin_is_https(url);
	err |= curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR,
				transfer->is_https ? "https" : "http,https");
	err |= fetch_auth_begin(&transfer->auth, easy, transfer->fetch->credentials, url);
	err |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	err |= curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)FETCH_REDIRECTS);
	err |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)FETCH_CONNECT_MS);
	err |= curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	err |= curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)FETCH_SILENCE_S);
	/* Do not map a large buffer for a small miss: libcurl frees it after each transfer. */
	err |= curl_easy_setopt(easy, CURLOPT_BUFFERSIZE,
				len < SMALL_BUFFER ? (long)SMALL_BUFFER : (long)LARGE_BUFFER);
	return err == CURLE_OK;
}

/* Its turn has come. Errors: -ENOMEM. */
static int start(struct fetch_transfer *transfer)
{
	transfer->family = transfer->fetch->family;
	transfer->begun_ms = loop_now_ms(transfer->fetch->loop);
	if (!set_way(transfer) || curl_multi_add_handle(transfer->fetch->multi.curl, transfer->easy))
		return -ENOMEM;
	transfer->fetch->counters->requests++;
	return 0;
}

static void on_turn(struct server_turn *turn)
{
	struct fetch_transfer *transfer =
		(struct fetch_transfer *)((char *)turn - offsetof(struct fetch_transfer, turn));

	if (start(transfer) == 0)
		return;
	transfer->events->done(transfer->arg, FETCH_TROUBLE, "out of memory");
	transfer_free(transfer);
}

int fetch_begin(struct fetch *fetch, const char *url, uint64_t off, uint64_t len, const char *if_range,
		bool is_fresh, const struct fetch_events *events, void *arg,
		struct fetch_transfer **transfer_out)
{
	struct fetch_transfer *transfer = calloc(1, sizeof(*transfer));
	char header[VERSION_VALIDATOR_MAX + 16];

	if (!transfer)
		return -ENOMEM;
	*transfer =
		(struct fetch_transfer){.fetch = fetch, .events = events, .arg = arg, .is_fresh = is_fresh};
	transfer->easy = curl_easy_init();
	if (transfer->easy && if_range) {
		snprintf(header, sizeof(header), "If-Range: %s", if_range);
		transfer->headers = curl_slist_append(NULL, header);
	}
	if (!transfer->easy || (if_range && !transfer->headers) || !set_options(transfer, url, off, len) ||
	    server_enter(&fetch->servers, url, &transfer->turn)) {
		discard(transfer);
		return -ENOMEM;
	}
	if (!transfer->turn.is_waiting && start(transfer)) {
		server_leave(&transfer->turn);
		discard(transfer);
		return -ENOMEM;
	}
	list_prepend(&fetch->transfers, &transfer->link);
	*transfer_out = transfer;
	return 0;
}

void fetch_cancel(struct fetch_transfer *transfer)
{
	transfer_free(transfer);
}

void fetch_resume(struct fetch_transfer *transfer)
{
	server_resume(&transfer->turn);
	/* Delivers held bytes. If they are refused and no more come, libcurl does not end the transfer. */
	if (curl_easy_pause(transfer->easy, CURLPAUSE_CONT)) {
		transfer->events->done(transfer->arg, FETCH_REFUSED, NULL);
		transfer_free(transfer);
	}
}

const char *fetch_effective_url(const struct fetch_transfer *transfer)
{
	char *url = NULL;

	curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &url);
	return url ? url : "";
}

bool fetch_is_waiting(const struct fetch_transfer *transfer)
{
	return transfer->turn.is_waiting;
}

uint64_t fetch_waited_ms(const struct fetch_transfer *transfer)
{
	return server_waited_ms(&transfer->turn);
}

uint64_t fetch_wait_ms(const struct fetch *fetch, const char *url)
{
	return server_wait_ms(&fetch->servers, url);
}
