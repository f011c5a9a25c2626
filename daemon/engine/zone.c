/* SPDX-License-Identifier: MIT */
/*
 * Replaces libc's if_nametoindex(3), for the zone of an address such as fe80::1%eth0. libc's uses a Unix
 * socket, and the engine may create none (confine_filter.c). libc's resolver and libcurl call this one,
 * because the linker prefers a program's own function to the archive's.
 *
 * Process: engine
 * Source: netdevice(7), SIOCGIFINDEX
 */
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

unsigned if_nametoindex(const char *name)
{
	struct ifreq request = {0};
	int fd, got;

	if (strlen(name) >= sizeof(request.ifr_name))
		return 0;
	strcpy(request.ifr_name, name);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	got = ioctl(fd, SIOCGIFINDEX, &request);
	close(fd);
	return got < 0 ? 0 : (unsigned)request.ifr_ifindex;
}
