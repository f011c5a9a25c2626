/* SPDX-License-Identifier: MIT */
/*
 * Console lines: `blobroot: subject: what: why`, one per fact, to the kernel log and the console.
 *
 * Flow: only keeper/, engine/ and serve/news call it; every other module returns what happened.
 * Process: keeper, engine
 * Source: blobrootd(8), "DIAGNOSTICS"; Documentation/ABI/testing/dev-kmsg
 */
#ifndef BLOBROOT_LOG_H
#define BLOBROOT_LOG_H

#include <stdbool.h>

/*
 * Chooses where lines go, once: /dev/kmsg, and also /dev/console if the console's log level hides the
 * kernel's notices (`quiet`). Without /dev/kmsg, or when LOG_STDERR_ENV is set, lines go to stderr. The
 * descriptors stay open, because nothing can be opened after the switch to the real root.
 */
#define LOG_STDERR_ENV "BLOBROOT_LOG_STDERR"
void log_open(void);

/*
 * The descriptors in use (-1: none) and the console's log level, to be passed across an exec. The kernel
 * hides lines of that level and above from the console. log_adopt takes them over after the exec, and sees to it that
 * the console does not block.
 */
enum { LOG_LEVEL_DEFAULT = 5 };
void log_descriptors(int *kmsg_out, int *console_out, int *level_out);
void log_adopt(int kmsg, int console, int level);

/*
 * log_note: normal events; log_error: failures. Lines over 900 bytes are truncated, and every byte that is not
 * printable ASCII becomes '?'.
 */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* As log_error, for a line with which the process ends: it is never left out. */
void log_last(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From now on the number of lines with the same format about the same subject is bounded: see flood.h. */
void log_bound(void);
/* Reports lines that were left out, as far as their bound allows now. Returns false if some remain: call it again later. */
bool log_catch_up(void);
/* Calls fn for each line that is left out: it must see to it that log_catch_up is called. */
void log_watch(void (*fn)(void *arg), void *arg);

#endif
