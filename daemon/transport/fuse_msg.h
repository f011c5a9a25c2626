/* SPDX-License-Identifier: MIT */
/*
 * Decodes one message of /dev/fuse, and encodes answers.
 *
 * Flow: fuse and fuse_keeper read bytes from the device; struct fuse_msg comes out, and is answered. Pure.
 * Process: keeper, engine
 * Source: Linux, include/uapi/linux/fuse.h (protocol 7.23 to 7.45); fs/fuse/{dev,inode}.c of 6.12 and 6.18
 *
 * What is served is one directory of files that never change. So all that the kernel learns is true for ever, and only
 * reads come back to us.
 */
#ifndef BLOBROOT_FUSE_MSG_H
#define BLOBROOT_FUSE_MSG_H

#include <linux/fuse.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum {
	FUSE_MSG_NAME_MAX = 255,
	FUSE_MSG_READ_MAX = 1024 * 1024, /* bytes of one read, max_pages of them; 128 KiB is as fast */
	/* The kernel wants room for a write of FUSE_MSG_WRITE_MAX, and 4096 bytes more. None comes. */
	FUSE_MSG_WRITE_MAX = 4096,
	FUSE_MSG_MAX = 16 * 1024,
};

/* What is to be done. */
enum fuse_msg_kind {
	FUSE_MSG_LOOKUP,    /* answer: fuse_msg_entry */
	FUSE_MSG_GETATTR,   /* answer: fuse_msg_attr */
	FUSE_MSG_OPEN,      /* answer: fuse_msg_open */
	FUSE_MSG_READ,      /* answer: the bytes */
	FUSE_MSG_STATFS,    /* answer: fuse_msg_statfs */
	FUSE_MSG_INTERRUPT, /* nothing is to be answered, here and below but for the errors */
	FUSE_MSG_FORGET,
	FUSE_MSG_DONE,    /* answer: error 0, no bytes */
	FUSE_MSG_REFUSED, /* answer: the error */
};

struct fuse_msg {
	enum fuse_msg_kind kind;
	uint64_t unique; /* answers carry it as it is; see fuse_msg_original */
	uint64_t node;
	int reader; /* the thread that waits for the answer; 0: none */
	union {
		char name[FUSE_MSG_NAME_MAX + 1]; /* LOOKUP: in the directory `node` */
		struct {
			uint64_t off;
			uint32_t len;
		} read;
		uint64_t interrupted; /* INTERRUPT: the unique of a request, see fuse_msg_original */
		int error;            /* REFUSED: -errno */
	};
};

/* Decodes one message of len bytes. Returns false if it has no whole header: nothing can be answered. */
bool fuse_msg_decode(const void *bytes, size_t len, struct fuse_msg *msg_out);

/* The unique that a request had when it was read first: a request that is read again has one more bit. */
uint64_t fuse_msg_original(uint64_t unique);

/* The node of a name: the same in each engine, as the kernel knows it by that alone. Never FUSE_ROOT_ID or 0. */
uint64_t fuse_msg_node(const char *name);

/* What is behind an answer's header; the sizes are the struct's. size: bytes of the file, whole blocks. */
struct fuse_entry_out fuse_msg_entry(uint64_t node, uint64_t size);
struct fuse_attr_out fuse_msg_attr(uint64_t node, uint64_t size);
struct fuse_open_out fuse_msg_open(void);
struct fuse_statfs_out fuse_msg_statfs(void);

/* What the first message asks for, and what is agreed. */
enum fuse_msg_init {
	FUSE_MSG_INIT_OK,
	FUSE_MSG_INIT_OTHER,  /* it is no INIT */
	FUSE_MSG_INIT_OLD,    /* a major version that nobody has any more, or reads that are too small */
	FUSE_MSG_INIT_FORGETS /* the kernel cannot repeat requests (before Linux 6.9) */
};
/*
 * read_ahead: how much the kernel may read ahead in a served file, in bytes. EROFS reads ahead in its own files, and the engine in the
 * image: more than a page is for nobody (with 128 KiB it was 7 % of what a boot fetched). With 0 each page is read alone, exactly.
 */
enum fuse_msg_init fuse_msg_agree(const void *bytes, size_t len, uint32_t read_ahead, uint64_t *unique_out,
				  struct fuse_init_out *init_out);

/* FUSE_NOTIFY_RESEND: "repeat all that was taken and not answered". */
struct fuse_out_header fuse_msg_resend(void);

#endif
