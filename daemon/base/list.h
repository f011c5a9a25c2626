/* SPDX-License-Identifier: MIT */
/*
 * Doubly linked lists with embedded links, like the kernel's.
 *
 * A head and a link are the same struct. list_init initialises a head; a zeroed link is in no list.
 */
#ifndef BLOBROOT_LIST_H
#define BLOBROOT_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *prev, *next;
};

static inline void list_init(struct list *head)
{
	head->prev = head->next = head;
}

#ifdef __clang_analyzer__
/* Opaque to the analyzer: it does not see that a removed element is not found in the list again. */
struct list *list_next(const struct list *link);
#else
static inline struct list *list_next(const struct list *link)
{
	return link->next;
}
#endif

static inline bool list_is_empty(const struct list *head)
{
	return list_next(head) == head;
}

static inline bool list_is_linked(const struct list *link)
{
	return link->next != NULL;
}

/* Inserts link before at. Before a head is the end of its list. */
static inline void list_insert(struct list *at, struct list *link)
{
	link->prev = at->prev;
	link->next = at;
	at->prev->next = link;
	at->prev = link;
}

static inline void list_append(struct list *head, struct list *link)
{
	list_insert(head, link);
}

static inline void list_prepend(struct list *head, struct list *link)
{
	list_insert(head->next, link);
}

/* Removes link from its list, if it is in one. */
static inline void list_remove(struct list *link)
{
	if (!link->next)
		return;
	link->prev->next = link->next;
	link->next->prev = link->prev;
	link->prev = link->next = NULL;
}

/* The struct that the link is embedded in. */
#define list_entry(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

/* The first element, or NULL if the list is empty. */
#define list_first(head, type, member)                                                                       \
	(list_is_empty(head) ? NULL : list_entry(list_next(head), type, member))

/* Iterates over all elements. The current one must not be removed, unless the loop ends there. */
#define list_for_each(var, head, member)                                                                     \
	for ((var) = list_entry(list_next(head), __typeof__(*(var)), member); &(var)->member != (head);      \
	     (var) = list_entry(list_next(&(var)->member), __typeof__(*(var)), member))

/* The same, but the current element may be removed, and no other one. Shape: then is of var's type. */
#define list_for_each_safe(var, then, head, member)                                                          \
	for ((var) = list_entry(list_next(head), __typeof__(*(var)), member),                                \
	    (then) = list_entry(list_next(&(var)->member), __typeof__(*(var)), member);                      \
	     &(var)->member != (head);                                                                       \
	     (var) = (then), (then) = list_entry(list_next(&(then)->member), __typeof__(*(var)), member))

#endif
