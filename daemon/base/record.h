/* SPDX-License-Identifier: MIT */
/*
 * What was read first, and when: the record of a boot, from which a profile is made (blobroot.profile(5)).
 *
 * Flow: serve/recorder.c writes it; `blobrootd profile` reads it, in memory that the keeper holds.
 * Process: both. The engine may have been taken over: who reads it checks every number.
 */
#ifndef BLOBROOT_RECORD_H
#define BLOBROOT_RECORD_H

#include <stdint.h>

enum {
	RECORD_FORMAT = 1,
	RECORD_TOUCHES_MAX = 16384,      /* extents; a boot of Debian 13 has some hundred */
	RECORD_BLOCKS_MAX = UINT16_MAX,  /* of one extent */
	RECORD_MOST_MS = 15 * 60 * 1000, /* what is read later belongs to no boot */
};

enum record_how {
	RECORD_HERE,   /* the blocks were here when they were asked for */
	RECORD_WAITED, /* the reader waited for them */
	RECORD_AHEAD,  /* nobody has asked yet: a profile had them fetched from asked_ms on */
};

/* An extent whose blocks nobody had read before. */
struct record_touch {
	uint32_t first;     /* block */
	uint32_t asked_ms;  /* since record.begun_ms */
	uint32_t waited_ms; /* until it was answered */
	uint16_t count;     /* blocks */
	uint16_t how;       /* enum record_how */
};

enum record_profile {
	RECORD_NO_PROFILE,
	RECORD_PROFILE, /* there is one, and it is used */
	RECORD_RESUMED, /* .. by a second engine */
	RECORD_OVER,    /* it was: no engine begins with it again */
};

/* Counts, for `blobrootd status` and the console. */
struct record_use {
	uint64_t touches;      /* requests for what nobody had read before .. */
	uint64_t waits;        /* .. those of them that waited for the network */
	uint64_t ahead_blocks; /* fetched, or being fetched, because a profile lists them .. */
	uint64_t used_blocks;  /* .. those of them that were read since .. */
	uint64_t late_blocks;  /* .. by a reader who had to wait for them */
	uint32_t profile;      /* enum record_profile */
};

/* Its memory is zeros at first. */
struct record {
	uint32_t format;   /* RECORD_FORMAT; 0: nothing is recorded yet */
	uint32_t count;    /* of touches, in the order of their answers */
	uint64_t begun_ms; /* clock_ms() when the first engine began to serve the image */
	uint64_t blocks;   /* of the image */
	char roothash[72]; /* hexadecimal digits, and NUL; empty: nothing vouches for the image */
	struct record_use use;
	struct record_touch touches[RECORD_TOUCHES_MAX];
};

#endif
