/* SPDX-License-Identifier: MIT */
#include "keeper/told.h"

#include "base/mount_plan.h"
#include "keeper/dying.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void remember(struct option_texts *remembered, const char *text)
{
	size_t key_len = strcspn(text, "\t");

	for (unsigned i = 0; i < remembered->count; i++)
		if (strncmp(remembered->list[i], text, key_len + 1) == 0)
			return;
	if (remembered->count < NOTICE_REMEMBER_MAX)
		snprintf(remembered->list[remembered->count++], NOTICE_TEXT_MAX, "%s", text);
}

static void hang_up(struct handover *know)
{
	close(know->engine.notices);
	know->engine.notices = -1;
}

/*
 * No engine sends such a message unless it is broken, or was taken over; then it need not heed the end of its
 * socket either.
 */
static void oust(struct told *told, struct handover *know)
{
	hang_up(know);
	if (know->keeper.engine_pid > 0) {
		told->is_ousted = true;
		kill(know->keeper.engine_pid, SIGKILL);
	}
}

/* An engine's reader got a signal. */
static void answer_interrupted(struct told *told, struct handover *know, const char *text)
{
	uint64_t request_id;
	int reader;

	if (!notice_is_interrupted(text, &request_id, &reader))
		oust(told, know);
	else if (dying_is(know->keeper.proc, reader))
		notice_send_dying(know->engine.notices, request_id);
}

static void take_plan(struct told *told, struct handover *know, const char *text)
{
	struct mount_plan plan;

	if (!mount_plan_parse(text, &plan))
		oust(told, know);
	else if (!know->keeper.plan[0])
		snprintf(know->keeper.plan, sizeof(know->keeper.plan), "%s", text);
}

static void take(struct told *told, struct handover *know, const struct notice *notice)
{
	switch (notice->type) {
	case NOTICE_REMEMBER:
		remember(&know->engine.remembered, notice->text);
		break;
	case NOTICE_FAILED:
		snprintf(told->failure, sizeof(told->failure), "%s", notice->text);
		break;
	case NOTICE_INTERRUPTED:
		answer_interrupted(told, know, notice->text);
		break;
	case NOTICE_READY:
		take_plan(told, know, notice->text);
		break;
	}
}

void told_take(struct told *told, struct handover *know, unsigned most)
{
	struct notice notice;
	int got;

	while (most-- > 0 && know->engine.notices >= 0 &&
	       (got = notice_receive(know->engine.notices, &notice)) != -EAGAIN) {
		if (got > 0)
			take(told, know, &notice);
		else if (got == -EBADMSG)
			oust(told, know);
		else
			hang_up(know);
	}
}
