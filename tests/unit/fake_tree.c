/* SPDX-License-Identifier: MIT */
#include "fake_tree.h"

#include "unit.h"

enum { DIGESTS = 128, LEVELS = 4, AT_ONCE = 16 };

#define FAKE_TREE_ETAG "\"one\""

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
	while (bytes-- > 0) {
		*at++ = (uint8_t)value;
		value >>= 8;
	}
}

static void put_super(uint8_t *super, uint64_t data_blocks, const uint8_t *salt, size_t salt_len)
{
	memcpy(super, "verity", 6);
	put(super + 8, 1, 4);
	put(super + 12, 1, 4);
	memcpy(super + 32, "sha256", 6);
	put(super + 64, BLOCK_SIZE, 4);
	put(super + 68, BLOCK_SIZE, 4);
	put(super + 72, data_blocks, 8);
	put(super + 80, salt_len, 2);
	memcpy(super + 88, salt, salt_len);
}

/* The digests of the image's blocks, as level 0 holds them. The last ones are kept: cases ask for the same again. */
static void digest_image(uint64_t data_blocks, const uint8_t *salt, size_t salt_len, uint8_t *out)
{
	static uint8_t blocks[AT_ONCE * BLOCK_SIZE], *kept;
	static uint64_t kept_blocks;
	static size_t kept_salt_len;

	if (!kept || kept_blocks != data_blocks || kept_salt_len != salt_len) {
		free(kept);
		kept = malloc(data_blocks * SHA256_SIZE);
		ATF_REQUIRE(kept != NULL);
		kept_blocks = data_blocks;
		kept_salt_len = salt_len;
		for (uint64_t done = 0; done < data_blocks; done += AT_ONCE) {
			uint64_t count = data_blocks - done < AT_ONCE ? data_blocks - done : AT_ONCE;

			for (uint64_t i = 0; i < count * BLOCK_SIZE; i++)
				blocks[i] = fake_byte(done * BLOCK_SIZE + i);
			sha256_blocks(salt, salt_len, blocks, count,
				      (uint8_t(*)[SHA256_SIZE])(kept + done * SHA256_SIZE));
		}
	}
	memcpy(out, kept, data_blocks * SHA256_SIZE);
}

void fake_tree_build(struct fake_tree *fake, uint64_t data_blocks, size_t salt_len)
{
	fake_tree_build_but(fake, data_blocks, salt_len, 0, UINT64_MAX);
}

void fake_tree_build_but(struct fake_tree *fake, uint64_t data_blocks, size_t salt_len, unsigned wrong_level,
			 uint64_t wrong_at)
{
	uint8_t salt[SHA256_SALT_MAX], *levels[LEVELS], root[SHA256_SIZE];
	uint64_t counts[LEVELS], below = data_blocks, at = BLOCK_SIZE;
	unsigned level = 0;

	for (size_t i = 0; i < sizeof(salt); i++)
		salt[i] = (uint8_t)(i * 7 + 1);
	memset(fake, 0, sizeof(*fake));
	fake->image_size = data_blocks * BLOCK_SIZE;
	fake->size = BLOCK_SIZE;
	for (; below > 1; below = counts[level], level++) {
		ATF_REQUIRE(level < LEVELS);
		counts[level] = (below + DIGESTS - 1) / DIGESTS;
		levels[level] = calloc(counts[level], BLOCK_SIZE);
		ATF_REQUIRE(levels[level] != NULL);
		if (level == 0)
			digest_image(data_blocks, salt, salt_len, levels[0]);
		else
			sha256_blocks(salt, salt_len, levels[level - 1], counts[level - 1],
				      (uint8_t(*)[SHA256_SIZE])levels[level]);
		if (level == wrong_level && wrong_at != UINT64_MAX)
			levels[level][wrong_at] ^= 1;
		fake->size += counts[level] * BLOCK_SIZE;
	}
	if (level == 0)
		digest_image(1, salt, salt_len, root);
	else
		sha256_blocks(salt, salt_len, levels[level - 1], 1, (uint8_t(*)[SHA256_SIZE])root);
	fake->file = calloc(1, fake->size);
	ATF_REQUIRE(fake->file != NULL);
	put_super(fake->file, data_blocks, salt, salt_len);
	while (level-- > 0) {
		memcpy(fake->file + at, levels[level], counts[level] * BLOCK_SIZE);
		at += counts[level] * BLOCK_SIZE;
		free(levels[level]);
	}
	for (size_t i = 0; i < SHA256_SIZE; i++)
		snprintf(fake->roothash + 2 * i, 3, "%02x", root[i]);
	MUST_EQ(VERITY_OK, verity_decode(fake->file, fake->size, 0, fake->roothash, &fake->verity));
}

void fake_tree_free(struct fake_tree *fake)
{
	free(fake->file);
}

uint64_t fake_tree_at(const struct fake_tree *fake, uint64_t n)
{
	return fake->verity.start + n * BLOCK_SIZE;
}

bool fake_tree_is_for(const struct fetch_transfer *transfer)
{
	return strstr(transfer->url, ".verity") != NULL;
}

unsigned fake_tree_mirror(const struct fetch_transfer *transfer)
{
	return (unsigned)(transfer->url[strlen("http://m")] - '0');
}

struct fetch_transfer *fake_tree_find(struct fetch *fetch, bool is_tree, unsigned n)
{
	for (unsigned i = 0; i < fake_fetch_flying(fetch); i++)
		if (fake_tree_is_for(fake_fetch_at(fetch, i)) == is_tree && n-- == 0)
			return fake_fetch_at(fetch, i);
	return NULL;
}

bool fake_tree_head(const struct fake_tree *fake, struct fetch_transfer *transfer)
{
	return fake_fetch_head_206(transfer, fake_tree_is_for(transfer) ? fake->size : fake->image_size,
				   FAKE_TREE_ETAG);
}

static uint8_t right_byte(const struct fake_tree *fake, bool is_tree, uint64_t off)
{
	if (!is_tree)
		return fake_byte(off);
	return off < fake->size ? fake->file[off] : 0;
}

static uint8_t byte(const struct fake_tree *fake, bool is_tree, uint64_t off, enum fake_lie lie, uint64_t at)
{
	if (lie == FAKE_FLIPPED && off == at)
		return right_byte(fake, is_tree, off) ^ 0x10;
	if (lie == FAKE_OTHER && off / BLOCK_SIZE == at / BLOCK_SIZE)
		return right_byte(fake, is_tree, off + BLOCK_SIZE);
	if (lie == FAKE_ZEROS && off / BLOCK_SIZE == at / BLOCK_SIZE)
		return 0;
	return right_byte(fake, is_tree, off);
}

bool fake_tree_send(const struct fake_tree *fake, struct fetch_transfer *transfer, uint64_t len,
		    enum fake_lie lie, uint64_t at)
{
	bool is_tree = fake_tree_is_for(transfer);
	uint8_t bytes[65536];

	while (len > 0) {
		size_t piece = len < sizeof(bytes) ? (size_t)len : sizeof(bytes);

		for (size_t i = 0; i < piece; i++)
			bytes[i] = byte(fake, is_tree, transfer->off + transfer->sent + i, lie, at);
		if (!fake_fetch_bytes(transfer, bytes, piece))
			return false;
		len -= piece;
	}
	return true;
}

void fake_tree_serve(const struct fake_tree *fake, struct fetch_transfer *transfer, enum fake_lie lie,
		     uint64_t at)
{
	uint64_t size = fake_tree_is_for(transfer) ? fake->size : fake->image_size;
	uint64_t end = transfer->off + transfer->len > size ? size : transfer->off + transfer->len;

	if (!transfer->is_head_told && !fake_tree_head(fake, transfer))
		return;
	if (fake_tree_send(fake, transfer, end - transfer->off - transfer->sent, lie, at))
		fake_fetch_end(transfer, NULL);
}
