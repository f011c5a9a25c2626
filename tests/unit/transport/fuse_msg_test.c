/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "transport/fuse_msg.h"

#include <errno.h>
#include <sys/stat.h>

/* As the kernel has them; older headers do not. */
#define RESEND_FLAG   (UINT64_C(1) << 39)
#define RESEND_UNIQUE (UINT64_C(1) << 63)

static uint8_t bytes[FUSE_MSG_MAX];
static struct fuse_msg msg;

static size_t make(uint32_t opcode, const void *data, size_t len)
{
	struct fuse_in_header header = {
		.len = (uint32_t)(sizeof(header) + len), .opcode = opcode, .unique = 7, .nodeid = 9};

	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), data, len);
	return header.len;
}

/* The message stands in memory of exactly its length: reads beyond show. Returns its kind, or -1. */
static int decode(size_t len)
{
	uint8_t *exact = malloc(len + !len);
	bool is_whole;

	ATF_REQUIRE(exact != NULL);
	memcpy(exact, bytes, len);
	memset(&msg, 0xee, sizeof(msg));
	is_whole = fuse_msg_decode(exact, len, &msg);
	free(exact);
	return is_whole ? (int)msg.kind : -1;
}

static int kind_of(uint32_t opcode, const void *data, size_t len)
{
	int kind = decode(make(opcode, data, len));

	EQ(7u, msg.unique);
	EQ(9u, msg.node);
	return kind;
}

/* The error with which a message is refused; 0: it is not. */
static int refusal(uint32_t opcode, const void *data, size_t len)
{
	return kind_of(opcode, data, len) == FUSE_MSG_REFUSED ? msg.error : 0;
}

CASE(a_lookup_comes_out_with_its_name)
{
	EQ(FUSE_MSG_LOOKUP, kind_of(FUSE_LOOKUP, "image", 6));
	ATF_CHECK_STREQ("image", msg.name);
	/* The kernel ends it with one NUL; what is behind that is nothing to us. */
	EQ(FUSE_MSG_LOOKUP, kind_of(FUSE_LOOKUP, "a\0b\0", 4));
	ATF_CHECK_STREQ("a", msg.name);
}

CASE(a_name_of_255_bytes_fits_and_one_of_256_does_not)
{
	char name[257];

	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	EQ(FUSE_MSG_LOOKUP, kind_of(FUSE_LOOKUP, name, 256));
	EQ(255u, strlen(msg.name));
	name[255] = 'n';
	name[256] = '\0';
	EQ(-ENAMETOOLONG, refusal(FUSE_LOOKUP, name, 257));
}

CASE(a_name_that_is_none_is_refused)
{
	EQ(-ENOENT, refusal(FUSE_LOOKUP, "", 1));
	EQ(-EIO, refusal(FUSE_LOOKUP, "", 0));
	EQ(-EIO, refusal(FUSE_LOOKUP, "image", 5));
}

static int read_of(uint64_t off, uint32_t size)
{
	struct fuse_read_in in = {.offset = off, .size = size};

	return kind_of(FUSE_READ, &in, sizeof(in));
}

CASE(a_read_is_of_a_megabyte_at_most_and_ends_within_63_bits)
{
	EQ(FUSE_MSG_READ, read_of(4096, 131072));
	EQ(4096u, msg.read.off);
	EQ(131072u, msg.read.len);
	EQ(FUSE_MSG_READ, read_of(5, 1));
	EQ(FUSE_MSG_READ, read_of(0, FUSE_MSG_READ_MAX));
	EQ(FUSE_MSG_READ, read_of(INT64_MAX - 4096, 4096));
	EQ(FUSE_MSG_REFUSED, read_of(0, 0));
	EQ(-EIO, msg.error);
	EQ(FUSE_MSG_REFUSED, read_of(0, FUSE_MSG_READ_MAX + 1));
	EQ(FUSE_MSG_REFUSED, read_of(0, UINT32_MAX));
	EQ(FUSE_MSG_REFUSED, read_of(INT64_MAX - 4095, 4096));
	EQ(FUSE_MSG_REFUSED, read_of(UINT64_MAX, 1));
	EQ(FUSE_MSG_REFUSED, read_of(UINT64_MAX - 4096, 4097));
}

CASE(files_are_opened_to_be_read_only)
{
	static const struct {
		uint32_t flags;
		int err;
	} opens[] = {{0, 0}, {0100000, 0}, {1, -EROFS}, {2, -EROFS}, {3, -EROFS}};

	for (size_t i = 0; i < sizeof(opens) / sizeof(*opens); i++) {
		struct fuse_open_in in = {.flags = opens[i].flags};

		EQ(opens[i].err, refusal(FUSE_OPEN, &in, sizeof(in)));
		EQ(opens[i].err ? FUSE_MSG_REFUSED : FUSE_MSG_OPEN, msg.kind);
	}
}

CASE(an_interrupt_names_a_request_and_is_never_answered)
{
	struct fuse_interrupt_in in = {.unique = RESEND_UNIQUE | 5};

	EQ(FUSE_MSG_INTERRUPT, kind_of(FUSE_INTERRUPT, &in, sizeof(in)));
	EQ(RESEND_UNIQUE | 5, msg.interrupted);
	/* An error would be an answer, too. */
	EQ(FUSE_MSG_FORGET, kind_of(FUSE_INTERRUPT, &in, sizeof(in) - 1));
}

CASE(what_asks_for_nothing_is_answered_with_nothing_and_the_unknown_refused)
{
	static const struct {
		uint32_t opcode;
		enum fuse_msg_kind kind;
	} kinds[] = {
		{FUSE_GETATTR, FUSE_MSG_GETATTR},
		{FUSE_STATFS, FUSE_MSG_STATFS},
		{FUSE_FORGET, FUSE_MSG_FORGET},
		{FUSE_BATCH_FORGET, FUSE_MSG_FORGET},
		{FUSE_RELEASE, FUSE_MSG_DONE},
		{FUSE_RELEASEDIR, FUSE_MSG_DONE},
		{FUSE_OPENDIR, FUSE_MSG_DONE},
		{FUSE_FLUSH, FUSE_MSG_DONE},
		{FUSE_DESTROY, FUSE_MSG_DONE},
		{FUSE_READDIR, FUSE_MSG_DONE},
		{FUSE_WRITE, FUSE_MSG_REFUSED},
		{FUSE_INIT, FUSE_MSG_REFUSED},
		{FUSE_READLINK, FUSE_MSG_REFUSED},
		{FUSE_GETXATTR, FUSE_MSG_REFUSED},
		{0, FUSE_MSG_REFUSED},
		{UINT32_MAX, FUSE_MSG_REFUSED},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		ATF_CHECK_EQ_MSG(kinds[i].kind, (enum fuse_msg_kind)kind_of(kinds[i].opcode, "", 0),
				 "opcode %u", kinds[i].opcode);
		if (kinds[i].kind == FUSE_MSG_REFUSED)
			EQ(-ENOSYS, msg.error);
	}
}

CASE(a_message_without_a_whole_header_is_none)
{
	size_t whole = make(FUSE_GETATTR, "", 0);

	for (size_t len = 0; len < whole; len++)
		EQ(-1, decode(len));
	EQ(FUSE_MSG_GETATTR, decode(whole));
}

CASE(every_prefix_of_a_body_is_refused)
{
	static const uint32_t opcodes[] = {FUSE_READ, FUSE_OPEN};
	static const uint8_t body[sizeof(struct fuse_read_in)] = {0};
	size_t sizes[] = {sizeof(struct fuse_read_in), sizeof(struct fuse_open_in)};

	for (unsigned i = 0; i < 2; i++)
		for (size_t len = 0; len < sizes[i]; len++)
			EQ(-EIO, refusal(opcodes[i], body, len));
}

CASE(random_bytes_never_crash_it)
{
	srand(3);
	for (int i = 0; i < 100000; i++) {
		size_t len = (size_t)rand() % 128;

		for (size_t at = 0; at < len; at++)
			bytes[at] = (uint8_t)(rand() % 3 ? rand() % 4 : rand());
		if (decode(len) == FUSE_MSG_READ)
			ATF_REQUIRE(msg.read.len > 0 && msg.read.off + msg.read.len <= INT64_MAX);
	}
}

CASE(a_repeated_request_is_the_original_with_one_more_bit)
{
	EQ(5u, fuse_msg_original(5));
	EQ(5u, fuse_msg_original(RESEND_UNIQUE | 5));
	EQ(INT64_MAX, fuse_msg_original(UINT64_MAX));
}

CASE(a_name_has_the_same_number_in_each_engine)
{
	/* FNV-1a's own test vectors. A new engine of another version must come to the same. */
	EQ(UINT64_C(0xaf63dc4c8601ec8c), fuse_msg_node("a"));
	EQ(UINT64_C(0x85944171f73967e8), fuse_msg_node("foobar"));
	EQ(UINT64_C(0xcbf29ce484222325), fuse_msg_node(""));
	ATF_CHECK(fuse_msg_node("image") != fuse_msg_node("imagf"));
}

CASE(no_name_has_the_number_of_nothing_or_of_the_directory)
{
	/* Its hash is 0: from the list of such strings that FNV's authors publish. */
	static const char zero[] = {(char)0xd5, 0x6b, (char)0xb9, 0x53, 0x42, (char)0x87, 0x08, 0x36, 0};
	char name[3] = "";

	EQ(FUSE_ROOT_ID + 1u, fuse_msg_node(zero));
	for (int a = 1; a < 256; a++) {
		for (int b = 0; b < 256; b++) {
			name[0] = (char)a;
			name[1] = (char)b;
			ATF_REQUIRE(fuse_msg_node(name) > FUSE_ROOT_ID);
		}
	}
}

CASE(answers_tell_of_a_file_that_never_changes)
{
	struct fuse_entry_out entry = fuse_msg_entry(77, 8192);
	struct fuse_attr_out attr = fuse_msg_attr(77, 8192);
	struct fuse_open_out opened = fuse_msg_open();

	EQ(77u, entry.nodeid);
	EQ(0u, entry.generation);
	ATF_CHECK(entry.entry_valid > 1u << 29 && entry.attr_valid > 1u << 29 && attr.attr_valid > 1u << 29);
	ATF_CHECK(memcmp(&entry.attr, &attr.attr, sizeof(attr.attr)) == 0);
	EQ(77u, attr.attr.ino);
	EQ(8192u, attr.attr.size);
	EQ(16u, attr.attr.blocks);
	EQ(S_IFREG | 0400u, attr.attr.mode);
	EQ(1u, attr.attr.nlink);
	EQ(0u, attr.attr.uid + attr.attr.gid);
	EQ(4096u, attr.attr.blksize);
	/* Pages stay when it is opened again. */
	EQ(FOPEN_KEEP_CACHE, opened.open_flags);
	EQ(4096u, fuse_msg_statfs().st.bsize);
	EQ(FUSE_MSG_NAME_MAX, fuse_msg_statfs().st.namelen);
}

CASE(the_root_is_a_directory_of_root_alone)
{
	struct fuse_attr_out attr = fuse_msg_attr(FUSE_ROOT_ID, 8192);

	EQ(FUSE_ROOT_ID, attr.attr.ino);
	EQ(S_IFDIR | 0500u, attr.attr.mode);
	EQ(0u, attr.attr.size);
	EQ(2u, attr.attr.nlink);
}

/* -- INIT ----------------------------------------------------------------------------------------------------------- */

static struct fuse_init_out agreed;

/* As Linux 6.12 says it. */
static struct fuse_init_in init_in(void)
{
	return (struct fuse_init_in){.major = FUSE_KERNEL_VERSION,
				     .minor = 41,
				     .max_readahead = 131072,
				     .flags = FUSE_ASYNC_READ | FUSE_MAX_PAGES | FUSE_INIT_EXT |
					      FUSE_WRITEBACK_CACHE | FUSE_POSIX_LOCKS,
				     .flags2 = RESEND_FLAG >> 32 | 1};
}

static enum fuse_msg_init agree(const struct fuse_init_in *in, size_t len)
{
	uint64_t unique = 0;
	size_t whole = make(FUSE_INIT, in, len);
	uint8_t *exact = malloc(whole);
	enum fuse_msg_init result;

	ATF_REQUIRE(exact != NULL);
	memcpy(exact, bytes, whole);
	memset(&agreed, 0, sizeof(agreed));
	result = fuse_msg_agree(exact, whole, 4096, &unique, &agreed);
	free(exact);
	EQ(result == FUSE_MSG_INIT_OTHER ? 0 : 7, unique);
	return result;
}

CASE(nothing_is_agreed_but_what_both_have)
{
	struct fuse_init_in in = init_in();

	EQ(FUSE_MSG_INIT_OK, agree(&in, sizeof(in)));
	EQ(FUSE_KERNEL_VERSION, agreed.major);
	EQ(in.minor < FUSE_KERNEL_MINOR_VERSION ? in.minor : FUSE_KERNEL_MINOR_VERSION, agreed.minor);
	/* What more it would read ahead is for nobody. */
	EQ(4096u, agreed.max_readahead);
	EQ(FUSE_ASYNC_READ | FUSE_MAX_PAGES | FUSE_INIT_EXT, agreed.flags);
	EQ(RESEND_FLAG >> 32, agreed.flags2);
	EQ(FUSE_MSG_READ_MAX / 4096, agreed.max_pages);
	EQ(FUSE_MSG_WRITE_MAX, agreed.max_write);
	ATF_CHECK(agreed.max_background > agreed.congestion_threshold && agreed.congestion_threshold > 12);
	/* The kernel's read(2) has to fit. */
	ATF_CHECK(FUSE_MSG_MAX >= FUSE_MSG_WRITE_MAX + 4096);
	in.flags &= ~(uint32_t)FUSE_ASYNC_READ;
	in.minor = 31;
	in.max_readahead = 0;
	EQ(FUSE_MSG_INIT_OK, agree(&in, sizeof(in)));
	EQ(0u, agreed.max_readahead);
	EQ(FUSE_MAX_PAGES | FUSE_INIT_EXT, agreed.flags);
	EQ(31u, agreed.minor);
}

CASE(a_kernel_that_cannot_repeat_requests_is_told_from_an_old_one)
{
	struct fuse_init_in in = init_in();

	in.flags2 = 0;
	EQ(FUSE_MSG_INIT_FORGETS, agree(&in, sizeof(in)));
	in = init_in();
	/* Without this flag the others are not there, whatever stands in their place. */
	in.flags &= ~(uint32_t)FUSE_INIT_EXT;
	EQ(FUSE_MSG_INIT_FORGETS, agree(&in, sizeof(in)));
	in = init_in();
	in.flags &= ~(uint32_t)FUSE_MAX_PAGES;
	EQ(FUSE_MSG_INIT_OLD, agree(&in, sizeof(in)));
	in = init_in();
	in.major = FUSE_KERNEL_VERSION + 1;
	EQ(FUSE_MSG_INIT_OLD, agree(&in, sizeof(in)));
	in.major = 0;
	EQ(FUSE_MSG_INIT_OLD, agree(&in, sizeof(in)));
}

CASE(an_older_kernels_init_is_shorter)
{
	struct fuse_init_in in = init_in();

	EQ(FUSE_MSG_INIT_FORGETS, agree(&in, 16));
	EQ(FUSE_MSG_INIT_FORGETS, agree(&in, sizeof(in) - 1));
	in.flags &= ~(uint32_t)FUSE_MAX_PAGES;
	EQ(FUSE_MSG_INIT_OLD, agree(&in, 16));
	for (size_t len = 0; len < 16; len++)
		EQ(FUSE_MSG_INIT_OTHER, agree(&in, len));
}

CASE(what_is_no_init_is_told_from_one)
{
	struct fuse_init_in in = init_in();
	uint64_t unique = 0;
	size_t len = make(FUSE_GETATTR, &in, sizeof(in));

	EQ(FUSE_MSG_INIT_OTHER, fuse_msg_agree(bytes, len, 4096, &unique, &agreed));
	make(FUSE_INIT, &in, sizeof(in));
	EQ(FUSE_MSG_INIT_OTHER,
	   fuse_msg_agree(bytes, sizeof(struct fuse_in_header) - 1, 4096, &unique, &agreed));
	EQ(0u, unique);
}

CASE(the_notice_to_repeat_is_a_header_alone)
{
	struct fuse_out_header resend = fuse_msg_resend();

	EQ(sizeof(resend), resend.len);
	/* No request has this number: it is a notice, and its kind stands where the error would. */
	EQ(0u, resend.unique);
	EQ(7, resend.error);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_lookup_comes_out_with_its_name);
	ATF_TP_ADD_TC(tp, a_name_of_255_bytes_fits_and_one_of_256_does_not);
	ATF_TP_ADD_TC(tp, a_name_that_is_none_is_refused);
	ATF_TP_ADD_TC(tp, a_read_is_of_a_megabyte_at_most_and_ends_within_63_bits);
	ATF_TP_ADD_TC(tp, files_are_opened_to_be_read_only);
	ATF_TP_ADD_TC(tp, an_interrupt_names_a_request_and_is_never_answered);
	ATF_TP_ADD_TC(tp, what_asks_for_nothing_is_answered_with_nothing_and_the_unknown_refused);
	ATF_TP_ADD_TC(tp, a_message_without_a_whole_header_is_none);
	ATF_TP_ADD_TC(tp, every_prefix_of_a_body_is_refused);
	ATF_TP_ADD_TC(tp, random_bytes_never_crash_it);
	ATF_TP_ADD_TC(tp, a_repeated_request_is_the_original_with_one_more_bit);
	ATF_TP_ADD_TC(tp, a_name_has_the_same_number_in_each_engine);
	ATF_TP_ADD_TC(tp, no_name_has_the_number_of_nothing_or_of_the_directory);
	ATF_TP_ADD_TC(tp, answers_tell_of_a_file_that_never_changes);
	ATF_TP_ADD_TC(tp, the_root_is_a_directory_of_root_alone);
	ATF_TP_ADD_TC(tp, nothing_is_agreed_but_what_both_have);
	ATF_TP_ADD_TC(tp, a_kernel_that_cannot_repeat_requests_is_told_from_an_old_one);
	ATF_TP_ADD_TC(tp, an_older_kernels_init_is_shorter);
	ATF_TP_ADD_TC(tp, what_is_no_init_is_told_from_one);
	ATF_TP_ADD_TC(tp, the_notice_to_repeat_is_a_header_alone);
	return atf_no_error();
}
