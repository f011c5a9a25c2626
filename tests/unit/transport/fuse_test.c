/* SPDX-License-Identifier: MIT */
/* The files that the FUSE transport serves: how the kernel finds them. */
#include "unit.h"

#include "fuse_rig.h"
#include "transport/fuse_msg.h"

#include <errno.h>

/* The answer to a LOOKUP: a file of that name and size. */
static void require_entry(uint64_t unique, const char *name, uint64_t size)
{
	struct fuse_entry_out entry;

	MUST_EQ(0, fuse_rig_answer_to(unique));
	MUST_EQ(sizeof(entry), fuse_rig.body_len);
	memcpy(&entry, fuse_rig.body, sizeof(entry));
	EQ(fuse_msg_node(name), entry.nodeid);
	EQ(fuse_msg_node(name), entry.attr.ino);
	EQ(size, entry.attr.size);
}

CASE(a_lookup_is_answered_when_the_engine_knows_the_size_which_is_whole_blocks)
{
	fuse_rig_begin();
	fuse_rig_say_lookup(5, FUSE_ROOT_ID, "image");
	ATF_CHECK_STREQ("open 5 image;", fuse_rig_told());
	fuse_rig_require_no_answer();
	EQ(0, fuse_transport.answer_open(fuse_rig.channel, 5, 8193));
	require_entry(5, "image", 3 * 4096);
	/* It is known from now on. */
	fuse_rig_say_lookup(6, FUSE_ROOT_ID, "image");
	ATF_CHECK_STREQ("", fuse_rig_told());
	require_entry(6, "image", 3 * 4096);
	EQ(-ENOENT, fuse_transport.answer_open(fuse_rig.channel, 5, 8193));
	fuse_rig_require_no_answer();
	fuse_rig_end();
}

CASE(a_lookup_that_the_engine_refuses_may_come_again)
{
	fuse_rig_begin();
	for (uint64_t unique = 5; unique < 8; unique++) {
		fuse_rig_say_lookup(unique, FUSE_ROOT_ID, "gone");
		fuse_rig_told();
		EQ(0, fuse_transport.answer_open(fuse_rig.channel, unique, -EPERM));
		EQ(-EPERM, fuse_rig_answer_to(unique));
	}
	fuse_rig_say_lookup(9, FUSE_ROOT_ID, "gone");
	ATF_CHECK_STREQ("open 9 gone;", fuse_rig_told());
	EQ(0, fuse_transport.answer_open(fuse_rig.channel, 9, 0));
	require_entry(9, "gone", 0);
	fuse_rig_end();
}

CASE(a_name_that_is_looked_up_twice_is_answered_twice)
{
	fuse_rig_begin();
	fuse_rig_say_lookup(5, FUSE_ROOT_ID, "image");
	fuse_rig_say_lookup(6, FUSE_ROOT_ID, "image");
	fuse_rig_say_lookup(7, FUSE_ROOT_ID, "image");
	ATF_CHECK_STREQ("open 5 image;open 6 image;open 7 image;", fuse_rig_told());
	EQ(0, fuse_transport.answer_open(fuse_rig.channel, 5, -EIO));
	EQ(-EIO, fuse_rig_answer_to(5));
	EQ(0, fuse_transport.answer_open(fuse_rig.channel, 7, 4096));
	require_entry(7, "image", 4096);
	EQ(0, fuse_transport.answer_open(fuse_rig.channel, 6, 4096));
	require_entry(6, "image", 4096);
	fuse_rig_say_lookup(8, FUSE_ROOT_ID, "image");
	ATF_CHECK_STREQ("", fuse_rig_told());
	require_entry(8, "image", 4096);
	fuse_rig_end();
}

CASE(there_is_one_directory)
{
	fuse_rig_begin();
	fuse_rig_say_lookup(5, fuse_msg_node("image"), "image");
	fuse_rig_say_lookup(6, 0, "image");
	ATF_CHECK_STREQ("", fuse_rig_told());
	EQ(-ENOTDIR, fuse_rig_answer_to(5));
	EQ(-ENOTDIR, fuse_rig_answer_to(6));
	fuse_rig_end();
}

CASE(what_an_earlier_engine_told_is_true_in_this_one)
{
	uint64_t id;

	fuse_rig_begin();
	EQ(0, fuse_transport.adopt(fuse_rig.channel, "image", 4097, &id));
	EQ(fuse_msg_node("image"), id);
	fuse_rig_say_lookup(5, FUSE_ROOT_ID, "image");
	fuse_rig_say_read(6, id, 0, 4096);
	fuse_rig_told();
	require_entry(5, "image", 2 * 4096);
	fuse_rig_end();
}

static struct fuse_attr attributes_of(uint64_t node)
{
	struct fuse_attr_out attr = {.attr_valid = 0};
	struct fuse_getattr_in in = {.getattr_flags = 0};

	fuse_rig_say(FUSE_GETATTR, 5, node, &in, sizeof(in));
	ATF_CHECK_STREQ("", fuse_rig_told());
	if (fuse_rig_answer_to(5) == 0 && fuse_rig.body_len == sizeof(attr))
		memcpy(&attr, fuse_rig.body, sizeof(attr));
	return attr.attr;
}

CASE(attributes_are_those_of_the_directory_and_of_files_that_are_served)
{
	uint64_t id;

	fuse_rig_begin();
	EQ(0, fuse_transport.adopt(fuse_rig.channel, "image", 8192, &id));
	EQ(0040500u, attributes_of(FUSE_ROOT_ID).mode);
	EQ(0100400u, attributes_of(id).mode);
	EQ(8192u, attributes_of(id).size);
	fuse_rig_say_lookup(6, FUSE_ROOT_ID, "blob");
	fuse_rig_told();
	EQ(0u, attributes_of(fuse_msg_node("blob")).mode);
	EQ(0u, attributes_of(0).mode);
	fuse_rig_say(FUSE_GETATTR, 7, 99, "", 0);
	fuse_rig_told();
	EQ(-ESTALE, fuse_rig_answer_to(7));
	fuse_rig_end();
}

CASE(what_else_comes_has_its_answer_or_none)
{
	struct fuse_open_in in = {.flags = 0};
	uint8_t zeros[64] = {0};

	fuse_rig_begin();
	fuse_rig_say(FUSE_OPEN, 5, 99, &in, sizeof(in));
	fuse_rig_say(FUSE_STATFS, 6, FUSE_ROOT_ID, "", 0);
	fuse_rig_say(FUSE_RELEASE, 7, 99, zeros, sizeof(struct fuse_release_in));
	fuse_rig_say(FUSE_FORGET, 8, 99, zeros, sizeof(struct fuse_forget_in));
	fuse_rig_say(FUSE_BATCH_FORGET, 9, 0, zeros, sizeof(struct fuse_batch_forget_in));
	fuse_rig_say(FUSE_GETXATTR, 10, 99, zeros, sizeof(struct fuse_getxattr_in));
	ATF_CHECK_STREQ("", fuse_rig_told());
	EQ(0, fuse_rig_answer_to(5));
	EQ(sizeof(struct fuse_open_out), fuse_rig.body_len);
	EQ(0, fuse_rig_answer_to(6));
	EQ(sizeof(struct fuse_statfs_out), fuse_rig.body_len);
	EQ(0, fuse_rig_answer_to(7));
	EQ(0u, fuse_rig.body_len);
	EQ(-ENOSYS, fuse_rig_answer_to(10));
	fuse_rig_require_no_answer();
	fuse_rig_end();
}

CASE(without_memory_a_lookup_fails_and_comes_again)
{
	uint64_t id;

	fuse_rig_begin();
	fuse_rig_say_lookup(5, FUSE_ROOT_ID, "image");
	fuse_rig.is_out_of_memory = true;
	EQ(-ENOMEM, fuse_transport.adopt(fuse_rig.channel, "image", 4096, &id));
	ATF_CHECK_STREQ("", fuse_rig_told());
	fuse_rig.is_out_of_memory = false;
	EQ(-ENOMEM, fuse_rig_answer_to(5));
	fuse_rig_say_lookup(6, FUSE_ROOT_ID, "image");
	ATF_CHECK_STREQ("open 6 image;", fuse_rig_told());
	fuse_rig_end();
}

CASE(without_memory_there_is_no_channel)
{
	struct channel *other = NULL;

	fuse_rig_begin();
	fuse_rig.is_out_of_memory = true;
	EQ(-ENOMEM,
	   fuse_transport.open(&other, fuse_rig.loop, fuse_rig.ends[1], &fuse_rig_sink, &fuse_rig.timer));
	fuse_rig.is_out_of_memory = false;
	EQ(-EBADF, fuse_transport.open(&other, fuse_rig.loop, -1, &fuse_rig_sink, &fuse_rig.timer));
	ATF_CHECK(other == NULL);
	fuse_transport.close(NULL);
	fuse_rig_end();
}

CASE(it_is_found_by_its_name)
{
	ATF_CHECK(transport_find("fuse") == &fuse_transport);
	ATF_CHECK_STREQ("fuse", transport_option(&fuse_transport));
	ATF_CHECK(!fuse_transport.has_files);
}

CASE(the_image_is_mounted_by_its_name)
{
	struct mount_plan plan;

	fuse_transport.plan("image-1", &plan);
	ATF_CHECK_STREQ("image-1", plan.source);
	ATF_CHECK_STREQ("-", plan.options);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_lookup_is_answered_when_the_engine_knows_the_size_which_is_whole_blocks);
	ATF_TP_ADD_TC(tp, a_lookup_that_the_engine_refuses_may_come_again);
	ATF_TP_ADD_TC(tp, a_name_that_is_looked_up_twice_is_answered_twice);
	ATF_TP_ADD_TC(tp, there_is_one_directory);
	ATF_TP_ADD_TC(tp, what_an_earlier_engine_told_is_true_in_this_one);
	ATF_TP_ADD_TC(tp, attributes_are_those_of_the_directory_and_of_files_that_are_served);
	ATF_TP_ADD_TC(tp, what_else_comes_has_its_answer_or_none);
	ATF_TP_ADD_TC(tp, without_memory_a_lookup_fails_and_comes_again);
	ATF_TP_ADD_TC(tp, without_memory_there_is_no_channel);
	ATF_TP_ADD_TC(tp, it_is_found_by_its_name);
	ATF_TP_ADD_TC(tp, the_image_is_mounted_by_its_name);
	return atf_no_error();
}
