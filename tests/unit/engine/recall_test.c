/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "engine/recall.h"

#define ROOT "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct option_texts texts;
static struct recall recall;

static bool take(const char *one, const char *other)
{
	texts.count = other ? 2 : 1;
	snprintf(texts.list[0], NOTICE_TEXT_MAX, "%s", one);
	snprintf(texts.list[1], NOTICE_TEXT_MAX, "%s", other ? other : "");
	return recall_take(&recall, &texts);
}

CASE(versions_are_found_by_their_keys)
{
	ATF_REQUIRE(take(RECALL_IMAGE "\t100\t\"e\"\t", "data\t4096\t\tMonday"));
	EQ(100u, recall_find(&recall, RECALL_IMAGE)->size);
	ATF_CHECK_STREQ("\"e\"", recall_find(&recall, RECALL_IMAGE)->etag);
	ATF_CHECK_STREQ("Monday", recall_find(&recall, "data")->last_modified);
	ATF_CHECK(recall_find(&recall, "dat") == NULL && !recall.has_verity);
}

CASE(the_command_line_has_the_last_word_on_the_root_hash)
{
	struct config config = {.roothash = ""};

	ATF_REQUIRE(take(RECALL_VERITY "\t300\t4096\t" ROOT, NULL));
	ATF_CHECK(recall.has_verity);
	recall_check(&recall, &config);
	ATF_CHECK(recall.has_verity);
	strcpy(config.roothash, ROOT);
	recall_check(&recall, &config);
	ATF_CHECK(recall.has_verity);
	config.roothash[63] = '0';
	recall_check(&recall, &config);
	ATF_CHECK(!recall.has_verity);
}

CASE(what_is_malformed_is_refused)
{
	ATF_CHECK(!take("no tab", NULL));
	ATF_CHECK(!take("key\tno version", NULL));
	ATF_CHECK(!take(RECALL_VERITY "\t300\t4096\tno hash", NULL));
	ATF_CHECK(!take("good\t1\t\t", ""));
}

CASE(the_images_keys_are_no_blobs)
{
	ATF_CHECK(recall_is_reserved(RECALL_IMAGE) && recall_is_reserved(RECALL_IMAGE "3"));
	ATF_CHECK(recall_is_reserved(RECALL_VERITY) && recall_is_reserved("a\tb"));
	ATF_CHECK(!recall_is_reserved("data") && !recall_is_reserved("*verity*2"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, versions_are_found_by_their_keys);
	ATF_TP_ADD_TC(tp, the_command_line_has_the_last_word_on_the_root_hash);
	ATF_TP_ADD_TC(tp, what_is_malformed_is_refused);
	ATF_TP_ADD_TC(tp, the_images_keys_are_no_blobs);
	return atf_no_error();
}
