/* SPDX-License-Identifier: MIT */
/*
 * What an engine, which may be anybody's by now, sends to the keeper: a notice that is taken is one, and comes back
 * as it is when it is sent.
 */
#include "fuzz.h"

#include "base/notice.h"

#include <err.h>
#include <errno.h>
#include <sys/socket.h>

static int ends[2] = {-1, -1};

static void check(const struct notice *notice)
{
	struct notice again;

	MUST(notice->type >= NOTICE_READY && notice->type <= NOTICE_INTERRUPTED, "type %u", notice->type);
	MUST(memchr(notice->text, 0, sizeof(notice->text)), "a text without an end");
	for (const char *at = notice->text; notice->type != NOTICE_REMEMBER && *at; at++)
		MUST(*at == '\t' || (*at >= ' ' && *at < 0x7f), "byte %d", *at);
	MUST(notice->type != NOTICE_REMEMBER || notice_is_memorable(notice->text), "no key, or no value");
	MUST(notice_send(ends[0], (enum notice_type)notice->type, notice->text) == 0, "it cannot be sent");
	MUST(notice_receive(ends[1], &again) == 1, "sent, it is malformed");
	MUST(again.type == notice->type && strcmp(again.text, notice->text) == 0, "sent, it is another");
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct notice notice;
	int got;

	if (ends[0] < 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		err(1, "socketpair");
	memset(&notice, 0xff, sizeof(notice));
	MUST(notice_receive(ends[1], &notice) == -EAGAIN, "something is left");
	MUST(send(ends[0], data, size, 0) == (ssize_t)size, "%zu bytes cannot be sent", size);
	got = notice_receive(ends[1], &notice);
	/* An empty one is as good as the end: whoever sends it has nothing to say any more. */
	MUST(got == 1 || got == -EBADMSG || (got == 0 && size == 0), "%d", got);
	MUST(got != 1 || size <= sizeof(notice), "longer than a notice");
	if (got == 1)
		check(&notice);
	return 0;
}
