/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "counters.h"
#include "exits.h"
#include "fake_loop.h"
#include "fake_tree.h"
#include "proof.h"

enum { BLOCKS = 300, MIRRORS = 3 };

/* How a mirror answers for one of the files. */
struct manner {
	int status;    /* 0: 206 */
	bool is_dead;  /* no connection */
	bool is_mute;  /* no answer */
	uint64_t size; /* 0: the right one */
	enum fake_lie lie;
	uint64_t at;
	const char *text; /* of root hash and signature */
};

static struct {
	struct config config;
	struct loop *loop;
	struct fetch *fetch;
	struct counters counters;
	struct fake_tree fake;
	struct proof proof;
	struct manner manners[MIRRORS][PROOF_PARTS];
	bool is_inside; /* the tree is behind the image's data */
	unsigned dones, troubles, asked[MIRRORS][PROOF_PARTS];
	int status;
	char what[256], why[512], trouble[512];
} t;

/*
 * What signs here: "signed " and the root hash. Real signatures have tests of their own; here it matters when they are
 * asked for, and from whom.
 */
enum signature_result signature_check(const struct signature_certs *certs, const void *text, size_t text_len,
				      const void *p7s, size_t len)
{
	(void)certs;
	if (len > SIGNATURE_MAX)
		return SIGNATURE_TOO_LONG;
	if (len != text_len + 7 || memcmp(p7s, "signed ", 7) != 0 ||
	    memcmp((const char *)p7s + 7, text, text_len) != 0)
		return SIGNATURE_WRONG;
	return SIGNATURE_OK;
}

const char *signature_explain(enum signature_result result, const struct signature_certs *certs, char *buf,
			      size_t size)
{
	(void)certs;
	snprintf(buf, size, "signature result %d", (int)result);
	return buf;
}

static void on_done(struct proof *proof, int status, const char *what, const char *why)
{
	(void)proof;
	t.dones++;
	t.status = status;
	snprintf(t.what, sizeof(t.what), "%s", what ? what : "");
	snprintf(t.why, sizeof(t.why), "%s", why ? why : "");
}

static void on_trouble(struct proof *proof, const char *url, const char *why)
{
	(void)proof;
	t.troubles++;
	snprintf(t.trouble, sizeof(t.trouble), "%s: %s", url, why);
}

enum { SIGNED = 1, INSECURE = 2, INSIDE = 4 };

static void set_up(unsigned mirrors, unsigned how)
{
	memset(&t, 0, sizeof(t));
	t.loop = fake_loop_open();
	t.fetch = fake_fetch_open();
	fake_tree_build(&t.fake, BLOCKS, 16);
	strcpy(t.config.url, "http://m0/image");
	for (unsigned i = 1; i < mirrors; i++)
		snprintf(t.config.mirrors[t.config.mirror_count++], CMDLINE_URL_MAX, "http://m%u/image", i);
	if (!(how & (SIGNED | INSECURE)))
		strcpy(t.config.roothash, t.fake.roothash);
	t.config.is_insecure = how & INSECURE;
	t.is_inside = how & INSIDE;
	if (t.is_inside) {
		strcpy(t.config.verity_url, t.config.url);
		t.config.verity_off = t.fake.image_size;
	}
	t.proof.done = on_done;
	t.proof.trouble = on_trouble;
}

static void begin(void)
{
	MUST_EQ(0, proof_init(&t.proof, &t.config, t.fetch, t.loop, &t.counters, NULL));
	MUST_EQ(0, proof_begin(&t.proof));
	EQ(0u, fake_fetch_flying(t.fetch));
	fake_loop_advance(t.loop, 0);
}

static void end(void)
{
	proof_fini(&t.proof);
	fake_tree_free(&t.fake);
	fetch_close(t.fetch);
	loop_close(t.loop);
}

static enum proof_part part_of(const struct fetch_transfer *transfer)
{
	if (strstr(transfer->url, ".roothash.p7s"))
		return PROOF_SIGNATURE;
	if (strstr(transfer->url, ".roothash"))
		return PROOF_ROOTHASH;
	if (fake_tree_is_for(transfer) || (t.is_inside && transfer->off >= t.fake.image_size))
		return PROOF_TREE;
	return PROOF_IMAGE;
}

static void send_text(struct fetch_transfer *transfer, const struct manner *manner)
{
	char text[128], *large;
	size_t len;

	snprintf(text, sizeof(text), "%s%s\n", part_of(transfer) == PROOF_SIGNATURE ? "signed " : "",
		 t.fake.roothash);
	if (manner->text)
		snprintf(text, sizeof(text), "%s", manner->text);
	len = manner->size ? manner->size : strlen(text);
	large = calloc(1, len + sizeof(text));
	ATF_REQUIRE(large != NULL);
	memset(large, 'a', len);
	memcpy(large, text, len < strlen(text) ? len : strlen(text));
	if (fake_fetch_head_206(transfer, len, NULL)) {
		size_t part = len < transfer->len ? len : (size_t)transfer->len;

		if (fake_fetch_bytes(transfer, large, part))
			fake_fetch_end(transfer, NULL);
	}
	free(large);
}

/* One file: the image and the tree behind it. */
static void send_inside(struct fetch_transfer *transfer)
{
	uint64_t size = t.fake.image_size + t.fake.size, len;
	static uint8_t bytes[65536];

	if (!fake_fetch_head_206(transfer, size, NULL))
		return;
	len = transfer->len < size - transfer->off ? transfer->len : size - transfer->off;
	for (uint64_t i = 0; i < len; i++) {
		uint64_t off = transfer->off + i;

		bytes[i] = off < t.fake.image_size ? fake_byte(off) : t.fake.file[off - t.fake.image_size];
	}
	if (fake_fetch_bytes(transfer, bytes, (size_t)len))
		fake_fetch_end(transfer, NULL);
}

static void answer(struct fetch_transfer *transfer)
{
	enum proof_part part = part_of(transfer);
	unsigned mirror = fake_tree_mirror(transfer);
	const struct manner *manner = &t.manners[mirror][part];
	uint64_t size = manner->size, end;

	t.asked[mirror][part]++;
	if (manner->is_dead) {
		fake_fetch_end(transfer, "no connection to the server");
	} else if (manner->status) {
		fake_fetch_status(transfer, manner->status);
	} else if (part == PROOF_ROOTHASH || part == PROOF_SIGNATURE) {
		send_text(transfer, manner);
	} else if (t.is_inside) {
		send_inside(transfer);
	} else if (size) {
		end = transfer->off + transfer->len < size ? transfer->off + transfer->len : size;
		if (fake_fetch_head_206(transfer, size, NULL) &&
		    fake_tree_send(&t.fake, transfer, end - transfer->off, manner->lie, manner->at))
			fake_fetch_end(transfer, NULL);
	} else {
		fake_tree_serve(&t.fake, transfer, manner->lie, manner->at);
	}
}

static struct fetch_transfer *next(void)
{
	for (unsigned i = 0; i < fake_fetch_flying(t.fetch); i++) {
		struct fetch_transfer *transfer = fake_fetch_at(t.fetch, i);

		if (!t.manners[fake_tree_mirror(transfer)][part_of(transfer)].is_mute)
			return transfer;
	}
	return NULL;
}

/* Answers and lets time pass until it has ended. */
static void go_on(void)
{
	for (int rounds = 0; !t.dones; rounds++) {
		ATF_REQUIRE_MSG(rounds < 2000, "it never comes to an end");
		if (next())
			answer(next());
		else
			fake_loop_advance(t.loop, fake_loop_next_ms(t.loop));
	}
	EQ(1u, t.dones);
}

/* Returns how long all took. */
static uint64_t run(void)
{
	uint64_t begun = loop_now_ms(t.loop);

	begin();
	go_on();
	return loop_now_ms(t.loop) - begun;
}

static void is_proven(void)
{
	struct contact *image = &t.proof.contacts[PROOF_IMAGE];
	enum tree_verdict verdict;

	ATF_CHECK_EQ_MSG(EXIT_DONE, t.status, "%s: %s", t.what, t.why);
	ATF_REQUIRE(t.proof.tree != NULL);
	EQ(t.fake.image_size, t.proof.blobs[PROOF_IMAGE].size);
	EQ(65536u, image->head_len);
	ATF_CHECK(!t.proof.contacts[PROOF_TREE].head);
	EQ(16u, tree_check(t.proof.tree, 0, image->head, 16, &verdict));
	ATF_CHECK(memcmp(t.proof.roothash, t.fake.roothash, 64) == 0);
	EQ(0u, fake_loop_armed(t.loop));
	end();
}

static void has_failed(int status, const char *what, const char *why)
{
	EQ(status, t.status);
	ATF_CHECK_STREQ(what, t.what);
	ATF_CHECK_STREQ(why, t.why);
	EQ(0u, fake_loop_armed(t.loop));
	ATF_CHECK(proof_waits_for(&t.proof, &(uint64_t){0}) == NULL);
	end();
}

CASE(the_chain_holds_from_the_root_hash_to_the_first_blocks)
{
	set_up(1, 0);
	EQ(0u, run());
	EQ(1u, t.asked[0][PROOF_IMAGE]);
	EQ(1u, t.asked[0][PROOF_TREE]);
	EQ(0u, t.asked[0][PROOF_ROOTHASH] + t.asked[0][PROOF_SIGNATURE] + t.troubles);
	is_proven();
}

CASE(the_tree_may_be_in_the_same_file_and_then_mirrors_have_it_there_too)
{
	set_up(2, INSIDE);
	t.manners[0][PROOF_TREE].is_dead = true;
	run();
	EQ(1u, t.asked[1][PROOF_TREE]);
	ATF_CHECK_STREQ("http://m1/image", t.proof.blobs[PROOF_TREE].mirrors[1].url);
	is_proven();
}

CASE(what_lies_behind_the_tree_s_blocks_is_none_of_the_image)
{
	set_up(1, 0);
	t.manners[0][PROOF_IMAGE].size = t.fake.image_size + 5000;
	run();
	is_proven();
}

CASE(an_image_of_one_block_needs_no_more_than_the_superblock)
{
	set_up(1, 0);
	fake_tree_free(&t.fake);
	fake_tree_build(&t.fake, 1, 16);
	strcpy(t.config.roothash, t.fake.roothash);
	t.manners[0][PROOF_IMAGE].size = 4096 + 5000;
	t.manners[0][PROOF_TREE].size = 512;
	run();
	EQ(EXIT_DONE, t.status);
	EQ(4096u, t.proof.contacts[PROOF_IMAGE].head_len);
	end();
}

CASE(insecure_asks_for_the_image_and_nothing_else)
{
	set_up(1, INSECURE);
	run();
	EQ(EXIT_DONE, t.status);
	ATF_CHECK(!t.proof.tree && !t.proof.blobs[PROOF_IMAGE].is_proven);
	EQ(0u, t.asked[0][PROOF_TREE] + t.asked[0][PROOF_ROOTHASH]);
	end();
}

CASE(insecure_does_not_undo_a_root_hash)
{
	set_up(1, 0);
	t.config.is_insecure = true;
	t.manners[0][PROOF_IMAGE].lie = FAKE_FLIPPED;
	run();
	EQ(EXIT_PERMANENT, t.status);
	end();
}

static void fails(enum proof_part part, struct manner manner, int status, const char *what, const char *why)
{
	set_up(1, 0);
	t.manners[0][part] = manner;
	run();
	has_failed(status, what, why);
}

#define IMAGE "http://m0/image"
#define TREE  "http://m0/image.verity"

CASE(each_failure_has_its_words_and_its_status)
{
	fails(PROOF_IMAGE, (struct manner){.status = 404}, EXIT_PERMANENT, IMAGE,
	      "the server answers 404 (Not Found)");
	fails(PROOF_TREE, (struct manner){.status = 404}, EXIT_PERMANENT, TREE,
	      "the server answers 404 (Not Found)");
	fails(PROOF_IMAGE, (struct manner){.is_dead = true}, EXIT_TEMPORARY, IMAGE,
	      "no connection to the server");
	fails(PROOF_TREE, (struct manner){.status = 503}, EXIT_TEMPORARY, TREE,
	      "the server answers 503 (Service Unavailable)");
	fails(PROOF_TREE, (struct manner){.is_mute = true}, EXIT_TEMPORARY, TREE,
	      "the server is silent: no answer in 30 s");
	fails(PROOF_TREE, (struct manner){.lie = FAKE_FLIPPED, .at = 3}, EXIT_PERMANENT, TREE,
	      "is no hash tree: no verity superblock is there (see veritysetup format; a tree behind the "
	      "image's "
	      "data: rd.blob.verity=URL#OFFSET)");
	fails(PROOF_TREE, (struct manner){.size = 511}, EXIT_PERMANENT, TREE,
	      "is no hash tree: a verity superblock has 512 bytes, and there are 511");
	fails(PROOF_TREE, (struct manner){.lie = FAKE_FLIPPED, .at = 88}, EXIT_PERMANENT, TREE,
	      "the hash tree is not the one of this root hash: is it another image's, or of an older build?");
	fails(PROOF_TREE, (struct manner){.lie = FAKE_FLIPPED, .at = 4096 + 7}, EXIT_PERMANENT, TREE,
	      "the hash tree is not the one of this root hash: is it another image's, or of an older build?");
	fails(PROOF_TREE, (struct manner){.size = 4 * 4096}, EXIT_PERMANENT, TREE,
	      "the hash tree is truncated: it has 16384 bytes, and 20480 are needed");
	fails(PROOF_IMAGE, (struct manner){.size = 299 * 4096}, EXIT_PERMANENT, IMAGE,
	      "has 1224704 bytes, and the hash tree vouches for 1228800: it is truncated, or another "
	      "image's");
	fails(PROOF_IMAGE, (struct manner){.lie = FAKE_FLIPPED, .at = 15 * 4096}, EXIT_PERMANENT, IMAGE,
	      "its first blocks are not what the root hash vouches for: is it another image?");
	fails(PROOF_TREE, (struct manner){.lie = FAKE_ZEROS, .at = 2 * 4096}, EXIT_PERMANENT, "hash tree",
	      "hashes at bytes 8192-12287 of http://m0/image.verity: not under the root hash, as sent by "
	      "http://m0/image.verity");
}

CASE(hashes_that_the_head_did_not_bring_are_waited_for_with_patience)
{
	uint64_t since;

	set_up(1, 0);
	t.config.timeout_s = 7;
	t.manners[0][PROOF_TREE] = (struct manner){.lie = FAKE_ZEROS, .at = 2 * 4096};
	begin();
	while (next() && !t.proof.tree)
		answer(next());
	t.manners[0][PROOF_TREE] = (struct manner){.is_mute = true};
	ATF_CHECK_STREQ(TREE, proof_waits_for(&t.proof, &since));
	EQ(loop_now_ms(t.loop), since);
	fake_loop_advance(t.loop, 6999);
	EQ(0u, t.dones);
	fake_loop_advance(t.loop, 1);
	EQ(1u, t.dones);
	EQ(EXIT_TEMPORARY, t.status);
	ATF_CHECK_STREQ("the server is silent: the hashes did not come", t.why);
	end();
	/* Or they come. */
	set_up(1, 0);
	t.manners[0][PROOF_TREE] = (struct manner){.lie = FAKE_ZEROS, .at = 2 * 4096};
	begin();
	while (next() && !t.proof.tree)
		answer(next());
	t.manners[0][PROOF_TREE] = (struct manner){0};
	fake_fetch_end(next(), "reset");
	EQ(1u, t.troubles);
	go_on();
	is_proven();
}

CASE(what_is_wrong_on_one_mirror_is_had_from_another)
{
	static const struct {
		enum proof_part part;
		struct manner manner;
	} bad[] = {
		{PROOF_IMAGE, {.status = 404}},
		{PROOF_IMAGE, {.is_dead = true}},
		{PROOF_IMAGE, {.size = 299 * 4096}},
		{PROOF_IMAGE, {.lie = FAKE_FLIPPED, .at = 65535}},
		{PROOF_IMAGE, {.lie = FAKE_ZEROS}},
		{PROOF_TREE, {.status = 404}},
		{PROOF_TREE, {.status = 500}},
		{PROOF_TREE, {.size = 100}},
		{PROOF_TREE, {.size = 4 * 4096}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 0}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 12}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 65}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 81}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 90}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 5000}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 8192}},
		/* The number of blocks: another top, far too many, a few more under the same top. */
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 73}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 75}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 72}},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set_up(2, 0);
		t.manners[0][bad[i].part] = bad[i].manner;
		ATF_CHECK_MSG(run() < 10000, "bad thing %zu takes long", i);
		ATF_CHECK_MSG(t.status == EXIT_DONE, "bad thing %zu: %s: %s", i, t.what, t.why);
		is_proven();
	}
}

CASE(a_mirror_that_is_wrong_once_is_asked_again_at_last)
{
	set_up(2, 0);
	t.manners[0][PROOF_IMAGE] = (struct manner){.lie = FAKE_ZEROS};
	t.manners[1][PROOF_IMAGE] = (struct manner){.lie = FAKE_ZEROS};
	begin();
	while (t.asked[0][PROOF_IMAGE] + t.asked[1][PROOF_IMAGE] < 2) {
		if (next())
			answer(next());
		else
			fake_loop_advance(t.loop, fake_loop_next_ms(t.loop));
	}
	ATF_CHECK_STREQ("http://m1/image: its first blocks are not what the root hash vouches for: is it "
			"another image?",
			t.trouble);
	EQ(1u, t.proof.blobs[PROOF_IMAGE].mirrors[1].lies);
	ATF_CHECK_STREQ(IMAGE, proof_waits_for(&t.proof, &(uint64_t){0}));
	t.manners[0][PROOF_IMAGE] = (struct manner){0};
	fake_loop_advance(t.loop, 0);
	answer(next());
	is_proven();
}

CASE(a_mirror_that_was_wrong_is_asked_again_when_the_others_are_dead)
{
	set_up(2, 0);
	t.manners[0][PROOF_IMAGE] = (struct manner){.lie = FAKE_ZEROS};
	t.manners[1][PROOF_IMAGE] = (struct manner){.is_dead = true};
	begin();
	answer(next());
	answer(next());
	fake_loop_advance(t.loop, 0);
	t.manners[0][PROOF_IMAGE] = (struct manner){0};
	go_on();
	is_proven();
}

CASE(a_signed_root_hash_vouches)
{
	set_up(1, SIGNED);
	run();
	EQ(1u, t.asked[0][PROOF_ROOTHASH]);
	EQ(1u, t.asked[0][PROOF_SIGNATURE]);
	ATF_CHECK(!t.proof.blobs[PROOF_ROOTHASH].is_proven);
	is_proven();
}

CASE(without_a_good_signature_nothing_vouches)
{
	static const struct {
		enum proof_part part;
		struct manner manner;
		const char *what, *why;
	} bad[] = {
		{PROOF_ROOTHASH,
		 {.status = 404},
		 IMAGE ".roothash",
		 "the server answers 404 (Not Found): nothing vouches for the image: add "
		 "rd.blob.roothash=HEX, or "
		 "publish a signed root hash, or accept that with rd.blob.insecure"},
		{PROOF_SIGNATURE,
		 {.status = 404},
		 IMAGE ".roothash.p7s",
		 "the server answers 404 (Not Found): nothing vouches for the image: add "
		 "rd.blob.roothash=HEX, or "
		 "publish a signed root hash, or accept that with rd.blob.insecure"},
		{PROOF_ROOTHASH,
		 {.text = "xyz"},
		 IMAGE ".roothash",
		 "is not a root hash: 64 hex digits and nothing else"},
		{PROOF_ROOTHASH,
		 {.text = "abc", .size = 3},
		 IMAGE ".roothash",
		 "holds 3 hex digits: a SHA-256 root hash has 64"},
		/* Longer than a head. */
		{PROOF_ROOTHASH,
		 {.text = "", .size = 100000},
		 IMAGE ".roothash",
		 "holds 65536 hex digits: a SHA-256 root hash has 64"},
		{PROOF_SIGNATURE, {.text = "signed by nobody"}, IMAGE ".roothash.p7s", "signature result 14"},
		{PROOF_SIGNATURE, {.size = 65537}, IMAGE ".roothash.p7s", "signature result 3"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set_up(1, SIGNED);
		t.manners[0][bad[i].part] = bad[i].manner;
		run();
		EQ(SIGNATURE_WRONG, 14);
		ATF_CHECK(!t.proof.tree);
		has_failed(EXIT_PERMANENT, bad[i].what, bad[i].why);
	}
}

CASE(a_pair_that_does_not_fit_is_asked_for_from_one_other_mirror)
{
	set_up(2, SIGNED);
	t.manners[0][PROOF_SIGNATURE].text = "signed long ago";
	run();
	EQ(1u, t.asked[1][PROOF_ROOTHASH]);
	EQ(1u, t.asked[1][PROOF_SIGNATURE]);
	is_proven();
}

CASE_ABOUT(two_mirrors_with_a_pair_each_are_not_mixed_for_ever,
	   "root hash from the one and signature from the other never fit, though each pair is good")
{
	char old[65] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
	     old_signed[80] = "signed ";

	set_up(2, SIGNED);
	strcat(old_signed, old);
	t.manners[0][PROOF_ROOTHASH] = (struct manner){.is_dead = true};
	t.manners[0][PROOF_SIGNATURE].text = old_signed;
	begin();
	while (t.asked[0][PROOF_ROOTHASH] == 0)
		answer(next());
	t.manners[0][PROOF_ROOTHASH] = (struct manner){.text = old};
	go_on();
	is_proven();
}

CASE(a_later_engine_goes_on_without_asking)
{
	set_up(2, 0);
	MUST_EQ(0, proof_init(&t.proof, &t.config, t.fetch, t.loop, &t.counters, NULL));
	t.proof.roothash[0] = '\0';
	MUST_EQ(0, proof_recall(&t.proof, &t.fake.verity));
	ATF_CHECK(memcmp(t.proof.roothash, t.fake.roothash, 65) == 0);
	EQ(t.fake.image_size, t.proof.blobs[PROOF_IMAGE].size);
	ATF_CHECK(t.proof.blobs[PROOF_IMAGE].is_known && t.proof.blobs[PROOF_IMAGE].is_proven);
	EQ(t.fake.size, t.proof.blobs[PROOF_TREE].size);
	ATF_CHECK(t.proof.tree && !tree_has(t.proof.tree, 0, 1));
	EQ(0u, fake_fetch_flying(t.fetch) + fake_loop_armed(t.loop));
	end();
}

CASE(it_can_be_ended_at_any_time)
{
	for (int answers = 0; answers < 8; answers++) {
		set_up(2, SIGNED);
		t.manners[0][PROOF_TREE] = (struct manner){.lie = FAKE_ZEROS, .at = 2 * 4096};
		t.manners[0][PROOF_IMAGE] = (struct manner){.lie = FAKE_ZEROS};
		begin();
		for (int i = 0; i < answers && next(); i++)
			answer(next());
		end();
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_chain_holds_from_the_root_hash_to_the_first_blocks);
	ATF_TP_ADD_TC(tp, the_tree_may_be_in_the_same_file_and_then_mirrors_have_it_there_too);
	ATF_TP_ADD_TC(tp, what_lies_behind_the_tree_s_blocks_is_none_of_the_image);
	ATF_TP_ADD_TC(tp, an_image_of_one_block_needs_no_more_than_the_superblock);
	ATF_TP_ADD_TC(tp, insecure_asks_for_the_image_and_nothing_else);
	ATF_TP_ADD_TC(tp, insecure_does_not_undo_a_root_hash);
	ATF_TP_ADD_TC(tp, each_failure_has_its_words_and_its_status);
	ATF_TP_ADD_TC(tp, hashes_that_the_head_did_not_bring_are_waited_for_with_patience);
	ATF_TP_ADD_TC(tp, what_is_wrong_on_one_mirror_is_had_from_another);
	ATF_TP_ADD_TC(tp, a_mirror_that_is_wrong_once_is_asked_again_at_last);
	ATF_TP_ADD_TC(tp, a_mirror_that_was_wrong_is_asked_again_when_the_others_are_dead);
	ATF_TP_ADD_TC(tp, a_signed_root_hash_vouches);
	ATF_TP_ADD_TC(tp, without_a_good_signature_nothing_vouches);
	ATF_TP_ADD_TC(tp, a_pair_that_does_not_fit_is_asked_for_from_one_other_mirror);
	ATF_TP_ADD_TC(tp, two_mirrors_with_a_pair_each_are_not_mixed_for_ever);
	ATF_TP_ADD_TC(tp, a_later_engine_goes_on_without_asking);
	ATF_TP_ADD_TC(tp, it_can_be_ended_at_any_time);
	return atf_no_error();
}
