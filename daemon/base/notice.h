/* SPDX-License-Identifier: MIT */
/*
 * The whole interface from engine to keeper: messages. (Apart from it they share counters.h.)
 *
 * Flow: engine -> notice_send -> (socketpair, SOCK_SEQPACKET) -> notice_receive -> keeper. The keeper says one thing to
 * the engine: notice_send_dying.
 * Process: both. To the keeper every notice is untrusted input: it checks size and form, and only stores the text
 * and passes it on, to the next engine and to terminals.
 */
#ifndef BLOBROOT_NOTICE_H
#define BLOBROOT_NOTICE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	NOTICE_TEXT_MAX = 1024,
	NOTICE_KEY_MAX = 255,     /* bytes of a key */
	NOTICE_REMEMBER_MAX = 64, /* texts that the keeper remembers */
};

enum notice_type {
	NOTICE_READY = 1, /* the image can be mounted; text: what `blobrootd mount` needs, see mount_plan.h */
	NOTICE_REMEMBER,  /* text: KEY TAB VALUE; the next engine gets it as an argument */
	NOTICE_FAILED, /* it cannot be mounted; text: `what: why`. The exit status says whether to try again
			*/
	NOTICE_INTERRUPTED, /* text: REQUEST THREAD: is this reader, which got a signal, being killed? */
};

struct notice {
	uint32_t type;
	char text[NOTICE_TEXT_MAX]; /* ends in NUL */
};

/*
 * Has the text the form KEY TAB VALUE? Both are not empty and hold no control characters, but for tabs in
 * VALUE. What VALUE means is known to engines only.
 */
bool notice_is_memorable(const char *text);

/*
 * What is not printable ASCII becomes `?`, but in what is to be remembered. Errors: -errno of send; a notice to a
 * keeper that is gone is lost.
 */
int notice_send(int fd, enum notice_type type, const char *text);

/* A notice of NOTICE_INTERRUPTED. Errors: -EAGAIN, as notice_send. */
int notice_send_interrupted(int fd, uint64_t request_id, int reader);
/* Parses its text. */
bool notice_is_interrupted(const char *text, uint64_t *request_id_out, int *reader_out);
/* The keeper's answer, if the reader is being killed; else it has none. Best effort: the engine asks again. */
void notice_send_dying(int fd, uint64_t request_id);
/* Returns as notice_receive. */
int notice_receive_dying(int fd, uint64_t *request_id_out);

/*
 * Returns 1 for a notice, 0 when the peer is gone. Errors: -EAGAIN, -errno of recv; -EBADMSG if it is malformed: its
 * size, its type, a text that is not memorable, or in the others anything but printable ASCII and tabs.
 */
int notice_receive(int fd, struct notice *notice_out);

#endif
