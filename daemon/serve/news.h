/* SPDX-License-Identifier: MIT */
/*
 * Prints what objects report as lines on the console.
 *
 * Flow: object and flight -> the table's news -> log.
 * Process: engine
 */
#ifndef BLOBROOT_NEWS_H
#define BLOBROOT_NEWS_H

#include "serve/object.h"

/* Shape: as news in struct object_table. */
void news_say(struct object *object, enum object_news news, uint64_t off, uint64_t len, const char *why);

#endif
