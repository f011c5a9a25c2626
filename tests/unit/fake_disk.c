/* SPDX-License-Identifier: MIT */
#include "fake_disk.h"

#include "base/block.h"
#include "fake_fetch.h"
#include "unit.h"

/* The file is the first member. */
static struct fake_disk *fake_of(const struct disk_file *file)
{
	return (struct fake_disk *)file;
}

void fake_disk_open(struct fake_disk *disk, uint64_t size, const uint8_t *expected)
{
	*disk = (struct fake_disk){.size = size, .expected = expected, .bytes = calloc(1, block_ceil(size))};
	ATF_REQUIRE(disk->bytes != NULL);
	MUST_EQ(0, blockset_init(&disk->file.claims, block_count(size)));
	MUST_EQ(0, blockset_init(&disk->held, block_count(size)));
}

void fake_disk_close(struct fake_disk *disk)
{
	EQ(0u, disk->read_count);
	EQ(0u, disk->late);
	blockset_fini(&disk->file.claims);
	blockset_fini(&disk->held);
	free(disk->bytes);
}

static uint8_t right(const struct fake_disk *disk, uint64_t off)
{
	if (off >= disk->size)
		return 0;
	return disk->expected ? disk->expected[off] : fake_byte(off);
}

void fake_disk_put(struct fake_disk *disk, uint64_t first, uint64_t end)
{
	for (uint64_t off = first * BLOCK_SIZE; off < end * BLOCK_SIZE; off++)
		disk->bytes[off] = right(disk, off);
	MUST_EQ(0, blockset_mark(&disk->file.claims, first, end));
}

void fake_disk_spoil(struct fake_disk *disk, uint64_t block)
{
	disk->bytes[block * BLOCK_SIZE + block % BLOCK_SIZE] ^= 0x40;
}

void fake_disk_answer(struct fake_disk *disk, unsigned n, int err)
{
	struct disk_read *read = disk->reads[n];

	ATF_REQUIRE(n < disk->read_count);
	disk->reads[n] = disk->reads[--disk->read_count];
	read->err = err;
	memset(read->bad, err ? 0xff : 0, sizeof(read->bad));
	if (!err)
		memcpy(read->buf, disk->bytes + read->off, read->len);
	read->done(read);
}

void fake_disk_answer_all(struct fake_disk *disk)
{
	while (disk->read_count > 0)
		fake_disk_answer(disk, 0, 0);
}

static void tell(struct fake_disk *disk, uint64_t first, uint64_t end)
{
	MUST_EQ(0, blockset_mark(&disk->file.claims, first, end));
	if (disk->file.written)
		disk->file.written(disk->file.written_arg, first, end);
}

void fake_disk_flush(struct fake_disk *disk)
{
	for (uint64_t block = 0; block < disk->held.block_count; block++) {
		if (!blockset_has(&disk->held, block))
			continue;
		blockset_clear(&disk->held, block);
		tell(disk, block, block + 1);
	}
}

/* -- in place of daemon/store/disk.c -------------------------------------------------------------------------------- */

void disk_read_begin(struct disk_read *read)
{
	struct fake_disk *disk = fake_of(read->file);

	ATF_REQUIRE(disk->read_count < FAKE_DISK_READS_MAX);
	ATF_REQUIRE(read->len > 0 && read->off % BLOCK_SIZE == 0 && read->len % BLOCK_SIZE == 0 &&
		    read->off + read->len <= block_ceil(disk->size));
	disk->reads[disk->read_count++] = read;
	disk->begun++;
}

void disk_late_begin(struct disk_file *file)
{
	fake_of(file)->late++;
}

void disk_late_end(struct disk_file *file)
{
	struct fake_disk *disk = fake_of(file);

	if (--disk->late > 0)
		return;
	if (file->readable)
		file->readable(file->arg);
	/* As the other file of the image. */
	if (disk->also)
		disk->also(disk->also_arg);
}

bool disk_is_readable(const struct disk_file *file)
{
	return file && !fake_of(file)->is_bad && fake_of(file)->late == 0;
}

bool disk_is_writable(const struct disk_file *file)
{
	return !fake_of(file)->is_full;
}

void disk_changed(struct disk_file *file, uint64_t first, uint64_t end)
{
	fake_of(file)->changes += (unsigned)(end - first);
}

bool disk_give_room(struct disk_file *file, uint64_t len)
{
	struct fake_disk *disk = fake_of(file);
	bool is_any = disk->reserved > 0;

	disk->reserved -= disk->reserved > len ? len : disk->reserved;
	if (is_any && disk->gave)
		disk->gave();
	return is_any;
}

bool disk_write(struct disk_file *file, const uint8_t *bytes, uint64_t off, uint64_t len)
{
	struct fake_disk *disk = fake_of(file);

	ATF_REQUIRE(len > 0 && off % BLOCK_SIZE == 0 && len % BLOCK_SIZE == 0 &&
		    off + len <= block_ceil(disk->size));
	for (uint64_t i = 0; i < len; i++)
		ATF_REQUIRE_MSG(bytes[i] == right(disk, off + i), "byte %" PRIu64 " is written wrong",
				off + i);
	if (disk->is_full)
		return false;
	memcpy(disk->bytes + off, bytes, len);
	disk->written += len;
	if (disk->holds_writes)
		MUST_EQ(0, blockset_mark(&disk->held, off / BLOCK_SIZE, (off + len) / BLOCK_SIZE));
	else
		tell(disk, off / BLOCK_SIZE, (off + len) / BLOCK_SIZE);
	return true;
}
