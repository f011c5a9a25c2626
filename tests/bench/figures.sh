# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What the benches make of their measurements. Sourced.

# median [FILE]: of the first numbers of lines, those of stdin without a file.
median() { sort -n "$@" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", a / b }'; }
