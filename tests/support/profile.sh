# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests of boot profiles over the fake kernel: an image, and a boot that teaches the next one.
#
# Flow: a test sources it at its head; its bodies call profile_serve and profile_teach, then kernel_run with scripts of which
# profile_reads is a part.
# shellcheck disable=SC2034,SC2119,SC2154 # what kernel.sh sets, and what the tests use

# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

status="$kernel_blobrootd status --run run"
kernel_profile=''

# profile_serve: as kernel_serve, 4 MiB under a hash tree.
profile_serve() {
	kernel_serve 4194304
	verity_format www/x.erofs www/x.erofs.verity
	verity_trust
}

# profile_reads: the script of a boot that reads 4 KiB of every 64 KiB, in an order of its own.
profile_reads() {
	for place in $(seq 1 2 60) $(seq 2 2 60); do
		printf 'read 1 %dK 4K\nwait\n' $((place * 64))
	done
}

# profile_teach: a boot's profile is published.
profile_teach() {
	{
		printf 'ready\nopen image\n'
		profile_reads
		echo "sh $kernel_blobrootd profile --run run >www/x.erofs.profile"
	} | kernel_run --start
	atf_check_equal 60 "$(grep -c '^[0-9]' www/x.erofs.profile)"
}
