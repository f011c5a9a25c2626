/*
 * SPDX-License-Identifier: MIT
 *
 * The connections: each reads a request, sends its reply, logs it, and comes round again.
 *
 * Flow: httpd.c accepts sockets and passes on what epoll and the clock say.
 * Process: the tests' web server.
 * Source: RFC 9112 section 9 (connection management).
 */
#ifndef HTTPD_CONN_H
#define HTTPD_CONN_H

#include <stdint.h>

struct httpd_conn;

struct httpd_conn_config {
	int epoll;
	int root_fd;            /* the directory served */
	int log_fd;             /* -1: no log */
	const char *faults_dir; /* NULL: no faults */
};

void httpd_conn_init(const struct httpd_conn_config *config);

/* Take over an accepted, non-blocking socket. */
void httpd_conn_open(int sock);

/* What epoll has said about a connection, which may be gone afterwards. */
void httpd_conn_event(struct httpd_conn *conn, uint32_t events);

/* Connections whose time has come go on. Returns: how many ms until the next one's, -1 for none. */
int httpd_conn_run_timers(void);

/* Close them all. */
void httpd_conn_fini(void);

/* Have epoll watch a file for who; ends the server when it cannot. */
void httpd_conn_watch(int epoll, int fd, void *who, uint32_t events, int op);

#endif
