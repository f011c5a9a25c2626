/* SPDX-License-Identifier: MIT */
#include "httpd_send.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE        (64 * 1024)  /* bytes of the body that are read at a time */
#define CHUNK_FRAME  32           /* room for a chunk's size line and its end */
#define TURN         (512 * 1024) /* bytes that one connection may send before it is the others' turn */
#define RATE_STEP_NS 2000000      /* a slow reply moves this often at most: even, yet cheap */
#define HOLD_STEP_NS 2000000      /* a held reply looks this often whether it may go on */

static char *reserve(struct httpd_reply *r, size_t len)
{
	if (r->out_size - r->out_len < len) {
		r->out_size = (r->out_len + len) * 2;
		r->out = realloc(r->out, r->out_size);
		if (!r->out) {
			fprintf(stderr, "httpd: no memory\n");
			abort();
		}
	}
	return r->out + r->out_len;
}

void httpd_send_printf(struct httpd_reply *r, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	va_start(args, format);
	vsnprintf(reserve(r, (size_t)len + 1), (size_t)len + 1, format, args);
	va_end(args);
	r->out_len += (size_t)len;
}

void httpd_send_fill(struct httpd_reply *r, const char *name, char c, size_t len)
{
	httpd_send_printf(r, "%s", name);
	memset(reserve(r, len), c, len);
	r->out_len += len;
	httpd_send_printf(r, "\r\n");
}

void httpd_send_noise(struct httpd_reply *r, size_t len)
{
	char *to = reserve(r, len);
	uint32_t state = 2463534242;

	for (size_t i = 0; i < len; i++) {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		to[i] = (char)(state >> 8);
		if (to[i] == '\n' || to[i] == '\r')
			to[i] = (char)0xff;
	}
	r->out_len += len;
	httpd_send_printf(r, "\r\n");
}

static void flip_bytes(const struct httpd_fault *fault, char *data, uint64_t off, size_t len)
{
	for (size_t i = 0; i < fault->n_flips; i++)
		if (fault->flip[i] >= off && fault->flip[i] - off < len)
			data[fault->flip[i] - off] ^= (char)0xff;
}

/* Append the next piece of the body behind what the buffer holds. Returns: false when the file is at fault.
 */
static bool add_piece(struct httpd_reply *r)
{
	uint64_t left = r->stop - r->next;
	size_t want = left < PIECE ? (size_t)left : PIECE;
	char frame[CHUNK_FRAME];
	ssize_t got = (ssize_t)want;
	char *to;

	if (r->fault.chunked) {
		snprintf(frame, sizeof(frame), "%zx\r\n", want);
		httpd_send_printf(r, "%s", frame);
	}
	r->frame_len = r->out_len;
	to = reserve(r, want);
	if (r->text)
		memcpy(to, r->text + r->next, want);
	else
		got = pread(r->fd, to, want, (off_t)r->next);
	if (got != (ssize_t)want) /* cut short on the disk meanwhile: the promise cannot be kept */
		return false;
	if (!r->text)
		flip_bytes(&r->fault, to, r->next, want);
	r->out_len += want;
	r->body_len = want;
	r->next += want;
	if (r->fault.chunked)
		httpd_send_printf(r, "\r\n");
	return true;
}

/* Make sure that there is something to send. Returns: false at the end of the reply. */
static bool refill(struct httpd_reply *r)
{
	if (r->is_started && r->out_pos < r->out_len)
		return true;
	/* The first piece of the body travels behind the head; a later one has the buffer for itself. */
	if (r->is_started)
		r->out_pos = r->out_len = 0;
	r->is_started = true;
	r->frame_len = r->body_len = 0;
	if (r->is_endless) {
		httpd_send_fill(r, "X-Endless: ", 'x', 1000);
	} else if (r->next < r->stop) {
		if (!add_piece(r)) {
			r->at_end = HTTPD_REPLY_CUT;
			r->has_trailer = false;
			r->stop = r->next;
			return false;
		}
	} else if (r->has_trailer) {
		httpd_send_printf(r, "0\r\n\r\n");
		r->has_trailer = false;
	}
	return r->out_pos < r->out_len;
}

/* A byte of the body at a time. Returns: as allowed(). */
static size_t allowed_drop(struct httpd_reply *r, size_t want, uint64_t now_ns)
{
	uint64_t due_ns = r->start_ns + (r->body_sent + 1) * r->fault.drip * 1000000;

	if (r->out_pos < r->frame_len)
		return r->frame_len - r->out_pos < want ? r->frame_len - r->out_pos : want;
	r->wake_ns = due_ns;
	return now_ns >= due_ns;
}

/* How many bytes the rate allows now. Returns: 0 with wake_ns set when it is too early. */
static size_t allowed(struct httpd_reply *r, size_t want, uint64_t now_ns)
{
	uint64_t rate = r->fault.rate, due;

	if (r->fault.drip != HTTPD_FAULT_NONE)
		return allowed_drop(r, want, now_ns);
	if (rate == HTTPD_FAULT_NONE)
		return want;
	due = r->fault.burst + (uint64_t)((double)(now_ns - r->start_ns) * (double)rate / 1e9);
	if (due > r->sent)
		return due - r->sent < want ? (size_t)(due - r->sent) : want;
	r->wake_ns = now_ns + RATE_STEP_NS;
	/* One byte takes longer than a step: no use in looking sooner. */
	if (rate < 1000000000 / RATE_STEP_NS)
		r->wake_ns =
			r->start_ns +
			(uint64_t)((double)(r->sent + 1 - r->fault.burst) * 1e9 / (double)(rate ? rate : 1)) +
			1;
	return 0;
}

static uint64_t clamp(uint64_t value, uint64_t max)
{
	return value < max ? value : max;
}

/* The body's bytes among the first pos of the buffer; without a body, body_len is 0. */
static uint64_t body_among(const struct httpd_reply *r, size_t pos)
{
	return pos > r->frame_len ? clamp(pos - r->frame_len, r->body_len) : 0;
}

enum httpd_reply_next httpd_reply_send(struct httpd_reply *r, int sock, uint64_t now_ns)
{
	if (now_ns < r->start_ns) {
		r->wake_ns = r->start_ns;
		return HTTPD_REPLY_LATER;
	}
	if (r->fault.hold[0] && access(r->fault.hold, F_OK) == 0) {
		r->start_ns = r->wake_ns = now_ns + HOLD_STEP_NS;
		return HTTPD_REPLY_LATER;
	}
	r->fault.hold[0] = '\0';
	for (size_t turn = 0; refill(r);) {
		size_t left = r->out_len - r->out_pos;
		size_t len = allowed(r, left, now_ns);
		bool is_last = !r->is_told && !r->is_endless && r->next == r->stop && !r->has_trailer;
		ssize_t n;

		if (len == 0)
			return HTTPD_REPLY_LATER;
		if (turn >= TURN)
			return HTTPD_REPLY_BLOCKED;
		if (is_last && left == 1) {
			r->is_told = true;
			r->body_told = r->body_sent + body_among(r, r->out_len) - body_among(r, r->out_pos);
			return HTTPD_REPLY_TELL;
		}
		/* Held back by MSG_MORE the last byte costs no packet of its own. */
		if (is_last && len == left)
			n = send(sock, r->out + r->out_pos, len - 1, MSG_NOSIGNAL | MSG_DONTWAIT | MSG_MORE);
		else
			n = send(sock, r->out + r->out_pos, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? HTTPD_REPLY_BLOCKED : HTTPD_REPLY_GONE;
		r->body_sent += body_among(r, r->out_pos + (size_t)n) - body_among(r, r->out_pos);
		r->out_pos += (size_t)n;
		r->sent += (uint64_t)n;
		turn += (size_t)n;
	}
	return r->at_end;
}

void httpd_reply_end(struct httpd_reply *r)
{
	free(r->out);
	r->out = NULL;
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}
