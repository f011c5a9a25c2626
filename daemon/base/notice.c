/* SPDX-License-Identifier: MIT */
#include "base/notice.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Tabs separate fields. */
static bool is_printable(char byte)
{
	return ((unsigned char)byte >= ' ' && (unsigned char)byte < 0x7f) || byte == '\t';
}

bool notice_is_memorable(const char *text)
{
	size_t key_len = strcspn(text, "\t");

	if (key_len == 0 || key_len > NOTICE_KEY_MAX || text[key_len] == '\0' || text[key_len + 1] == '\0')
		return false;
	/* A blob's name may hold any characters but those. */
	for (; *text; text++)
		if (!is_printable(*text) && (unsigned char)*text < 0x80)
			return false;
	return true;
}

static bool is_line(const char *text)
{
	while (is_printable(*text))
		text++;
	return *text == '\0';
}

int notice_send(int fd, enum notice_type type, const char *text)
{
	struct notice notice = {.type = type};
	size_t len = strlen(text);

	if (len >= NOTICE_TEXT_MAX)
		len = NOTICE_TEXT_MAX - 1;
	memcpy(notice.text, text, len);
	for (char *at = notice.text; type != NOTICE_REMEMBER && *at; at++)
		if (!is_printable(*at))
			*at = '?';
	return send(fd, &notice, offsetof(struct notice, text) + len + 1, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int notice_send_interrupted(int fd, uint64_t request_id, int reader)
{
	struct notice notice = {.type = NOTICE_INTERRUPTED};
	int len = snprintf(notice.text, sizeof(notice.text), "%" PRIu64 " %d", request_id, reader);

	return send(fd, &notice, offsetof(struct notice, text) + (size_t)len + 1,
		    MSG_NOSIGNAL | MSG_DONTWAIT) < 0
		       ? -errno
		       : 0;
}

bool notice_is_interrupted(const char *text, uint64_t *request_id_out, int *reader_out)
{
	char *end;
	unsigned long reader;

	if (*text < '0' || *text > '9')
		return false;
	*request_id_out = strtoull(text, &end, 10);
	if (*end != ' ' || end[1] < '1' || end[1] > '9')
		return false;
	reader = strtoul(end + 1, &end, 10);
	*reader_out = (int)reader;
	return *end == '\0' && reader <= INT_MAX;
}

void notice_send_dying(int fd, uint64_t request_id)
{
	(void)send(fd, &request_id, sizeof(request_id), MSG_NOSIGNAL | MSG_DONTWAIT);
}

int notice_receive_dying(int fd, uint64_t *request_id_out)
{
	ssize_t got = recv(fd, request_id_out, sizeof(*request_id_out), MSG_DONTWAIT);

	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? -EAGAIN : -errno;
	return got == sizeof(*request_id_out);
}

int notice_receive(int fd, struct notice *notice_out)
{
	ssize_t got = recv(fd, notice_out, sizeof(*notice_out), MSG_DONTWAIT | MSG_TRUNC);

	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? -EAGAIN : -errno;
	if (got == 0)
		return 0;
	if ((size_t)got <= offsetof(struct notice, text) || (size_t)got > sizeof(*notice_out) ||
	    ((char *)notice_out)[got - 1] != '\0' || notice_out->type < NOTICE_READY ||
	    notice_out->type > NOTICE_INTERRUPTED)
		return -EBADMSG;
	return (notice_out->type == NOTICE_REMEMBER ? notice_is_memorable(notice_out->text)
						    : is_line(notice_out->text))
		       ? 1
		       : -EBADMSG;
}
