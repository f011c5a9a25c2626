/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that go with a message over a Unix socket.
 *
 * Flow: the keeper sends what it holds to `blobrootd mount` and `blobrootd profile`; `blobrootd upgrade` sends a program.
 * Process: both
 * Source: unix(7), SCM_RIGHTS; cmsg(3)
 */
#ifndef BLOBROOT_RIGHTS_H
#define BLOBROOT_RIGHTS_H

#include <stddef.h>
#include <sys/types.h>

enum { RIGHTS_MAX = 4 };

/* Sends bytes, and count descriptors with them: none is sent twice. Shape: count <= RIGHTS_MAX. Returns as sendmsg, or -errno. */
ssize_t rights_send(int socket, const void *bytes, size_t len, const int *fds, unsigned count);

/*
 * Receives bytes, and the descriptors that came with them: *count_out of them, close-on-exec, at most RIGHTS_MAX; the kernel closes
 * what is beyond that. flags: recvmsg's. Returns as recvmsg, or -errno. Owns: the caller closes fds_out's.
 */
ssize_t rights_receive(int socket, void *buf, size_t size, int flags, int fds_out[RIGHTS_MAX],
		       unsigned *count_out);

#endif
