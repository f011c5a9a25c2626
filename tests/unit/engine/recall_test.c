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
	return recall_take(&recall, &texts) == 0;
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

CASE(what_is_malformed_is_passed_over_and_the_rest_counts)
{
	static const char *const malformed[] = {
		"",
		"no tab",
		"\t100\t\t",
		"key\t",
		"key\tno version",
		"key\t1\tonly",
		"key\t9223372036854775808\t\t",
		"key\t1\t\"\r\nHost: evil\"\t",
		"ke\ny\t1\t\t",
		RECALL_VERITY "\t300\t4096\tno hash",
		RECALL_VERITY "\t0\t4096\t" ROOT,
		RECALL_VERITY "\t300\t4097\t" ROOT,
		RECALL_VERITY "\t34359738369\t4096\t" ROOT,
		RECALL_VERITY "\t300\t9223372036854771712\t" ROOT,
	};
	char key_too_long[300] = "";

	for (size_t i = 0; i < sizeof(malformed) / sizeof(*malformed); i++) {
		ATF_CHECK_MSG(!take(malformed[i], "good\t7\t\t"), "%s", malformed[i]);
		ATF_CHECK_MSG(!recall.has_verity && recall.count == 1, "%s", malformed[i]);
		EQ(7u, recall_find(&recall, "good")->size);
	}
	memset(key_too_long, 'k', 256);
	strcat(key_too_long, "\t1\t\t");
	ATF_CHECK(!take(key_too_long, NULL) && recall.count == 0);
	ATF_CHECK(take(key_too_long + 1, NULL) && recall.count == 1);
}

CASE(the_hash_tree_that_comes_first_stays)
{
	ATF_CHECK(!take(RECALL_VERITY "\t300\t4096\t" ROOT, RECALL_VERITY "\t301\t4096\t" ROOT));
	ATF_CHECK(recall.has_verity);
	EQ(300u, recall.verity.data_blocks);
	ATF_CHECK(!take(RECALL_VERITY "\t300\t4096\t" ROOT, RECALL_VERITY "\tnonsense"));
	ATF_CHECK(recall.has_verity);
	EQ(300u, recall.verity.data_blocks);
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
	ATF_TP_ADD_TC(tp, what_is_malformed_is_passed_over_and_the_rest_counts);
	ATF_TP_ADD_TC(tp, the_hash_tree_that_comes_first_stays);
	ATF_TP_ADD_TC(tp, the_images_keys_are_no_blobs);
	return atf_no_error();
}
