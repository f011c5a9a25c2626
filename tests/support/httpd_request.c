/* SPDX-License-Identifier: MIT */
#include "httpd_request.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool httpd_request_decode(const char *from, size_t from_len, char *to, size_t to_size)
{
	size_t n = 0;

	for (size_t i = 0; i < from_len; i++) {
		char c = from[i];

		if (c == '%') {
			int high = from_len - i > 2 ? hex_digit(from[i + 1]) : -1;
			int low = from_len - i > 2 ? hex_digit(from[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (c == '\0' || n + 1 >= to_size)
			return false;
		to[n++] = c;
	}
	to[n] = '\0';
	return true;
}

static bool is_path_safe(const char *path)
{
	if (path[0] != '/')
		return false;
	for (const char *p = path; (p = strstr(p, "/..")) != NULL; p += 3)
		if (p[3] == '/' || p[3] == '\0')
			return false;
	return true;
}

/* METHOD SP TARGET SP HTTP/1.x; end points behind the line's last byte. */
static bool parse_request_line(const char *line, const char *end, struct httpd_request *req)
{
	const char *target = memchr(line, ' ', (size_t)(end - line));
	const char *version = target ? memchr(target + 1, ' ', (size_t)(end - target - 1)) : NULL;
	const char *query;

	if (!version || target == line || (size_t)(target - line) >= sizeof(req->method))
		return false;
	memcpy(req->method, line, (size_t)(target - line));
	target++;

	/* A proxy's client asks for a whole URL: the path is what counts here. */
	if (version - target > 7 && strncasecmp(target, "http://", 7) == 0) {
		target = memchr(target + 7, '/', (size_t)(version - target - 7));
		if (!target)
			return false;
	}
	if ((size_t)(version - target) >= sizeof(req->target))
		return false;
	memcpy(req->target, target, (size_t)(version - target));
	for (char *p = req->target; *p; p++)
		if (!isgraph((unsigned char)*p))
			return false;
	query = strchrnul(req->target, '?');
	if (!httpd_request_decode(req->target, (size_t)(query - req->target), req->path, sizeof(req->path)))
		return false;
	version++;
	if (end - version != 8 || memcmp(version, "HTTP/1.", 7) != 0 || !isdigit((unsigned char)version[7]))
		return false;
	req->is_http10 = version[7] == '0';
	req->keeps_alive = !req->is_http10;
	return is_path_safe(req->path);
}

static bool copy_value(const char *value, size_t len, char *to, size_t to_size)
{
	if (len >= to_size || memchr(value, '\0', len))
		return false;
	memcpy(to, value, len);
	to[len] = '\0';
	return true;
}

static bool parse_header(const char *line, const char *end, struct httpd_request *req)
{
	const char *colon = memchr(line, ':', (size_t)(end - line));
	const char *value;
	size_t name_len, len;

	if (!colon || colon == line)
		return false;
	name_len = (size_t)(colon - line);
	for (value = colon + 1; value < end && (*value == ' ' || *value == '\t'); value++)
		;
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	len = (size_t)(end - value);

#define IS(NAME) (name_len == sizeof(NAME) - 1 && strncasecmp(line, NAME, name_len) == 0)
	if (IS("Range") && len > 6 && strncasecmp(value, "bytes=", 6) == 0)
		return copy_value(value + 6, len - 6, req->range, sizeof(req->range));
	if (IS("If-Range"))
		return copy_value(value, len, req->if_range, sizeof(req->if_range));
	if (IS("If-Match"))
		return copy_value(value, len, req->if_match, sizeof(req->if_match));
	if (IS("If-None-Match"))
		return copy_value(value, len, req->if_none_match, sizeof(req->if_none_match));
	if (IS("Connection") && len == 5 && strncasecmp(value, "close", 5) == 0)
		req->keeps_alive = false;
	if (IS("Connection") && len == 10 && strncasecmp(value, "keep-alive", 10) == 0)
		req->keeps_alive = true;
	/* No method served here has a body, and one taken for the next request would hide a client's bug. */
	if (IS("Transfer-Encoding") || (IS("Content-Length") && !(len == 1 && *value == '0')))
		return false;
#undef IS
	return true;
}

enum httpd_request_verdict httpd_request_parse(const char *buf, size_t len, size_t max,
					       struct httpd_request *req_out, size_t *used_out)
{
	const char *stop = memmem(buf, len, "\r\n\r\n", 4);
	const char *line = buf;

	if (!stop)
		return len >= max ? HTTPD_REQUEST_TOO_LONG : HTTPD_REQUEST_MORE;
	memset(req_out, 0, sizeof(*req_out));
	while (line < stop + 2) {
		const char *end = memmem(line, (size_t)(stop + 2 - line), "\r\n", 2);
		bool ok = line == buf ? parse_request_line(line, end, req_out)
				      : parse_header(line, end, req_out);

		if (!ok)
			return HTTPD_REQUEST_BAD;
		line = end + 2;
	}
	*used_out = (size_t)(stop + 4 - buf);
	return HTTPD_REQUEST_OK;
}

/* Digits only, and no more than fit: strtoull would take signs and spaces. */
static bool parse_number(const char **at, uint64_t *value_out)
{
	const char *p = *at;
	uint64_t value = 0;

	for (; isdigit((unsigned char)*p); p++) {
		if (value > (UINT64_MAX - 9) / 10)
			return false;
		value = value * 10 + (uint64_t)(*p - '0');
	}
	if (p == *at)
		return false;
	*at = p;
	*value_out = value;
	return true;
}

enum httpd_request_range httpd_request_resolve(const struct httpd_request *req, uint64_t size,
					       uint64_t *off_out, uint64_t *len_out)
{
	const char *p = req->range;
	uint64_t first, last = UINT64_MAX;

	*off_out = 0;
	*len_out = size;
	if (*p == '-') {
		p++;
		if (!parse_number(&p, &last) || *p)
			return HTTPD_REQUEST_RANGE_NONE;
		if (last == 0 || size == 0)
			return HTTPD_REQUEST_RANGE_UNSATISFIABLE;
		*len_out = last < size ? last : size;
		*off_out = size - *len_out;
		return HTTPD_REQUEST_RANGE_OK;
	}
	if (!parse_number(&p, &first) || *p++ != '-')
		return HTTPD_REQUEST_RANGE_NONE;
	/* A list of ranges ends up here too: the standard allows to ignore it. */
	if (*p && (!parse_number(&p, &last) || *p || last < first))
		return HTTPD_REQUEST_RANGE_NONE;
	if (first >= size)
		return HTTPD_REQUEST_RANGE_UNSATISFIABLE;
	*off_out = first;
	*len_out = (last < size - 1 ? last : size - 1) - first + 1;
	return HTTPD_REQUEST_RANGE_OK;
}

bool httpd_request_is_beyond(const struct httpd_request *req, uint64_t size)
{
	const char *p = strchr(req->range, '-');
	uint64_t last;

	if (!p || p == req->range)
		return false;
	p++;
	return parse_number(&p, &last) && last >= size;
}
