/* SPDX-License-Identifier: MIT */
/*
 * Notes which blocks of the image are read first, and when: the record of a boot (base/record.h).
 *
 * Flow: object, at each request that is answered with its bytes -> recorder_note.
 * Process: engine. The record lies in memory that the keeper holds: the next engine goes on with it.
 *
 * A block counts once. Where the kernel reads a file of its own, it does not ask for what is there already: then what was
 * fetched ahead of a reader is not seen.
 */
#ifndef BLOBROOT_RECORDER_H
#define BLOBROOT_RECORDER_H

#include "base/record.h"
#include "store/blockset.h"

/* Zeroed: it notes nothing. */
struct recorder {
	struct record *record; /* NULL: it notes nothing, or nothing more */
	struct blockset seen;  /* blocks that were read, also after the record's end */
};

/*
 * Begins, or goes on with what an earlier engine has noted of the same image. Shape: record may be NULL; roothash: "" if nothing
 * vouches for the image, which has so many blocks. Without memory nothing is noted. Owns: recorder_fini; record must outlive it.
 */
void recorder_begin(struct recorder *recorder, struct record *record, const char *roothash, uint64_t blocks,
		    uint64_t now_ms);
void recorder_fini(struct recorder *recorder);

/* [off, end) is fetched from now on because a profile lists it. It has not been read. Shape: whole blocks. */
void recorder_note_ahead(struct recorder *recorder, uint64_t off, uint64_t end, uint64_t now_ms);

/* Does it note what is read now, as part of a boot? */
bool recorder_is_on(const struct recorder *recorder, uint64_t now_ms);

/* [off, end) was asked for, and is answered now. Shape: whole blocks. */
void recorder_note(struct recorder *recorder, uint64_t off, uint64_t end, enum record_how how,
		   uint64_t asked_ms, uint64_t now_ms);

#endif
