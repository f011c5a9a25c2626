/* SPDX-License-Identifier: MIT */
#include "httpd_reply.h"

#include "httpd_send.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HEADER_LONG (1 << 20) /* garbage=long */

/* What the file says of itself. */
struct validators {
	char etag[160]; /* empty: none */
	char date[64];
};

static const char *reason(unsigned status)
{
	static const struct {
		unsigned status;
		const char *text;
	} reasons[] = {
		{200, "OK"},
		{206, "Partial Content"},
		{301, "Moved Permanently"},
		{302, "Found"},
		{304, "Not Modified"},
		{307, "Temporary Redirect"},
		{308, "Permanent Redirect"},
		{400, "Bad Request"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{412, "Precondition Failed"},
		{416, "Range Not Satisfiable"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{503, "Service Unavailable"},
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Of The Test's Own";
}

static void http_date(time_t when, char *to, size_t size)
{
	struct tm tm;

	gmtime_r(&when, &tm);
	strftime(to, size, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

static void validators_of(const struct stat *st, const struct httpd_fault *fault, struct validators *v)
{
	http_date(st->st_mtim.tv_sec, v->date, sizeof(v->date));
	v->etag[0] = '\0';
	if (fault->no_etag)
		return;
	if (fault->etag[0])
		snprintf(v->etag, sizeof(v->etag), "%s\"%s\"", fault->weak_etag ? "W/" : "", fault->etag);
	else
		snprintf(v->etag, sizeof(v->etag), "%s\"%llx-%llx\"", fault->weak_etag ? "W/" : "",
			 (unsigned long long)st->st_size,
			 (unsigned long long)st->st_mtim.tv_sec * 1000000000 +
				 (unsigned long long)st->st_mtim.tv_nsec);
}

/* One of a list of entity tags; strong comparison never takes a weak one. */
static bool list_has(const char *list, const char *etag, bool is_strong)
{
	if (strcmp(list, "*") == 0)
		return true;
	if (strncmp(etag, "W/", 2) == 0) {
		if (is_strong)
			return false;
		etag += 2;
	}
	return *etag && strstr(list, etag);
}

static bool if_range_holds(const struct httpd_request *req, const struct validators *v)
{
	if (!req->if_range[0])
		return true;
	if (req->if_range[0] == '"')
		return v->etag[0] == '"' && strcmp(req->if_range, v->etag) == 0;
	return strcmp(req->if_range, v->date) == 0;
}

static int open_file(const struct httpd_request *req, int root_fd, struct stat *st, unsigned *status_out)
{
	const char *path = req->path + strspn(req->path, "/");
	int fd = openat(root_fd, *path ? path : ".", O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	memset(st, 0, sizeof(*st));
	*status_out = 200;
	if (fd >= 0 && fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	*status_out = fd < 0 && errno == EACCES ? 403 : 404;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The status line and what every reply has. */
static void head_begin(struct httpd_reply *r, const struct httpd_fault *fault)
{
	char date[64];

	http_date(time(NULL), date, sizeof(date));
	if (fault->garbage != HTTPD_FAULT_GARBAGE_NO_STATUS)
		httpd_send_printf(r, "HTTP/1.%d %u %s\r\n", !fault->http10, r->status, reason(r->status));
	httpd_send_printf(r, "Server: blobroot-test\r\nDate: %s\r\n", date);
}

/* What the reply's length is, or how its end will be known. */
static void head_length(struct httpd_reply *r, const struct httpd_fault *fault, uint64_t len)
{
	if (fault->chunked) {
		httpd_send_printf(r, "Transfer-Encoding: chunked\r\n");
	} else if (fault->content_length[0]) {
		httpd_send_printf(r, "Content-Length: %s\r\n", fault->content_length);
		r->at_end = HTTPD_REPLY_CLOSE;
	} else if (fault->no_length) {
		r->at_end = HTTPD_REPLY_CLOSE;
	} else {
		int64_t told = (int64_t)len + fault->length;

		httpd_send_printf(r, "Content-Length: %lld\r\n", told < 0 ? 0LL : (long long)told);
		/* The missing bytes never come; bytes too many do, and the connection goes on. */
		if (fault->length > 0)
			r->at_end = HTTPD_REPLY_CLOSE;
	}
}

static void head_end(struct httpd_reply *r, const struct httpd_request *req)
{
	const struct httpd_fault *fault = &r->fault;

	if (fault->http10 || fault->close || !req->keeps_alive)
		r->at_end = HTTPD_REPLY_CLOSE;
	if (!fault->http10)
		httpd_send_printf(r, "Connection: %s\r\n",
				  r->at_end == HTTPD_REPLY_CLOSE ? "close" : "keep-alive");
	if (fault->hangup)
		r->at_end = HTTPD_REPLY_CUT;
	if (fault->header[0])
		httpd_send_printf(r, "%s\r\n", fault->header);
	if (fault->garbage == HTTPD_FAULT_GARBAGE_LONG)
		httpd_send_fill(r, "X-Long: ", 'x', HEADER_LONG);
	else if (fault->garbage == HTTPD_FAULT_GARBAGE_HEADER)
		httpd_send_noise(r, 512);
	else if (fault->garbage == HTTPD_FAULT_GARBAGE_ENDLESS)
		r->is_endless = true;
	if (!r->is_endless)
		httpd_send_printf(r, "\r\n");
}

/* A reply whose body, if any, is a line of text. */
static void reply_short(struct httpd_reply *r, const struct httpd_request *req, unsigned status,
			uint64_t size)
{
	const struct httpd_fault *fault = &r->fault;

	r->status = status;
	head_begin(r, fault);
	if (status == 405)
		httpd_send_printf(r, "Allow: GET, HEAD\r\n");
	if (status == 416 && fault->content_range[0])
		httpd_send_printf(r, "Content-Range: %s\r\n", fault->content_range);
	else if (status == 416)
		httpd_send_printf(r, "Content-Range: bytes */%llu\r\n", (unsigned long long)size);
	if (fault->retry_after[0])
		httpd_send_printf(r, "Retry-After: %s\r\n", fault->retry_after);
	if (fault->redirect_loop)
		httpd_send_printf(r, "Location: %s\r\n", req->target);
	else if (fault->redirect_range && status == 307)
		httpd_send_printf(r, "Location: %s?%s\r\n", req->target, req->range);
	else if (fault->redirect[0])
		httpd_send_printf(r, "Location: %s\r\n", fault->redirect);
	r->text = status == 304 ? "" : fault->long_body && r->fd >= 0 ? NULL : reason(status);
	r->next = 0;
	r->stop = r->text ? strlen(r->text) : size;
	if (status != 304)
		head_length(r, fault, r->stop);
	head_end(r, req);
}

static void head_content_range(struct httpd_reply *r, const struct httpd_fault *fault, uint64_t off,
			       uint64_t len, uint64_t size)
{
	char total[64];

	if (fault->content_range[0]) {
		httpd_send_printf(r, "Content-Range: %s\r\n", fault->content_range);
	} else if (fault->garbage == HTTPD_FAULT_GARBAGE_HUGE) {
		httpd_send_printf(r, "Content-Range: bytes 99999999999999999999-999999999999999999999/"
				     "9999999999999999999999\r\n");
	} else if (fault->garbage == HTTPD_FAULT_GARBAGE_NEGATIVE) {
		httpd_send_printf(r, "Content-Range: bytes -%llu--1/-%llu\r\n", (unsigned long long)len,
				  (unsigned long long)size);
	} else {
		snprintf(total, sizeof(total), "%llu", (unsigned long long)size);
		httpd_send_printf(r, "Content-Range: bytes %llu-%llu/%s\r\n", (unsigned long long)off,
				  (unsigned long long)(off + len - 1),
				  fault->total[0] ? fault->total : total);
	}
}

static void reply_file(struct httpd_reply *r, const struct httpd_request *req, const struct validators *v,
		       bool is_partial, uint64_t off, uint64_t len, uint64_t size)
{
	const struct httpd_fault *fault = &r->fault;

	r->status = is_partial ? 206 : 200;
	if (fault->status != HTTPD_FAULT_NONE)
		r->status = (unsigned)fault->status;
	if (is_partial) {
		/* Both still within the file: the reply is honest about what it holds. */
		if (len > fault->shorten)
			len = fault->shorten;
		if (fault->shift < 0)
			off -= (uint64_t)-fault->shift < off ? (uint64_t)-fault->shift : off;
		else
			off = off + (uint64_t)fault->shift < size ? off + (uint64_t)fault->shift : size - 1;
		if (len > size - off)
			len = size - off;
	}
	head_begin(r, fault);
	httpd_send_printf(r, "Last-Modified: %s\r\nContent-Type: application/octet-stream\r\n", v->date);
	if (v->etag[0])
		httpd_send_printf(r, "ETag: %s\r\n", v->etag);
	/* A range speaks for itself, as with nginx. */
	if (!fault->no_range && !is_partial)
		httpd_send_printf(r, "Accept-Ranges: bytes\r\n");
	if (is_partial)
		head_content_range(r, fault, off, len, size);
	head_length(r, fault, len);
	r->next = off;
	r->stop = off + len;
	head_end(r, req);
}

/* A range that ends behind the file's end, and what servers make of it. */
static void reply_beyond(struct httpd_reply *r, const struct httpd_request *req, const struct validators *v,
			 uint64_t off, uint64_t len, uint64_t size)
{
	struct httpd_fault *fault = &r->fault;

	if (fault->beyond == 206) {
		snprintf(fault->content_range, sizeof(fault->content_range), "bytes %llu-%llu/%llu",
			 (unsigned long long)off, (unsigned long long)size, (unsigned long long)size);
		fault->length = 1;
		reply_file(r, req, v, true, off, len, size);
	} else if (fault->beyond == 200) {
		reply_file(r, req, v, false, 0, size, size);
	} else {
		reply_short(r, req, (unsigned)fault->beyond, size);
	}
}

/* The ordinary answer of a web server to a file that is there. */
static void reply_conditions(struct httpd_reply *r, const struct httpd_request *req, const struct stat *st,
			     enum httpd_request_range range, uint64_t off, uint64_t len)
{
	uint64_t size = (uint64_t)st->st_size;
	struct validators v;

	validators_of(st, &r->fault, &v);
	if (req->if_match[0] && !list_has(req->if_match, v.etag, true)) {
		reply_short(r, req, 412, size);
		return;
	}
	if (req->if_none_match[0] && list_has(req->if_none_match, v.etag, false)) {
		reply_short(r, req, 304, size);
		return;
	}
	/* Nothing has no ranges: nginx and BusyBox's httpd send it as it is. */
	if (r->fault.no_range || strcmp(req->method, "GET") != 0 || !if_range_holds(req, &v) || size == 0)
		range = HTTPD_REQUEST_RANGE_NONE;
	if (range == HTTPD_REQUEST_RANGE_OK && r->fault.beyond != HTTPD_FAULT_NONE &&
	    httpd_request_is_beyond(req, size))
		reply_beyond(r, req, &v, off, len, size);
	else if (range == HTTPD_REQUEST_RANGE_UNSATISFIABLE)
		reply_short(r, req, 416, size);
	else if (range == HTTPD_REQUEST_RANGE_OK)
		reply_file(r, req, &v, true, off, len, size);
	else
		reply_file(r, req, &v, false, 0, size, size);
}

/* A fault that ends the body early, where the reply is long enough for it. */
static void limit_body(struct httpd_reply *r)
{
	const struct httpd_fault *fault = &r->fault;
	const struct {
		uint64_t bytes;
		enum httpd_reply_next then;
	} faults[] = {
		{fault->cut, HTTPD_REPLY_CUT},
		{fault->reset, HTTPD_REPLY_RESET},
		{fault->stall, HTTPD_REPLY_STALL},
	};

	r->has_trailer = fault->chunked;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].bytes < r->stop - r->next) {
			r->stop = r->next + faults[i].bytes;
			r->at_end = faults[i].then;
			r->has_trailer = false;
		}
}

static void reply_blank(struct httpd_reply *r, uint64_t now_ns)
{
	memset(r, 0, sizeof(*r));
	r->fd = -1;
	r->start_ns = now_ns;
	r->at_end = HTTPD_REPLY_DONE;
}

int httpd_reply_begin(struct httpd_reply *r, const struct httpd_request *req, int root_fd,
		      const char *faults_dir, uint64_t request_no, uint64_t now_ns)
{
	enum httpd_request_range range;
	struct httpd_fault *fault = &r->fault;
	bool is_head = strcmp(req->method, "HEAD") == 0;
	const char *query = strchr(req->target, '?');
	uint64_t off, len;
	unsigned status;
	struct stat st;

	reply_blank(r, now_ns);
	r->fd = open_file(req, root_fd, &st, &status);
	range = httpd_request_resolve(req, (uint64_t)st.st_size, &off, &len);
	if (httpd_fault_read(faults_dir, req->method, req->path, off, len, request_no, fault) < 0)
		return -1;
	if (fault->delay != HTTPD_FAULT_NONE)
		r->start_ns += fault->delay * 1000000;
	if (fault->silent) {
		r->at_end = HTTPD_REPLY_STALL;
		return 0;
	}
	if (fault->garbage == HTTPD_FAULT_GARBAGE_BINARY) {
		httpd_send_noise(r, 4096);
		r->at_end = HTTPD_REPLY_CLOSE;
		return 0;
	}

	if (!is_head && strcmp(req->method, "GET") != 0)
		reply_short(r, req, 405, 0);
	else if (fault->redirect_range && query && strcmp(query + 1, req->range) != 0)
		reply_short(r, req, 403, 0);
	else if (fault->redirect_range && !query)
		reply_short(r, req, 307, 0);
	else if (fault->redirect_loop || fault->redirect[0])
		reply_short(r, req, fault->status == HTTPD_FAULT_NONE ? 302 : (unsigned)fault->status,
			    (uint64_t)st.st_size);
	else if (fault->status != HTTPD_FAULT_NONE && fault->status >= 300)
		reply_short(r, req, (unsigned)fault->status, (uint64_t)st.st_size);
	else if (r->fd < 0)
		reply_short(r, req, status, 0);
	else
		reply_conditions(r, req, &st, range, off, len);
	if (is_head)
		r->stop = r->next;
	limit_body(r);
	if (is_head)
		r->has_trailer = false;
	if (fault->cut_head < r->out_len) {
		r->out_len = (size_t)fault->cut_head;
		r->stop = r->next;
		r->at_end = HTTPD_REPLY_CUT;
		r->has_trailer = false;
	}
	return 0;
}

void httpd_reply_refuse(struct httpd_reply *r, unsigned status, uint64_t now_ns)
{
	struct httpd_request none = {.keeps_alive = false};

	reply_blank(r, now_ns);
	/* No rule is asked: there is no path to match one against. */
	httpd_fault_read(NULL, "", "", 0, 0, 0, &r->fault);
	reply_short(r, &none, status, 0);
}
