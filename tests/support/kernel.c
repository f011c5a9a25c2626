/*
 * SPDX-License-Identifier: MIT
 *
 * kernel [--start] [--patience SECONDS] [--room MIB] [--image FILE] --blobrootd PROGRAM [--script FILE] WORD..
 *
 * The tests' kernel: runs the unmodified daemon and is, to it, the kernel behind /dev/cachefiles. It catches
 * the daemon's system calls with a seccomp filter (kernel_filter.c), gives it requests, takes its answers,
 * and looks at every byte. It plays the keeper as well and starts `blobrootd engine`; with --start it runs
 * `blobrootd start` with a keeper of its own, its store in ./cache, its run directory ./run
 * and its initramfs' files in ./etc. WORDs are the
 * kernel command line's. Cache files are in ./cache.
 *
 * The store can take so many MIB (1024), says the keeper that it plays.
 *
 * FILE is what the image's URL serves: every byte that the daemon shows must be FILE's.
 *
 * The script comes from --script or from standard input, one command a line. It ends the run with status 0 if
 * each request was answered, once, as the script expected it, with right bytes, and the daemon is still
 * there; or at the first broken promise with status 1 and the line `broken: why`. Status 2: wrong usage. What
 * happens is printed, one line an event.
 *
 * Each `wait`-like command serves the daemon until its condition holds, or breaks the run after --patience
 * (60). Other commands return at once, so requests that stand together in the script are in flight together.
 * Numbers may be hexadecimal (0x..) and may end in K or M. PATTERN is of the shell's kind and must match the
 * whole line.
 *
 *   ready                    wait until the image can be mounted; its key is `image` from now on
 *   failed STATUS PATTERN    wait until the daemon has ended so, its last notice matching
 *   log PATTERN              wait for a line of the daemon's log, behind those that earlier waits have seen
 *   nolog PATTERN            no such line so far
 *   open KEY [VOLUME]        OPEN; objects have the numbers 1, 2, .. in the order of opens; %XX is a byte in KEY
 *   read OBJECT OFF LEN [=LABEL]  READ; it is held back until its object is open, as the kernel does
 *   wait [all|LABEL [ok|eio|any]]  each OPEN and READ of these has its answer; default: all ok
 *   pending all|LABEL        they have none yet
 *   abandon all|LABEL        their readers are killed: answers to them get EINVAL
 *   close OBJECT             CLOSE, and once it is read (or at once, if it is not open) its requests are cancelled
 *   scan OBJECT LEN          read all of it, LEN at a time, one after the other, all ok
 *   random OBJECT N SEED LEN N reads of up to LEN bytes at once, all ok
 *   sample OBJECT PERCENT SEED LEN  read so much of it in scattered pieces of LEN, one after the other, all ok
 *   judge OBJECT LEN FILE [N]  read all of it, LEN at a time, N reads in flight (1): EIO for each read that touches a
 *                            block of FILE's lines, FIRST-LAST, and all others ok
 *   raw HEX                  a message of these bytes
 *   message ID OPCODE LEN OBJECT BODY  a header of these numbers, then BODY bytes of 0xa5
 *   settle                   wait until the daemon has read all messages there are
 *   limit N                  the daemon may hold N reads without an answer
 *   ports N                  settle, and so many cache files are open in the engine
 *   fill ERROR [N]           all, or the next N, writes to cache files fail: ENOSPC, ENOBUFS, EIO, EINTR
 *   fill short|late|ok       writes take half; objects' first write fails with ENOBUFS; writes are well again
 *   source KEY FILE          the daemon must show FILE's bytes under KEY (`image` too) at the next open
 *   kill                     SIGKILL to the engine; objects are orphaned
 *   remember TEXT            the keeper tells it the next engine, in place of what has the same key; %XX is a byte
 *   hashes spoil             the hash blocks that earlier engines have left are others, and all are there
 *   stats spoil SEED        what earlier engines have left of mirrors is any bytes
 *   start                    start the next engine, ask again what has no answer (with --start the keeper does)
 *   check A OP B             settle; A and B are numbers or counters (fetched, requests, misses, failed, hashes,
 *                            wrong, and memory, the most that the engine has had), OP one of < > ==; with --start
 *                            fetched and requests are as of the last message, or a second old, and there are no others
 *   sh COMMAND               a shell command, which must succeed; the daemon is not served meanwhile
 *   until COMMAND            wait until the shell command succeeds; it is run again and again, and the daemon is served
 */
#include "kernel_answer.h"
#include "kernel_daemon.h"
#include "kernel_keeper.h"
#include "kernel_model.h"
#include "kernel_script.h"
#include "kernel_trap.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void kernel_broken(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("broken: ", stdout);
	vprintf(format, args);
	putchar('\n');
	va_end(args);
	fflush(stdout);
	kernel_daemon_end();
	/* What is still allocated is of no interest now. */
	_exit(1);
}

static int usage(void)
{
	fputs("usage: kernel [--start] [--patience SECONDS] [--room MIB] [--image FILE] --blobrootd PROGRAM "
	      "[--script "
	      "FILE] "
	      "[--open-error N] [--bind-error N] WORD..\n",
	      stderr);
	return 2;
}

static void run(FILE *script)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, script) > 0)
		kernel_script_run(line);
	free(line);
	kernel_script_end();
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"blobrootd", required_argument, NULL, 'b'},
						{"image", required_argument, NULL, 'i'},
						{"script", required_argument, NULL, 's'},
						{"patience", required_argument, NULL, 'p'},
						{"room", required_argument, NULL, 'r'},
						{"start", no_argument, NULL, 'S'},
						{"open-error", required_argument, NULL, 'o'},
						{"bind-error", required_argument, NULL, 'e'},
						{NULL, 0, NULL, 0}};
	struct kernel_daemon_options daemon = {.patience_s = 60};
	FILE *script = stdin;
	const char *image = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c == 'b')
			daemon.program = optarg;
		else if (c == 'i')
			image = optarg;
		else if (c == 's')
			script = fopen(optarg, "re");
		else if (c == 'p')
			daemon.patience_s = (unsigned)atoi(optarg);
		else if (c == 'r')
			kernel_keeper_give_room(optarg);
		else if (c == 'S')
			daemon.is_start = true;
		else if (c == 'o')
			kernel_trap_fail_open(atoi(optarg));
		else if (c == 'e')
			kernel_answer_fail_bind(atoi(optarg));
		else
			return usage();
	}
	if (!daemon.program || !script)
		return usage();
	if (mkdir("cache", 0755) && errno != EEXIST)
		kernel_broken("cache: %s", strerror(errno));
	setvbuf(stdout, NULL, _IOLBF, 0);
	daemon.words = argv + optind;
	kernel_script_init(image);
	kernel_model_init("cache");
	kernel_daemon_init(&daemon);
	if (!daemon.is_start)
		kernel_answer_is_bound();
	kernel_daemon_start();
	run(script);
	puts("all promises kept");
	fflush(stdout);
	kernel_daemon_end();
	return 0;
}
