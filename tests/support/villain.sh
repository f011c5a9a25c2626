# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests of the keeper: engines that were taken over (villain.c).
#
# Flow: a test sources it at its head; its bodies call kernel_serve or verity_serve, then villain_run. In a script
# `sh ./plan LINE..` says what the next engine does before it becomes the real one.
# shellcheck disable=SC2016,SC2034,SC2154 # the plan's own expansions; variables that are kernel.sh's

# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

villain_real=$kernel_blobrootd

# villain_run [OPTION..] [-- WORD..]: kernel_run --start with the villain's keeper. Engines' arguments are in ./engines.
villain_run() {
	export VILLAIN="$PWD"
	ln -sf "$villain_real" engine
	printf '%s\n' '#!/bin/sh' 'printf "%s\n" "$@" >next.new; mv next.new "$VILLAIN/next"' >plan
	chmod 755 plan
	kernel_blobrootd=$support/villain
	: >engines
	kernel_run --start "$@"
}

# The texts that the engines have got, of all of them.
villain_told() { grep -A1 -x -e --remember engines | grep -v -x -e -- -e --remember; }
