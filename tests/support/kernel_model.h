/* SPDX-License-Identifier: MIT */
/*
 * What the fake kernel knows: objects, cache files, requests.
 *
 * Flow: kernel_script.c asks questions (open, read, close); the daemon reads them through kernel_trap.c, and
 * kernel_answer.c judges what it answers.
 * Process: the fake kernel.
 * Source: fs/cachefiles/{daemon,ondemand}.c of Linux 6.12, whose errors and order it follows
 */
#ifndef KERNEL_MODEL_H
#define KERNEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { KERNEL_BLOCK = 4096, KERNEL_LABEL_MAX = 32 };

enum kernel_object_state {
	KERNEL_OPENING, /* its OPEN has no answer yet */
	KERNEL_OPEN,
	KERNEL_ORPHANED, /* the engine that had it is dead: the next read has it opened again */
	KERNEL_REFUSED,
	KERNEL_CLOSING, /* its CLOSE was not read yet: its reads are as before */
	KERNEL_DROPPED,
};

/* A blob as the daemon has to show it. */
struct kernel_source {
	char key[512];
	int fd;
	uint64_t size;
};

struct kernel_object {
	uint32_t id;     /* from 1, in the order of opens: the script's number */
	uint32_t number; /* the kernel's, another one in each OPEN that is read */
	char volume[512], key[512];
	enum kernel_object_state state;
	const struct kernel_source *source; /* NULL: none is known, bytes are not compared */
	int file;                           /* the cache file */
	int port;                           /* its number in the engine, -1: none */
	bool was_open;                      /* its size was told at least once */
	bool is_file_late;                  /* see kernel_answer_delay_file */
	bool is_close_read;                 /* the daemon knows that it is dropped */
};

enum kernel_request_state {
	KERNEL_QUEUED, /* waits for the daemon to read it */
	KERNEL_HELD,   /* a read that waits for its object */
	KERNEL_TAKEN,
	KERNEL_FOLLOWED, /* completed with a part of its bytes: a READ for the rest has followed */
	KERNEL_OVER,
	KERNEL_ABANDONED, /* its reader is gone: an answer gets EINVAL, once */
};

struct kernel_request {
	uint32_t id; /* the index in the table */
	uint32_t opcode;
	uint32_t object_id;
	uint64_t off, len;
	enum kernel_request_state state;
	bool is_good;      /* once over: the reader got its bytes; the opener got a size */
	int error;         /* once over: of an OPEN, the negative answer */
	bool is_looked_at; /* a wait has judged it; none judges an OPEN after an engine's death, but its reads
			    */
	char label[KERNEL_LABEL_MAX];
	struct kernel_request *first; /* whose rest this is, or NULL */
	uint8_t *raw;                 /* a message of the script's own, raw_len bytes */
	size_t raw_len;
};

/* Says why on stdout as `broken: ..`, and ends the run with status 1. */
void kernel_broken(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

void kernel_model_init(const char *cache_dir);
/* The daemon must show the bytes of this file under key from the next open on. */
void kernel_model_source(const char *key, const char *path);

struct kernel_object *kernel_model_open(const char *key, const char *volume);
struct kernel_object *kernel_model_object(uint32_t id); /* NULL: no such */
struct kernel_request *kernel_model_read(struct kernel_object *object, uint64_t off, uint64_t len,
					 const char *label);
/* The reader of this request is told. */
void kernel_model_end(struct kernel_request *request, bool is_good);
/* It was completed up to off, where a hole begins: the kernel asks for that, too. */
void kernel_model_follow(struct kernel_request *request, uint64_t off);
/* An OPEN after an engine's death was refused: it comes again if somebody reads. */
void kernel_model_insist(struct kernel_object *object);
/* Only what is open has a CLOSE; anything else is dropped at once, and the daemon sees it by EINVAL. */
void kernel_model_close(struct kernel_object *object);
void kernel_model_raw(const uint8_t *bytes, size_t len);
void kernel_model_abandon(struct kernel_request *request);
struct kernel_request *kernel_model_request(size_t index); /* NULL: no more */
void kernel_model_queue(struct kernel_request *request);   /* the daemon may read it now */

/* The device as the daemon sees it: an eventfd that is readable while messages are queued. */
int kernel_model_device(void);
/* Makes it readable once, whatever is queued; kernel_model_is_idle when the daemon has found nothing more. */
void kernel_model_poke(void);
bool kernel_model_is_idle(void);

/* From now on the daemon may hold so many reads without an answer. */
void kernel_model_limit(size_t count);

/* read(2) of the device: a result or -errno. give hands a file over and returns its number there. */
ssize_t kernel_model_take(void *buf, size_t size, int (*give)(int file));

/* The engine is dead; what it held is held by nobody. And: ask again what it had taken and not answered. */
void kernel_model_orphan(void);
void kernel_model_restore(void);

#endif
