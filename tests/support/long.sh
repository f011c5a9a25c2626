# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests that have two lengths: a short one for `make check`, a long one for `make check-long`.

# long_or_short LONG SHORT: prints one of them. Programs that use it are named in tests/long/also.
long_or_short() {
	if [ "$(atf_config_get long no)" = yes ]; then echo "$1"; else echo "$2"; fi
}
