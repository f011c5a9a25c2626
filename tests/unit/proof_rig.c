/* SPDX-License-Identifier: MIT */
#include "proof_rig.h"

#include "base/exits.h"
#include "unit.h"

struct proof_rig proof_rig;

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
	proof_rig.dones++;
	proof_rig.status = status;
	snprintf(proof_rig.what, sizeof(proof_rig.what), "%s", what ? what : "");
	snprintf(proof_rig.why, sizeof(proof_rig.why), "%s", why ? why : "");
}

/* Any image is what it has to be. */
static const char *look(struct proof *proof, uint64_t size, char *buf, size_t buf_size)
{
	(void)proof;
	(void)size;
	(void)buf;
	(void)buf_size;
	return NULL;
}

static void on_trouble(struct proof *proof, const char *url, const char *why, uint32_t seconds)
{
	(void)proof;
	(void)seconds;
	proof_rig.troubles++;
	snprintf(proof_rig.trouble, sizeof(proof_rig.trouble), "%s: %s", url, why);
}

void proof_rig_open(unsigned mirrors, unsigned how)
{
	memset(&proof_rig, 0, sizeof(proof_rig));
	proof_rig.loop = fake_loop_open();
	proof_rig.fetch = fake_fetch_open();
	fake_tree_build(&proof_rig.fake, BLOCKS, 16);
	strcpy(proof_rig.config.url, "http://m0/image");
	proof_rig.config.contact_s = 30;
	for (unsigned i = 1; i < mirrors; i++)
		snprintf(proof_rig.config.mirrors[proof_rig.config.mirror_count++], CMDLINE_URL_MAX,
			 "http://m%u/image", i);
	if (!(how & (SIGNED | INSECURE)))
		strcpy(proof_rig.config.roothash, proof_rig.fake.roothash);
	proof_rig.config.is_insecure = how & INSECURE;
	proof_rig.is_inside = how & INSIDE;
	if (proof_rig.is_inside) {
		strcpy(proof_rig.config.verity_url, proof_rig.config.url);
		proof_rig.config.verity_off = proof_rig.fake.image_size;
	}
	proof_rig.proof.done = on_done;
	proof_rig.proof.trouble = on_trouble;
	proof_rig.proof.object = look;
}

void proof_rig_begin(void)
{
	MUST_EQ(0, proof_init(&proof_rig.proof, &proof_rig.config, proof_rig.fetch, proof_rig.loop,
			      &proof_rig.counters, NULL, NULL));
	MUST_EQ(0, proof_begin(&proof_rig.proof));
	EQ(0u, fake_fetch_flying(proof_rig.fetch));
	fake_loop_advance(proof_rig.loop, 0);
}

void proof_rig_close(void)
{
	proof_fini(&proof_rig.proof);
	fake_tree_free(&proof_rig.fake);
	fetch_close(proof_rig.fetch);
	loop_close(proof_rig.loop);
}

static enum proof_part part_of(const struct fetch_transfer *transfer)
{
	if (strstr(transfer->url, ".roothash.p7s"))
		return PROOF_SIGNATURE;
	if (strstr(transfer->url, ".roothash"))
		return PROOF_ROOTHASH;
	if (fake_tree_is_for(transfer) || (proof_rig.is_inside && transfer->off >= proof_rig.fake.image_size))
		return PROOF_TREE;
	return PROOF_IMAGE;
}

static void send_text(struct fetch_transfer *transfer, const struct manner *manner)
{
	char text[128], *large;
	size_t len;

	snprintf(text, sizeof(text), "%s%s\n", part_of(transfer) == PROOF_SIGNATURE ? "signed " : "",
		 proof_rig.fake.roothash);
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
	uint64_t size = proof_rig.fake.image_size + proof_rig.fake.size, len;
	static uint8_t bytes[65536];

	if (!fake_fetch_head_206(transfer, size, NULL))
		return;
	len = transfer->len < size - transfer->off ? transfer->len : size - transfer->off;
	for (uint64_t i = 0; i < len; i++) {
		uint64_t off = transfer->off + i;

		bytes[i] = off < proof_rig.fake.image_size
				   ? fake_byte(off)
				   : proof_rig.fake.file[off - proof_rig.fake.image_size];
	}
	if (fake_fetch_bytes(transfer, bytes, (size_t)len))
		fake_fetch_end(transfer, NULL);
}

void proof_rig_answer(struct fetch_transfer *transfer)
{
	enum proof_part part = part_of(transfer);
	unsigned mirror = fake_tree_mirror(transfer);
	const struct manner *manner = &proof_rig.manners[mirror][part];
	uint64_t size = manner->size, end;

	proof_rig.asked[mirror][part]++;
	if (manner->is_dead) {
		fake_fetch_end(transfer, "no connection to the server");
	} else if (manner->status) {
		fake_fetch_status(transfer, manner->status);
	} else if (part == PROOF_ROOTHASH || part == PROOF_SIGNATURE) {
		send_text(transfer, manner);
	} else if (proof_rig.is_inside) {
		send_inside(transfer);
	} else if (size) {
		end = transfer->off + transfer->len < size ? transfer->off + transfer->len : size;
		if (fake_fetch_head_206(transfer, size, NULL) &&
		    fake_tree_send(&proof_rig.fake, transfer, end - transfer->off, manner->lie, manner->at))
			fake_fetch_end(transfer, NULL);
	} else {
		fake_tree_serve(&proof_rig.fake, transfer, manner->lie, manner->at);
	}
}

struct fetch_transfer *proof_rig_next(void)
{
	for (unsigned i = 0; i < fake_fetch_flying(proof_rig.fetch); i++) {
		struct fetch_transfer *transfer = fake_fetch_at(proof_rig.fetch, i);

		if (!proof_rig.manners[fake_tree_mirror(transfer)][part_of(transfer)].is_mute)
			return transfer;
	}
	return NULL;
}

void proof_rig_go_on(void)
{
	for (int rounds = 0; !proof_rig.dones; rounds++) {
		ATF_REQUIRE_MSG(rounds < 2000, "it never comes to an end");
		if (proof_rig_next())
			proof_rig_answer(proof_rig_next());
		else
			fake_loop_advance(proof_rig.loop, fake_loop_next_ms(proof_rig.loop));
	}
	EQ(1u, proof_rig.dones);
}

uint64_t proof_rig_run(void)
{
	uint64_t begun = loop_now_ms(proof_rig.loop);

	proof_rig_begin();
	proof_rig_go_on();
	return loop_now_ms(proof_rig.loop) - begun;
}

void proof_rig_is_proven(void)
{
	struct contact *image = &proof_rig.proof.contacts[PROOF_IMAGE];
	enum hashes_verdict verdict;

	ATF_CHECK_EQ_MSG(EXIT_DONE, proof_rig.status, "%s: %s", proof_rig.what, proof_rig.why);
	ATF_REQUIRE(proof_rig.proof.tree != NULL);
	EQ(proof_rig.fake.image_size, proof_rig.proof.blobs[PROOF_IMAGE].size);
	EQ(65536u, image->head_len);
	ATF_CHECK(!proof_rig.proof.contacts[PROOF_TREE].head);
	EQ(16u, hashes_check(&proof_rig.proof.tree->hashes, 0, image->head, 16, &verdict));
	ATF_CHECK(memcmp(proof_rig.proof.roothash, proof_rig.fake.roothash, 64) == 0);
	EQ(0u, fake_loop_armed(proof_rig.loop));
	proof_rig_close();
}

void proof_rig_has_failed(int status, const char *what, const char *why)
{
	EQ(status, proof_rig.status);
	ATF_CHECK_STREQ(what, proof_rig.what);
	ATF_CHECK_STREQ(why, proof_rig.why);
	EQ(0u, fake_loop_armed(proof_rig.loop));
	ATF_CHECK(proof_waits_for(&proof_rig.proof, &(uint64_t){0}, &(bool){0}) == NULL);
	proof_rig_close();
}
