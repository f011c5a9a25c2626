#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The corruption matrix: no changed byte of an image, its hash tree or its root hash ever reaches a reader, each is
# refused within a bounded time, and all other blocks can be read. More than 2000 changes in the long form, an eighth of
# them in the short one; VERITY_SEED throws others, VERITY_ROUNDS so many times as many.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"
# shellcheck source=tests/support/long.sh
. "$support/long.sh"

# matrix BLOCKS: an image for it, with its tree.
matrix() {
	verity_blocks "$1"
	httpd_serve
	verity_format www/x.erofs www/x.erofs.verity --salt="$(printf '%064d' "$1")"
	cp www/x.erofs.verity want.verity
	verity_trust
}

# round SEED COUNT KIND: what is asked depends on spoil's verdict. The same once more undoes it, or else a copy does.
round() {
	verity_spoil "$@" www/x.erofs www/x.erofs.verity
	case $verdict in
	served) printf '%s\n' ready 'open image' wait "judge 1 $judge" ;;
	harmless) printf '%s\n' ready 'open image' 'scan 1 128K' ;;
	refused) echo 'failed 100 *' ;; # and asked for again until rd.blob.contact=
	esac >commands
	kernel_run --patience 20 -- "rd.blob.contact=$([ "$verdict" = refused ] && echo 2 || echo 30)" <commands
	case $3 in
	zero-* | super) cp want.erofs www/x.erofs && cp want.verity www/x.erofs.verity ;;
	*) verity_spoil "$@" www/x.erofs www/x.erofs.verity ;;
	esac
}

# rounds FROM N COUNT KIND: N daemons, or N/8 in the short form, each against COUNT changes of that kind.
rounds() {
	from=$(($1 + ${VERITY_SEED:-1000}))
	last=$((from + $(long_or_short "$2" $((($2 + 7) / 8))) * ${VERITY_ROUNDS:-1} - 1))
	echo "$4: seeds $from to $last, $3 changes each"
	for seed in $(seq "$from" "$last"); do
		round "$seed" "$3" "$4"
	done
	atf_check cmp want.erofs www/x.erofs
	atf_check cmp want.verity www/x.erofs.verity
}

atf_test_case changed_bytes_of_data
changed_bytes_of_data_body() {
	matrix 300
	judge='4K spoilt 8'
	rounds 0 20 20 data
	judge='32K spoilt 4'
	rounds 100 20 20 data
	judge='4K spoilt 300'
	rounds 200 20 20 data
}

atf_test_case changed_bytes_of_leaves
changed_bytes_of_leaves_body() {
	matrix 3000
	judge='4K spoilt 64'
	rounds 0 10 10 leaf
	judge='128K spoilt'
	rounds 100 20 10 leaf
}

atf_test_case changed_bytes_of_any_level_of_three
changed_bytes_of_any_level_of_three_body() {
	matrix 20000
	judge='128K spoilt 2'
	rounds 0 3 1 inner
	rounds 100 6 40 mix
}

atf_test_case changed_bytes_of_the_head
changed_bytes_of_the_head_body() {
	matrix 300
	rounds 0 120 1 head-data
	rounds 200 120 1 head-hash
}

atf_test_case changed_bytes_of_the_superblock
changed_bytes_of_the_superblock_body() {
	matrix 300
	rounds 0 200 1 super
}

atf_test_case changed_digits_of_the_root_hash
changed_digits_of_the_root_hash_body() {
	matrix 300
	# The first and the last are among them in both forms.
	for at in $(seq 1 "$(long_or_short 1 9)" 64); do
		digit=$(echo "$root" | cut -c "$at" | tr '0-9a-f' '1-9a-f0')
		before=$(echo "$root" | cut -c "-$at") after=$(echo "$root" | cut -c "$((at + 1))-")
		kernel_trust=rd.blob.roothash=${before%?}$digit$after
		kernel_run --patience 20 -- rd.blob.contact=2 <<-EOF
			failed 100 *: the hash tree is not the one of this root hash: *
		EOF
	done
}

# Two mirrors, each with changes of its own: only what is wrong on both is lost.
atf_test_case changed_bytes_on_two_mirrors
changed_bytes_on_two_mirrors_body() {
	matrix 3000
	verity_mirror b
	for seed in $(seq "$(long_or_short 10 2)"); do
		for kind in 'leaf 12' 'data 250'; do
			verity_spoil "$seed" "${kind#* }" "${kind% *}" www/x.erofs www/x.erofs.verity
			sort spoilt >first
			verity_spoil "$((seed + 50))" "${kind#* }" "${kind% *}" www/b/x.erofs www/b/x.erofs.verity
			sort spoilt | comm -12 first - >both
			kernel_run --patience 20 <<-EOF
				ready
				open image
				wait
				judge 1 4K both $((seed * 10))
			EOF
			cp want.erofs www/x.erofs && cp want.erofs www/b/x.erofs
			cp want.verity www/x.erofs.verity && cp want.verity www/b/x.erofs.verity
		done
		echo "seed $seed: $(wc -l <both) blocks are wrong on both"
	done
}

# Whole blocks in another's place, and holes.
atf_test_case swapped_and_zeroed_blocks
swapped_and_zeroed_blocks_body() {
	matrix 3000
	judge='4K spoilt 16'
	for kind in swap-data swap-leaf zero-data zero-leaf; do
		rounds 0 5 7 "$kind"
	done
}

atf_init_test_cases() {
	atf_add_test_case changed_bytes_of_data
	atf_add_test_case changed_bytes_of_leaves
	atf_add_test_case changed_bytes_of_any_level_of_three
	atf_add_test_case changed_bytes_of_the_head
	atf_add_test_case changed_bytes_of_the_superblock
	atf_add_test_case changed_digits_of_the_root_hash
	atf_add_test_case changed_bytes_on_two_mirrors
	atf_add_test_case swapped_and_zeroed_blocks
}
