# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh boot tests: the same case over each transport, by parameter. What a transport cannot do by nature is in
# HACKING.md, "Boots over each transport".
#
# Flow: a test sources it at its head. Its atf_init_test_cases calls `over`; bodies, and the hosts of hosts.sh, boot the
# flavour $over_flavour, and $over_transport is what it takes.
# shellcheck disable=SC2034 # variables that tests use

# over_be HOST: from now on $over_flavour and $over_transport are those of HOST, which is cachefiles (the rebuilt modules), fuse
# (Debian's kernel as it is), or fuse_on_7_3 (a kernel without on-demand cachefiles).
over_be() {
	over_host=$1 over_transport=${1%%_*}
	case $1 in
	cachefiles) over_flavour=busybox-6.12 ;;
	fuse) over_flavour=busybox-stock-6.12 ;;
	fuse_on_7_3) over_flavour=busybox-7.3 ;;
	*) atf_fail "over: $1: no such host" ;;
	esac
}

[ -n "${over_host:-}" ] || over_be cachefiles

# over HOSTS CASE..: adds each CASE once for each of HOSTS, as CASE_over_HOST.
over() {
	over_hosts=$1
	shift
	for over_case; do
		for over_to in $over_hosts; do
			atf_test_case "${over_case}_over_$over_to"
			eval "${over_case}_over_${over_to}_body() { over_be $over_to; ${over_case}_body; }"
			atf_add_test_case "${over_case}_over_$over_to"
		done
	done
}
