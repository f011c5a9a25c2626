/* SPDX-License-Identifier: MIT */
/*
 * A long line between two hosts: packets arrive late, and no faster than the line carries them.
 *
 *   line NEAR FAR MBIT MS
 *
 * Makes two network interfaces (tun, without addresses), NEAR and FAR. What is sent into one comes out of the other after MS
 * milliseconds, MBIT megabits a second each way. What waits for the line waits in a queue of 100 ms, or MS if that is
 * more, as a router would have; beyond it packets are lost. Prints a line when both are there, and runs until its input
 * is closed. FAR can be moved to another network namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* The kernel hands over what it would hand to a card that cuts packets by itself: that costs a tenth of the time. */
enum { PACKET = 128 * 1024, SLOTS = 65536, QUEUE_MS = 100 };

static const uint64_t SECOND_NS = 1000000000, MS_NS = 1000000;

struct packet {
	uint64_t due_ns;
	size_t len;
	uint8_t *bytes;
};

/* One direction. The ring's packets are due in the order in which they came. */
struct way {
	int from, to;
	uint64_t free_ns; /* when the line has sent all that it has been given */
	size_t first, count;
	struct packet *ring;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static int interface(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0 ||
	    ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) != 0) {
		fprintf(stderr, "line: %s: %s\n", name, strerror(errno));
		exit(1);
	}
	return fd;
}

static void take(struct way *way, uint64_t mbit, uint64_t ms)
{
	uint64_t queue_ns = (ms > QUEUE_MS ? ms : QUEUE_MS) * MS_NS;

	static uint8_t bytes[PACKET];
	ssize_t len;

	while ((len = read(way->from, bytes, sizeof(bytes))) > 0) {
		struct packet *packet = &way->ring[(way->first + way->count) % SLOTS];
		uint64_t now = now_ns(), start = way->free_ns > now ? way->free_ns : now;

		if (way->count == SLOTS || start - now > queue_ns)
			continue;
		packet->bytes = malloc((size_t)len);
		if (!packet->bytes)
			continue;
		memcpy(packet->bytes, bytes, (size_t)len);
		way->free_ns = start + (uint64_t)len * 8 * 1000 / mbit;
		packet->due_ns = way->free_ns + ms * MS_NS;
		packet->len = (size_t)len;
		way->count++;
	}
}

/* Gives what is due, and says when the next packet is. */
static uint64_t give(struct way *way)
{
	while (way->count > 0) {
		struct packet *packet = &way->ring[way->first];

		if (packet->due_ns > now_ns())
			return packet->due_ns;
		/* A full interface loses it, as a host under load does. */
		if (write(way->to, packet->bytes, packet->len) < 0 && errno != EAGAIN && errno != EIO)
			perror("line: write");
		free(packet->bytes);
		way->first = (way->first + 1) % SLOTS;
		way->count--;
	}
	return UINT64_MAX;
}

int main(int argc, char **argv)
{
	struct way ways[2] = {{0}};
	uint64_t mbit = argc == 5 ? strtoull(argv[3], NULL, 10) : 0,
		 ms = argc == 5 ? strtoull(argv[4], NULL, 10) : 0;

	if (mbit == 0) {
		fprintf(stderr, "line: usage: line NEAR FAR MBIT MS\n");
		return 2;
	}
	ways[0].from = ways[1].to = interface(argv[1]);
	ways[1].from = ways[0].to = interface(argv[2]);
	for (int i = 0; i < 2; i++) {
		ways[i].ring = calloc(SLOTS, sizeof(*ways[i].ring));
		if (!ways[i].ring)
			return 1;
	}
	puts("there");
	fflush(stdout);
	for (;;) {
		struct pollfd fds[] = {{.fd = ways[0].from, .events = POLLIN},
				       {.fd = ways[1].from, .events = POLLIN},
				       {.fd = STDIN_FILENO, .events = POLLIN}};
		uint64_t next = UINT64_MAX, now, wait;
		struct timespec limit;

		for (int i = 0; i < 2; i++) {
			uint64_t due;

			take(&ways[i], mbit, ms);
			due = give(&ways[i]);
			next = due < next ? due : next;
		}
		now = now_ns();
		wait = next == UINT64_MAX ? 10 * SECOND_NS : next > now ? next - now : 0;
		limit = (struct timespec){.tv_sec = (time_t)(wait / SECOND_NS),
					  .tv_nsec = (long)(wait % SECOND_NS)};

		if (ppoll(fds, 3, &limit, NULL) > 0 && fds[2].revents != 0)
			return 0;
	}
}
