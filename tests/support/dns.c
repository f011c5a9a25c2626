/*
 * SPDX-License-Identifier: MIT
 *
 * dns ADDRESS|none|@FILE
 *
 * The tests' name server: answers on 127.0.0.1, port 53, every question for an A record with ADDRESS, or with what FILE has
 * then, and any other with no record; none: no name exists. Prints "up", then the name of each question, one a line. Runs in
 * a network namespace in which the test may have that port.
 *
 * Source: RFC 1035, 4.1
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 12, PACKET = 512, TYPE_A = 1, NO_SUCH_NAME = 3 };

/* What every name resolves to. */
struct target {
	int exists;
	struct in_addr address;
};

/* Prints the question's name; returns the offset behind its type and class, or 0. */
static size_t take_question(const uint8_t *packet, size_t len, unsigned *type_out)
{
	size_t at = HEADER;

	while (at < len && packet[at] != 0) {
		size_t label = packet[at];

		if (label > 63 || at + 1 + label >= len)
			return 0;
		printf("%.*s.", (int)label, (const char *)packet + at + 1);
		at += 1 + label;
	}
	if (at + 5 > len)
		return 0;
	*type_out = (unsigned)packet[at + 1] << 8 | packet[at + 2];
	printf(" %u\n", *type_out);
	fflush(stdout);
	return at + 5;
}

static size_t answer(uint8_t *packet, size_t len, const struct target *target)
{
	/* A pointer to the name, A, IN, 60 s, 4 bytes. */
	static const uint8_t record[12] = {0xc0, HEADER, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4};
	unsigned type = 0;
	size_t end = take_question(packet, len, &type);

	if (!end || end + sizeof(record) + sizeof(target->address) > PACKET)
		return 0;
	packet[2] = 0x81;                                       /* an answer, recursion desired .. */
	packet[3] = 0x80 | (target->exists ? 0 : NO_SUCH_NAME); /* .. and available */
	memset(packet + 6, 0, 6);
	if (!target->exists || type != TYPE_A)
		return end;
	packet[7] = 1;
	memcpy(packet + end, record, sizeof(record));
	memcpy(packet + end + sizeof(record), &target->address, sizeof(target->address));
	return end + sizeof(record) + sizeof(target->address);
}

static int parse_target(const char *text, struct target *target_out)
{
	target_out->exists = strcmp(text, "none") != 0;
	return !target_out->exists || inet_pton(AF_INET, text, &target_out->address) == 1;
}

/* Of the argument, or of the file that it names. */
static int find_target(const char *argument, struct target *target_out)
{
	char text[64] = "";
	FILE *file;

	if (argument[0] != '@')
		return parse_target(argument, target_out);
	file = fopen(argument + 1, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%63s", text) != 1)
		text[0] = '\0';
	fclose(file);
	return parse_target(text, target_out);
}

int main(int argc, char **argv)
{
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(53)}, peer;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct target target;
	uint8_t packet[PACKET];

	local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (argc != 2 || !find_target(argv[1], &target))
		return 2;
	if (fd < 0 || bind(fd, (struct sockaddr *)&local, sizeof(local))) {
		perror("dns");
		return 1;
	}
	puts("up");
	fflush(stdout);
	for (;;) {
		socklen_t peer_len = sizeof(peer);
		ssize_t got = recvfrom(fd, packet, sizeof(packet), 0, (struct sockaddr *)&peer, &peer_len);
		size_t len = got >= HEADER && find_target(argv[1], &target)
				     ? answer(packet, (size_t)got, &target)
				     : 0;

		if (len > 0)
			sendto(fd, packet, len, 0, (struct sockaddr *)&peer, peer_len);
	}
}
