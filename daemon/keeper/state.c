/* SPDX-License-Identifier: MIT */
#include "keeper/state.h"

#include "base/block.h"
#include "base/counters.h"
#include "base/record.h"
#include "base/rights.h"
#include "transport/transport.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	NAMES_MAX = 32,
	NO_MEMORY_PAUSE_MS = 10,
};

/*
 * What goes with the text, in the order in which `rights=` names it. The tree is the first: clients of before take one descriptor for
 * it, and use it only where there is a tree. Returns how many.
 */
static unsigned list_rights(const struct handover *know, int fds_out[RIGHTS_MAX], char names_out[NAMES_MAX])
{
	const struct {
		const char *name;
		int fd;
	} rights[] = {{"tree", know->keeper.tree}, {"record", know->engine.record}};
	unsigned count = 0;
	int len = 0;

	names_out[0] = '\0';
	for (unsigned i = 0; i < sizeof(rights) / sizeof(*rights); i++) {
		if (rights[i].fd < 0)
			continue;
		len += snprintf(names_out + len, (size_t)(NAMES_MAX - len), "%s%s", count ? "," : "",
				rights[i].name);
		fds_out[count++] = rights[i].fd;
	}
	return count;
}

/* What its engines have counted of the boot; zeros: nothing, or it is not to be had. */
static struct record_use use_of(const struct handover *know)
{
	struct record_use use;
	ssize_t got = pread(know->engine.record, &use, sizeof(use), offsetof(struct record, use));

	return got == (ssize_t)sizeof(use) ? use : (struct record_use){.touches = 0};
}

static const char *name_profile(const struct record_use *use)
{
	return use->profile == RECORD_PROFILE || use->profile == RECORD_RESUMED ? "used"
	       : use->profile == RECORD_OVER                                    ? "over"
										: "none";
}

void state_tell(const struct handover *know, const struct transport *transport,
		const struct counters *counters)
{
	int client = accept4(know->keeper.control, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	char text[2 * NOTICE_TEXT_MAX], names[NAMES_MAX];
	struct record_use use;
	int fds[RIGHTS_MAX], len;
	unsigned count;

	if (client < 0) {
		/* Out of memory: the client stays queued, and poll would return at once. */
		if (errno != EAGAIN && errno != ECONNABORTED)
			poll(NULL, 0, NO_MEMORY_PAUSE_MS);
		return;
	}
	count = list_rights(know, fds, names);
	use = use_of(know);
	len = snprintf(
		text, sizeof(text),
		"state=%s\ntransport=%s\ncache=%s\nfetched=%" PRIu64 "\nrequests=%" PRIu64 "\nmisses=%" PRIu64
		"\nfailed=%" PRIu64 "\nhashes=%" PRIu64 "\nwrong=%" PRIu64 "\ntouches=%" PRIu64
		"\nwaits=%" PRIu64 "\nprofile=%s\nahead=%" PRIu64 "\nused=%" PRIu64 "\nlate=%" PRIu64
		"\nrestarts=%d\nversion=" BLOBROOT_VERSION "\nkeeper=%d\nengine=%d\nrights=%s\nmount=%s\n",
		know->keeper.plan[0] ? "ready" : "starting", transport->name,
		transport->has_files      ? "store"
		: know->engine.store >= 0 ? "disk"
		: know->engine.kept < 0   ? "page"
					  : "ram",
		counters->fetched_bytes, counters->requests, counters->misses, counters->failed,
		counters->hash_bytes, counters->wrong_blocks, use.touches, use.waits, name_profile(&use),
		use.ahead_blocks * BLOCK_SIZE, use.used_blocks * BLOCK_SIZE, use.late_blocks * BLOCK_SIZE,
		know->keeper.restarts, (int)getpid(), know->keeper.engine_pid, names, know->keeper.plan);
	(void)rights_send(client, text, (size_t)len, fds, count);
	close(client);
}
