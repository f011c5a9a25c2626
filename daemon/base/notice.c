/* SPDX-License-Identifier: MIT */
#include "base/notice.h"

#include <errno.h>
#include <stddef.h>
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

int notice_receive(int fd, struct notice *notice_out)
{
	ssize_t got = recv(fd, notice_out, sizeof(*notice_out), MSG_DONTWAIT | MSG_TRUNC);

	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? -EAGAIN : -errno;
	if (got == 0)
		return 0;
	if ((size_t)got <= offsetof(struct notice, text) || (size_t)got > sizeof(*notice_out) ||
	    ((char *)notice_out)[got - 1] != '\0' || notice_out->type < NOTICE_READY ||
	    notice_out->type > NOTICE_FAILED)
		return -EBADMSG;
	return (notice_out->type == NOTICE_REMEMBER ? notice_is_memorable(notice_out->text)
						    : is_line(notice_out->text))
		       ? 1
		       : -EBADMSG;
}
