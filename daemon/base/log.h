/* SPDX-License-Identifier: MIT */
/*
 * Console lines: `blobroot: subject: what: why`, one a fact, to the kernel log and the console.
 *
 * Flow: only keeper, engine and start call it; every other module returns what happened.
 * Process: keeper, engine
 * Source: blobrootd(8), "DIAGNOSTICS"; Documentation/ABI/testing/dev-kmsg
 */
#ifndef BLOBROOT_LOG_H
#define BLOBROOT_LOG_H

/*
 * Finds where lines go, once: /dev/kmsg, and /dev/console as well where the console's log level hides the
 * kernel's notices (`quiet`). Without /dev/kmsg, or when LOG_STDERR_ENV is set, lines go to stderr. The
 * descriptors stay open, because nothing can be opened after the switch to the real root.
 */
#define LOG_STDERR_ENV "BLOBROOT_LOG_STDERR"
void log_open(void);

/*
 * The descriptors in use, for an exec (-1 is none), and the console's log level: what is less urgent the kernel keeps
 * off the console. log_adopt is their other end.
 */
enum { LOG_LEVEL_DEFAULT = 5 };
void log_descriptors(int *kmsg_out, int *console_out, int *level_out);
void log_adopt(int kmsg, int console, int level);

/* What goes as it should; what does not. Lines over 900 bytes are cut, and all that is not printable ASCII
 * becomes '?'. */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
