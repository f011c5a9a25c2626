/* SPDX-License-Identifier: MIT */
#include "fetch/fetch.h"

#include "base/counters.h"
#include "base/list.h"
#include "base/loop.h"
#include "fetch/fetch_auth.h"
#include "fetch/fetch_explain.h"
#include "fetch/origin.h"

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
	CURL *easy;
	struct curl_slist *headers;
	const struct fetch_events *events;
	void *arg;
	struct reply reply;
	size_t head_bytes;
	size_t taken; /* bytes taken of the piece that libcurl repeats after a pause */
	bool is_head_told, is_refused, is_head_endless, is_https;
	struct fetch_auth auth;
	char error[CURL_ERROR_SIZE];
	struct list link;
};

struct fetch {
	struct loop *loop;
	CURLM *multi;
	struct loop_timer timer;
	struct list transfers;
	struct counters *counters;
	const struct credentials *credentials;
	uint64_t distrust_ms; /* connections made before this are not reused; 0: no limit */
	uint64_t doubt_ms;    /* when a connection last failed; 0: never */
};

static void reap(struct fetch *fetch);

/* The watch argument of one socket: loop callbacks do not get the descriptor. */
struct socket_watch {
	struct fetch *fetch;
	curl_socket_t fd;
};

static void socket_event(void *arg, uint32_t events)
{
	struct socket_watch *watch = arg;
	struct fetch *fetch = watch->fetch;
	int mask = 0, running;

	if (events & EPOLLIN)
		mask |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		mask |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		mask |= CURL_CSELECT_ERR;
	curl_multi_socket_action(fetch->multi, watch->fd, mask, &running);
	reap(fetch);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct fetch *fetch = arg;
	struct socket_watch *watch = socket_arg;
	uint32_t events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		loop_forget(fetch->loop, fd);
		curl_multi_assign(fetch->multi, fd, NULL);
		free(watch);
		return 0;
	}
	if (!watch) {
		watch = calloc(1, sizeof(*watch));
		if (!watch)
			return -1;
		*watch = (struct socket_watch){.fetch = fetch, .fd = fd};
		curl_multi_assign(fetch->multi, fd, watch);
	}
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= EPOLLOUT;
	return loop_watch(fetch->loop, fd, events, socket_event, watch) ? -1 : 0;
}

static void timer_event(void *arg)
{
	struct fetch *fetch = arg;
	int running;

	curl_multi_socket_action(fetch->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	reap(fetch);
}

static int on_timer(CURLM *multi, long delay_ms, void *arg)
{
	struct fetch *fetch = arg;

	(void)multi;
	if (delay_ms < 0)
		loop_disarm(fetch->loop, &fetch->timer);
	else
		loop_arm(fetch->loop, &fetch->timer, (uint64_t)delay_ms);
	return 0;
}

int fetch_open(struct fetch **fetch_out, struct loop *loop, struct counters *counters,
	       const struct credentials *credentials)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));

	if (!fetch)
		return -ENOMEM;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) || !(fetch->multi = curl_multi_init())) {
		free(fetch);
		return -ENOMEM;
	}
	fetch->loop = loop;
	fetch->counters = counters;
	fetch->credentials = credentials;
	list_init(&fetch->transfers);
	fetch->timer = (struct loop_timer){.fn = timer_event, .arg = fetch};
	curl_multi_setopt(fetch->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(fetch->multi, CURLMOPT_SOCKETDATA, fetch);
	curl_multi_setopt(fetch->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(fetch->multi, CURLMOPT_TIMERDATA, fetch);
	curl_multi_setopt(fetch->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)FETCH_CONNECTIONS);
	curl_multi_setopt(fetch->multi, CURLMOPT_MAXCONNECTS, (long)FETCH_CONNECTIONS);
	*fetch_out = fetch;
	return 0;
}

static void transfer_free(struct fetch_transfer *transfer)
{
	struct fetch *fetch = transfer->fetch;

	list_remove(&transfer->link);
	curl_multi_remove_handle(fetch->multi, transfer->easy);
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	free(transfer);
}

void fetch_close(struct fetch *fetch)
{
	struct fetch_transfer *transfer;

	if (!fetch)
		return;
	while ((transfer = list_first(&fetch->transfers, struct fetch_transfer, link)))
		transfer_free(transfer);
	curl_multi_cleanup(fetch->multi);
	loop_disarm(fetch->loop, &fetch->timer);
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
	transfer->is_refused = !transfer->events->head(transfer->arg, &transfer->reply);
	return !transfer->is_refused;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct fetch_transfer *transfer = arg;
	size_t len = size * count, took;

	if (!tell_head(transfer))
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
		return CURL_WRITEFUNC_PAUSE;
	}
	return size * count;
}

void fetch_distrust(struct fetch *fetch)
{
	fetch->distrust_ms = fetch->doubt_ms = loop_now_ms(fetch->loop);
}

/* No answer casts doubt on the server's address; silence on a reused connection, on all kept ones too. */
static void note_trouble(struct fetch *fetch, CURL *easy, CURLcode code)
{
	long made = 1;

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

static void reap(struct fetch *fetch)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(fetch->multi, &left))) {
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
		note_trouble(fetch, message->easy_handle, code);
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

/*
 * Which connection to use, and for how long a resolved address is valid. musl's resolver reads
 * /etc/resolv.conf on each query, so a lease's new name servers count at once; libcurl caches the answers.
 */
static CURLcode set_way(const struct fetch *fetch, CURL *easy, bool is_fresh)
{
	uint64_t now = loop_now_ms(fetch->loop);
	bool is_doubted = is_fresh || (fetch->doubt_ms && now - fetch->doubt_ms < FETCH_DOUBT_MS);
	CURLcode err = CURLE_OK;

	err |= curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT,
				is_doubted ? (long)FETCH_DOUBTED_NAME_S : (long)FETCH_NAME_S);
	err |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)is_fresh);
	/* In whole seconds; 0 would mean no limit. */
	if (fetch->distrust_ms)
		err |= curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN,
					(long)((now - fetch->distrust_ms) / 1000 + 1));
	return err;
}

static bool set_options(struct fetch_transfer *transfer, const char *url, uint64_t off, uint64_t len,
			bool is_fresh)
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
	err |= set_way(transfer->fetch, easy, is_fresh);
	return err == CURLE_OK;
}

int fetch_begin(struct fetch *fetch, const char *url, uint64_t off, uint64_t len, const char *if_range,
		bool is_fresh, const struct fetch_events *events, void *arg,
		struct fetch_transfer **transfer_out)
{
	struct fetch_transfer *transfer = calloc(1, sizeof(*transfer));
	char header[VERSION_VALIDATOR_MAX + 16];

	if (!transfer)
		return -ENOMEM;
	*transfer = (struct fetch_transfer){.fetch = fetch, .events = events, .arg = arg};
	transfer->easy = curl_easy_init();
	if (!transfer->easy) {
		free(transfer);
		return -ENOMEM;
	}
	if (if_range) {
		snprintf(header, sizeof(header), "If-Range: %s", if_range);
		transfer->headers = curl_slist_append(NULL, header);
	}
	if ((if_range && !transfer->headers) || !set_options(transfer, url, off, len, is_fresh) ||
	    curl_multi_add_handle(fetch->multi, transfer->easy)) {
		curl_easy_cleanup(transfer->easy);
		curl_slist_free_all(transfer->headers);
		free(transfer);
		return -ENOMEM;
	}
	list_prepend(&fetch->transfers, &transfer->link);
	fetch->counters->requests++;
	*transfer_out = transfer;
	return 0;
}

void fetch_cancel(struct fetch_transfer *transfer)
{
	transfer_free(transfer);
}

void fetch_resume(struct fetch_transfer *transfer)
{
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
