/* SPDX-License-Identifier: MIT */
/*
 * For tree.c and tree_make.c.
 *
 * Flow: main -> tree_make, or its own list and check; all of them walk a tree.
 */
#ifndef TREE_H
#define TREE_H

#include <sys/stat.h>

/* Makes the tree in DIR, with files and directories of each kind that file systems lay out differently. Returns 0. */
int tree_make(const char *dir);

typedef void tree_visit_fn(const char *path, const struct stat *st);

/* Visits path and all below it, in the order of names. */
void tree_walk(const char *path, tree_visit_fn *visit);

/* Says what failed, with errno, and exits. */
void tree_die(const char *what) __attribute__((noreturn));

#endif
