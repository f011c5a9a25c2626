/*
 * SPDX-License-Identifier: MIT
 *
 * httpd [--address A] [--port N] [--log FILE] [--faults DIR] [--stdin] DIRECTORY
 *
 * The tests' web server: serves the files below DIRECTORY on A (127.0.0.1) and misbehaves on request. It prints
 * its port as one line on stdout, stays in the foreground, and ends with status 0 at SIGTERM or SIGINT, or,
 * with --stdin, when its standard input (a pipe, a FIFO or a socket) comes to its end. Status 1: the port is
 * taken, or a fault is not understood.
 *
 * The log has one line a request:
 *	METHOD TARGET RANGE STATUS BYTES CONNECTION END
 * RANGE is what the request's Range header has behind "bytes=", else "-". BYTES are those of the body,
 * framing not counted. CONNECTION counts from 1. END is ok, cut, reset, stall or gone (the client left).
 * STATUS is 000 when no status line was sent. A request that is none has "-" for what is not known. The line
 * is written before the reply's last byte, so whoever has the whole reply may read the log.
 *
 * Faults. Each file in the directory of --faults is a rule, read afresh for every request; names with a
 * leading dot are passed over. A rule is words between white space, "#" comments out the rest of a line. An
 * empty file is the rule that its name spells: `touch DIR/no-range`, `touch DIR/status=503`. All rules that
 * fit a request work together, in the order of their names; of two that set the same thing the later wins.
 * N is a number and may end in K, M or G (binary). In TEXT, %XX stands for a byte: %20 for a blank.
 *
 * Words that say when (all must hold):
 *   path=TEXT            the path begins so; as decoded, without the query
 *   method=TEXT          GET or HEAD
 *   offset=N             the extent asked for includes this byte of the file; no Range asks for all
 *   skip=N               let so many fitting requests pass first; the server counts down in the file
 *   count=N              only so often; the server counts down, and removes the file at the last
 *   percent=N seed=N     with this probability; one throw of the seed's dice for each request to the server
 *   sides=N face=N seed=N   when a die of so many sides falls on this face: of rules with the same sides and seed,
 *                        and faces of their own, one applies at most
 * Words that say what:
 *   delay=N              milliseconds before the reply's first byte
 *   hold=TEXT            nothing as long as there is a file of this name; the log has a line for it at once:
 *                        HELD METHOD TARGET RANGE
 *   rate=N               bytes a second of this reply
 *   burst=N              .. behind its first N bytes, head included, which come at once
 *   drip=N               milliseconds for each byte of the body, the head at once
 *   silent               never answer
 *   cut=N                close after N bytes of the body; no effect where the body is not longer
 *   reset=N              the same with a TCP reset, once the client's kernel has the bytes
 *   stall=N              N bytes of the body, then nothing for ever
 *   cut-head=N           close after N bytes of the head
 *   status=N             300 and above: that status, its body a line of text; else only the number changes
 *   retry-after=TEXT     beside such a status
 *   redirect=TEXT        302 (or status=) with this Location
 *   redirect-loop        302 (or status=) to what was asked for
 *   redirect-range       307 to a target that serves this range, and answers 403 to any other
 *   long-body            the body of such a status or redirect is the file
 *   no-range             ignore Range, and do not announce ranges
 *   no-etag weak-etag    no ETag, a weak one; If-Range follows suit
 *   etag=TEXT            this ETag, quotes are added; If-Range follows suit
 *   length=+N            Content-Length is N too much: close after the body
 *   length=-N            N too little: all of the body is sent, and the connection goes on
 *   content-length=TEXT  literally, and close after the body
 *   no-length            no Content-Length, and close after the body
 *   shift=+N shift=-N    serve, and announce, the range N bytes further on, or before
 *   shorten=N            serve, and announce, no more than N bytes of a range
 *   total=TEXT           the size in Content-Range; "*" is lawful
 *   content-range=TEXT   the whole header, literally; of a 416, too
 *   beyond=N             the answer to a range that ends behind the file's end: a status of 300 and above; 200 and
 *                        the whole file; 206 and a range that ends one byte behind it, as civetweb does
 *   chunked              chunked coding in place of Content-Length
 *   http10               HTTP/1.0 that closes
 *   close                "Connection: close" in 1.1
 *   hangup               promise to keep the connection, then close it behind the reply
 *   header=TEXT          one more header line
 *   garbage=binary       noise and no head; =header: a line of noise in the head; =long: a line of 1 MiB;
 *                        =endless: header lines for ever; =no-status: no status line;
 *                        =negative, =huge: such numbers in Content-Range
 *   flip=N               invert the byte at this offset of the file; up to 16 of them
 */
#include "httpd_conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 64

static struct {
	struct httpd_conn_config conn;
	int listener, signals;
} server = {.conn = {.log_fd = -1}};

static void die(const char *what)
{
	fprintf(stderr, "httpd: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void accept_all(void)
{
	int fd;

	while ((fd = accept4(server.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		httpd_conn_open(fd);
	if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		die("accept");
}

static void serve(void)
{
	struct epoll_event events[EVENTS];
	bool is_over = false;
	char junk[512];

	while (!is_over) {
		int n = epoll_wait(server.conn.epoll, events, EVENTS, httpd_conn_run_timers());

		for (int i = 0; i < n; i++) {
			void *who = events[i].data.ptr;

			if (who == &server.signals)
				is_over = true;
			else if (who == &server.listener)
				accept_all();
			else if (who == NULL)
				is_over = is_over || read(STDIN_FILENO, junk, sizeof(junk)) <= 0;
			else
				httpd_conn_event(who, events[i].events);
		}
	}
	httpd_conn_fini();
}

static void start(struct in_addr address, uint16_t port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = address};
	socklen_t len = sizeof(addr);
	struct rlimit files;
	sigset_t set;
	int on = 1;

	/* A thousand connections are two thousand files. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	server.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	server.conn.epoll = epoll_create1(EPOLL_CLOEXEC);
	server.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server.signals < 0 || server.conn.epoll < 0 || server.listener < 0)
		die("start");
	setsockopt(server.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(server.listener, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(server.listener, SOMAXCONN) < 0 ||
	    getsockname(server.listener, (struct sockaddr *)&addr, &len) < 0)
		die("port");
	httpd_conn_watch(server.conn.epoll, server.listener, &server.listener, EPOLLIN, EPOLL_CTL_ADD);
	httpd_conn_watch(server.conn.epoll, server.signals, &server.signals, EPOLLIN, EPOLL_CTL_ADD);
	printf("%u\n", ntohs(addr.sin_port));
	if (fflush(stdout) != 0)
		die("stdout");
}

static void usage(void)
{
	fprintf(stderr,
		"usage: httpd [--address A] [--port N] [--log FILE] [--faults DIR] [--stdin] DIRECTORY\n");
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"address", required_argument, NULL, 'a'}, {"port", required_argument, NULL, 'p'},
		{"log", required_argument, NULL, 'l'},     {"faults", required_argument, NULL, 'f'},
		{"stdin", no_argument, NULL, 's'},         {NULL, 0, NULL, 0},
	};
	struct in_addr address = {.s_addr = htonl(INADDR_LOOPBACK)};
	bool ends_with_stdin = false;
	unsigned long port = 0;
	char *end;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'p') {
			port = strtoul(optarg, &end, 10);
			if (*end || end == optarg || port > UINT16_MAX)
				usage();
		} else if (c == 'a') {
			if (inet_pton(AF_INET, optarg, &address) != 1)
				usage();
		} else if (c == 'l') {
			server.conn.log_fd = open(optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
			if (server.conn.log_fd < 0)
				die(optarg);
		} else if (c == 'f') {
			server.conn.faults_dir = optarg;
		} else if (c == 's') {
			ends_with_stdin = true;
		} else {
			usage();
		}
	}
	if (optind + 1 != argc)
		usage();
	server.conn.root_fd = open(argv[optind], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (server.conn.root_fd < 0)
		die(argv[optind]);
	start(address, (uint16_t)port);
	httpd_conn_init(&server.conn);
	if (ends_with_stdin)
		httpd_conn_watch(server.conn.epoll, STDIN_FILENO, NULL, EPOLLIN, EPOLL_CTL_ADD);
	serve();
	return 0;
}
