/* SPDX-License-Identifier: MIT */
#include "base/rights.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(RIGHTS_MAX * sizeof(int))];
};

ssize_t rights_send(int socket, const void *bytes, size_t len, const int *fds, unsigned count)
{
	union control control = {.bytes = {0}};
	struct iovec from = {(void *)bytes, len};
	struct msghdr message = {.msg_iov = &from, .msg_iovlen = 1};
	size_t size = count * sizeof(int);
	struct cmsghdr *rights = &control.align;
	ssize_t sent;

	if (count > 0) {
		message.msg_control = &control;
		message.msg_controllen = (socklen_t)CMSG_SPACE(size);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = (socklen_t)CMSG_LEN(size);
		memcpy(CMSG_DATA(rights), fds, size);
	}
	sent = sendmsg(socket, &message, MSG_NOSIGNAL);
	return sent < 0 ? -errno : sent;
}

ssize_t rights_receive(int socket, void *buf, size_t size, int flags, int fds_out[RIGHTS_MAX],
		       unsigned *count_out)
{
	union control control;
	struct iovec to = {buf, size};
	struct msghdr message = {
		.msg_iov = &to, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
	struct cmsghdr *rights = got < 0 ? NULL : CMSG_FIRSTHDR(&message);

	*count_out = 0;
	if (got < 0)
		return -errno;
	/* Linux sends at most one message of rights with a datagram, or with a read of a stream. */
	if (rights && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS) {
		*count_out = (unsigned)((rights->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds_out, CMSG_DATA(rights), *count_out * sizeof(int));
	}
	return got;
}
