/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/exits.h"
#include "proof_rig.h"

CASE(a_signed_root_hash_vouches)
{
	proof_rig_open(1, SIGNED);
	proof_rig_run();
	EQ(1u, proof_rig.asked[0][PROOF_ROOTHASH]);
	EQ(1u, proof_rig.asked[0][PROOF_SIGNATURE]);
	ATF_CHECK(proof_rig.proof.blobs[PROOF_ROOTHASH].is_proven);
	proof_rig_is_proven();
}

CASE_ABOUT(all_that_the_first_contact_needs_is_asked_for_at_once,
	   "a signed boot costs no more round trips than one that is not verified")
{
	proof_rig_open(1, SIGNED);
	proof_rig_begin();
	EQ(PROOF_PARTS, fake_fetch_flying(proof_rig.fetch));
	proof_rig_go_on();
	EQ(PROOF_PARTS, fake_fetch_begun(proof_rig.fetch));
	proof_rig_is_proven();
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
		 "rd.blob.roothash=HEX, or publish a signed root hash, "
		 "or accept that with rd.blob.insecure"},
		{PROOF_SIGNATURE,
		 {.status = 404},
		 IMAGE ".roothash.p7s",
		 "the server answers 404 (Not Found): nothing vouches for the image: add "
		 "rd.blob.roothash=HEX, or publish a signed root hash, "
		 "or accept that with rd.blob.insecure"},
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
		 "it is longer than 65536 bytes, which no such file is: nothing vouches for the image: add "
		 "rd.blob.roothash=HEX, or publish a signed root hash, "
		 "or accept that with rd.blob.insecure"},
		{PROOF_SIGNATURE, {.text = "signed by nobody"}, IMAGE ".roothash.p7s", "signature result 14"},
		{PROOF_SIGNATURE,
		 {.size = 65537},
		 IMAGE ".roothash.p7s",
		 "it is longer than 65536 bytes, which no such file is: nothing vouches for the image: add "
		 "rd.blob.roothash=HEX, or publish a signed root hash, "
		 "or accept that with rd.blob.insecure"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		proof_rig_open(1, SIGNED);
		proof_rig.manners[0][bad[i].part] = bad[i].manner;
		proof_rig_run();
		EQ(SIGNATURE_WRONG, 14);
		ATF_CHECK(!proof_rig.proof.tree);
		proof_rig_has_failed(EXIT_PERMANENT, bad[i].what, bad[i].why);
	}
}

CASE_ABOUT(a_publication_under_way_is_waited_for,
	   "the host was switched on when some files were the new image's and some the old one's")
{
	char old_signed[80] = "signed 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

	for (enum proof_part part = PROOF_IMAGE; part < PROOF_PARTS; part++) {
		proof_rig_open(1, SIGNED);
		proof_rig.manners[0][part] =
			part <= PROOF_TREE
				? (struct manner){.lie = FAKE_FLIPPED, .at = 4096}
				: (struct manner){.text = old_signed + (part == PROOF_ROOTHASH ? 7 : 0)};
		proof_rig_begin();
		while (loop_now_ms(proof_rig.loop) < 20000) {
			ATF_REQUIRE(!proof_rig.dones);
			if (proof_rig_next())
				proof_rig_answer(proof_rig_next());
			else
				fake_loop_advance(proof_rig.loop, fake_loop_next_ms(proof_rig.loop));
		}
		ATF_CHECK_MSG(proof_rig.asked[0][part] < 20, "asked %u times", proof_rig.asked[0][part]);
		ATF_CHECK_MSG(proof_rig.troubles <= 2, "%u lines", proof_rig.troubles);
		proof_rig.manners[0][part] = (struct manner){.status = 0};
		proof_rig_go_on();
		proof_rig_is_proven();
	}
}

CASE(what_never_fits_fails_when_the_patience_ends)
{
	uint64_t took;

	proof_rig_open(1, SIGNED);
	proof_rig.config.contact_s = 25;
	proof_rig.manners[0][PROOF_SIGNATURE].text = "signed long ago";
	took = proof_rig_run();
	ATF_CHECK_MSG(took > 15000 && took <= 25000, "%u ms", (unsigned)took);
	/* Nobody may take it for the image's. */
	ATF_CHECK_STREQ("", proof_rig.proof.roothash);
	proof_rig_has_failed(EXIT_PERMANENT, IMAGE ".roothash.p7s", "signature result 14");
}

CASE(a_pair_that_does_not_fit_is_asked_for_from_one_other_mirror)
{
	proof_rig_open(2, SIGNED);
	proof_rig.manners[0][PROOF_SIGNATURE].text = "signed long ago";
	proof_rig_run();
	EQ(1u, proof_rig.asked[1][PROOF_ROOTHASH]);
	EQ(1u, proof_rig.asked[1][PROOF_SIGNATURE]);
	proof_rig_is_proven();
}

CASE_ABOUT(two_mirrors_with_a_pair_each_are_not_mixed_for_ever,
	   "root hash from the one and signature from the other never fit, though each pair is good")
{
	char old[65] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
	     old_signed[80] = "signed ";

	proof_rig_open(2, SIGNED);
	strcat(old_signed, old);
	proof_rig.manners[0][PROOF_ROOTHASH] = (struct manner){.is_dead = true};
	proof_rig.manners[0][PROOF_SIGNATURE].text = old_signed;
	proof_rig_begin();
	while (proof_rig.asked[0][PROOF_ROOTHASH] == 0)
		proof_rig_answer(proof_rig_next());
	proof_rig.manners[0][PROOF_ROOTHASH] = (struct manner){.text = old};
	proof_rig_go_on();
	proof_rig_is_proven();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_signed_root_hash_vouches);
	ATF_TP_ADD_TC(tp, all_that_the_first_contact_needs_is_asked_for_at_once);
	ATF_TP_ADD_TC(tp, without_a_good_signature_nothing_vouches);
	ATF_TP_ADD_TC(tp, a_publication_under_way_is_waited_for);
	ATF_TP_ADD_TC(tp, what_never_fits_fails_when_the_patience_ends);
	ATF_TP_ADD_TC(tp, a_pair_that_does_not_fit_is_asked_for_from_one_other_mirror);
	ATF_TP_ADD_TC(tp, two_mirrors_with_a_pair_each_are_not_mixed_for_ever);
	return atf_no_error();
}
