/*
 * SPDX-License-Identifier: MIT
 *
 * The bytes of a reply: put together in pieces, and handed to the socket as the faults allow.
 *
 * Flow: httpd_reply.c appends the head; httpd_reply_send() adds the body's pieces until all is sent.
 * Process: the tests' web server.
 * Source: RFC 9112 section 7.1 (chunked coding).
 */
#ifndef HTTPD_SEND_H
#define HTTPD_SEND_H

#include "httpd_reply.h"

/* Append text to the reply's head. */
void httpd_send_printf(struct httpd_reply *reply, const char *format, ...)
	__attribute__((nonnull, format(printf, 2, 3)));

/* Append one header line of len times the same character. */
void httpd_send_fill(struct httpd_reply *reply, const char *name, char c, size_t len);

/* Append len bytes of noise, the same at every run; no line ends are among them. */
void httpd_send_noise(struct httpd_reply *reply, size_t len);

#endif
