/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "transport/mount_words.h"

#include <linux/mount.h>

CASE(words_of_mount_8_become_attributes)
{
	static const struct {
		const char *words[3];
		uint64_t attributes;
	} kinds[] = {
		{{"noatime"}, MOUNT_ATTR_NOATIME},
		{{"strictatime", "noatime"}, MOUNT_ATTR_NOATIME},
		{{"noatime", "strictatime"}, MOUNT_ATTR_STRICTATIME},
		{{"noatime", "relatime"}, 0},
		{{"nodev", "nosuid", "noexec"}, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC},
		{{"nodev", "nosuid", "dev"}, MOUNT_ATTR_NOSUID},
		{{"nodiratime", "noexec", "exec"}, MOUNT_ATTR_NODIRATIME},
		{{"nodev", "defaults"}, 0},
		{{"ro", "defaults", "_netdev"}, 0},
		{{"x-systemd.growfs"}, 0},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		uint64_t attributes = MOUNT_ATTR_RDONLY;

		for (int j = 0; j < 3 && kinds[i].words[j]; j++)
			EQ(MOUNT_WORD_TAKEN, mount_words_take(kinds[i].words[j], &attributes));
		EQ(kinds[i].attributes | MOUNT_ATTR_RDONLY, attributes);
	}
}

CASE(what_is_a_filesystems_own_is_left_to_it)
{
	static const char *const words[] = {"device=blob", "domain_id=d", "noacl", "dax", "nonsense", "",
					    "sync",        "nodevs"};
	uint64_t attributes = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		EQ(MOUNT_WORD_OTHER, mount_words_take(words[i], &attributes));
	EQ(MOUNT_WORD_WRITE, mount_words_take("rw", &attributes));
	EQ(0u, attributes);
}

CASE(the_last_value_of_a_name_is_found)
{
	char value[8] = "before";

	ATF_CHECK(!mount_words_find("", "id", value, sizeof(value)));
	ATF_CHECK(!mount_words_find("ro,idx=1,xid=2,id", "id", value, sizeof(value)));
	ATF_CHECK(mount_words_find("ro,id=a,device=x,id=bc=d,idx=1", "id", value, sizeof(value)));
	ATF_CHECK_STREQ("bc=d", value);
	ATF_CHECK(mount_words_find("id=,ro", "id", value, sizeof(value)));
	ATF_CHECK_STREQ("", value);
	ATF_CHECK(!mount_words_find("id=12345678", "id", value, sizeof(value)));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, words_of_mount_8_become_attributes);
	ATF_TP_ADD_TC(tp, what_is_a_filesystems_own_is_left_to_it);
	ATF_TP_ADD_TC(tp, the_last_value_of_a_name_is_found);
	return atf_no_error();
}
