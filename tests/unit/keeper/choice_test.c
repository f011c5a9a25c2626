/* SPDX-License-Identifier: MIT */
/* Which transport is taken, of two that each work, do not work, or work for some images only. */
#include "unit.h"

#include "base/exits.h"
#include "keeper/choice.h"

static struct {
	int status;
	const char *why;
} found[2];

static int probe(unsigned i, char *why_out)
{
	snprintf(why_out, TRANSPORT_WHY_MAX, "%s", found[i].why);
	return found[i].status;
}

static int probe_files(char *why_out)
{
	return probe(0, why_out);
}

static int probe_memory(char *why_out)
{
	return probe(1, why_out);
}

static const struct transport transports[2] = {
	{.name = "files", .has_files = true, .cache = "ram", .probe = probe_files},
	{.name = "memory", .cache = "page", .probe = probe_memory}};

const struct transport *transport_at(unsigned index)
{
	return index < 2 ? &transports[index] : NULL;
}

const struct transport *transport_find(const char *name)
{
	for (unsigned i = 0; i < 2; i++)
		if (strcmp(transports[i].name, name) == 0)
			return &transports[i];
	return NULL;
}

static void set(unsigned i, int status, const char *why)
{
	found[i].status = status;
	found[i].why = why;
}

static struct config config = {.profile = "auto"};

/* said: what is taken, or why nothing is. */
static void chooses(const char *asked, bool is_native, int status, const char *said)
{
	const struct transport *transport = NULL;
	char text[CHOICE_WHY_MAX];

	snprintf(config.transport, sizeof(config.transport), "%s", asked);
	EQ(status, choice_make(&config, is_native, &transport, text));
	ATF_CHECK_STREQ(said, text);
	if (status == EXIT_DONE)
		ATF_CHECK(strncmp(said + strlen("transport: "), transport->name, strlen(transport->name)) ==
			  0);
}

CASE(the_first_that_works_is_taken)
{
	set(0, EXIT_DONE, "");
	set(1, EXIT_DONE, "");
	chooses("auto", false, EXIT_DONE, "transport: files");
	chooses("auto", true, EXIT_DONE, "transport: memory");
	set(0, EXIT_PERMANENT, "no device");
	chooses("auto", false, EXIT_DONE,
		"transport: memory, because others do not work here: files: no device");
}

CASE(one_that_cannot_have_each_image_is_taken_only_if_there_is_no_other)
{
	set(0, EXIT_DONE, "some images hang");
	set(1, EXIT_DONE, "");
	chooses("auto", false, EXIT_DONE,
		"transport: memory, because others do not work here: files: some images hang");
	/* Nor if the other one cannot do what is asked for. */
	config.complete_rate = 1;
	chooses("auto", false, EXIT_DONE,
		"transport: files, though not for each image, because no other works here: files: some images hang; memory: "
		"rd.blob.complete=: the kernel may drop what it has, as rd.blob.cache=page keeps nothing for it");
	config.complete_rate = 0;
	set(1, EXIT_PERMANENT, "no device");
	chooses("auto", false, EXIT_DONE,
		"transport: files, though not for each image, because no other works here: files: some images hang; memory: no device");
}

CASE(one_that_is_named_is_taken_or_it_is_said_why_not)
{
	set(0, EXIT_DONE, "some images hang");
	set(1, EXIT_PERMANENT, "no device");
	chooses("files", false, EXIT_DONE, "transport: files");
	chooses("memory", false, EXIT_PERMANENT, "rd.blob.transport=memory: no device");
	chooses("files", true, EXIT_PERMANENT, "rd.blob.transport=files: no image is mounted by it here");
}

CASE(where_none_works_both_reasons_are_said)
{
	set(0, EXIT_PERMANENT, "old");
	set(1, EXIT_PERMANENT, "no device");
	chooses("auto", false, EXIT_PERMANENT,
		"transport: none works here: files: old; memory: no device. Either is a way out: a kernel from Linux 6.12 on, or modules with on-demand mode");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_first_that_works_is_taken);
	ATF_TP_ADD_TC(tp, one_that_cannot_have_each_image_is_taken_only_if_there_is_no_other);
	ATF_TP_ADD_TC(tp, one_that_is_named_is_taken_or_it_is_said_why_not);
	ATF_TP_ADD_TC(tp, where_none_works_both_reasons_are_said);
	return atf_no_error();
}
