#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The root hash comes from the server, signed: only what a trusted key has signed is believed.
# shellcheck disable=SC2034,SC2119,SC2154 # what verity.sh sets, and is told

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/signed.sh
. "$support/signed.sh"
# shellcheck source=tests/support/villain.sh
. "$support/villain.sh"
# shellcheck source=tests/support/long.sh
. "$support/long.sh"

# refuses WHY
refuses() {
	kernel_run --start -- rd.blob.contact=2 <<-EOF
		failed 100 $1
	EOF
	! grep -q '^ready' out || atf_fail 'it was mounted'
}

atf_test_case a_signed_root_hash_vouches_also_for_later_engines
a_signed_root_hash_vouches_also_for_later_engines_body() {
	signed release
	kernel_run --start <<-EOF
		ready
		open image
		read 1 0 128K
		wait
		kill
		scan 1 128K
	EOF
	atf_check_equal 1 "$(verity_asked /x.erofs.roothash)"
}

# An engine that was taken over can keep the tree from later ones: then they want the signature.
atf_test_case without_a_tree_a_later_engine_wants_the_signature
without_a_tree_a_later_engine_wants_the_signature_body() {
	signed stranger
	mv www/x.erofs.roothash.p7s strangers
	sign release
	cp www/x.erofs.roothash.p7s ours
	echo 'remember *verity*%09nonsense' >next
	villain_run <<-EOF
		ready
		open image
		read 1 0 128K
		wait
		sh cp strangers www/x.erofs.roothash.p7s
		kill
		log blobroot: engine: 1 of the 1 things that earlier engines left cannot be used: passed over
		log blobroot: engine: ended with status 100: $url/x.erofs.roothash.p7s: *: the next one takes over in * ms
		sh cp ours new; mv new www/x.erofs.roothash.p7s
		scan 1 128K
		check failed == 0
	EOF
}

atf_test_case a_file_that_ends_in_a_newline_and_is_signed_so
a_file_that_ends_in_a_newline_and_is_signed_so_body() {
	signed release
	echo "$root" >www/x.erofs.roothash
	serves
	sign release
	serves
}

atf_test_case who_is_not_trusted_vouches_for_nothing
who_is_not_trusted_vouches_for_nothing_body() {
	signed stranger
	refuses "$url/x.erofs.roothash.p7s: *"
	rm www/x.erofs.roothash.p7s
	refuses "$url/x.erofs.roothash.p7s: *404*nothing vouches for the image*"
	sign release
	mv etc/verity.d etc/elsewhere
	refuses 'image: nothing vouches for it: *'
}

# Each is said, by keeper or engine, and the good one beside them is used.
atf_test_case what_is_no_certificate_beside_the_signers_ends_no_boot
what_is_no_certificate_beside_the_signers_ends_no_boot_body() {
	signed release
	mkdir etc/verity.d/directory.crt etc/verity.d/revoked
	mkfifo etc/verity.d/pipe.crt
	ln -s nowhere etc/verity.d/link.crt
	echo nonsense >etc/verity.d/nonsense.crt
	: >etc/verity.d/empty.crt
	serves
	for why in 'directory.crt: is not a file' 'pipe.crt: is not a file' 'link.crt: No such file or directory' \
		'nonsense.crt: is not a certificate in PEM' 'empty.crt: is not a certificate in PEM'; do
		atf_check -o inline:"1\n" grep -c "blobroot: /etc/verity.d/$why: it is not used$" out
	done
	rm etc/verity.d/release.crt
	refuses "$url/x.erofs.roothash.p7s: *"
	rm etc/verity.d/nonsense.crt etc/verity.d/empty.crt
	refuses 'image: nothing vouches for it: *'
}

atf_test_case a_mirror_with_a_wrong_signature_does_no_harm
a_mirror_with_a_wrong_signature_does_no_harm_body() {
	signed stranger
	mkdir www/honest
	cp www/x.erofs* www/honest/
	sign release
	mv www/x.erofs.roothash.p7s www/honest/
	sign stranger
	kernel_run --start -- "rd.blob.mirror=$url/honest/x.erofs" <<-EOF
		ready
		open image
		scan 1 128K
	EOF
}

# Part of the corruption matrix; verity_matrix_test has the rest. 60 changes of each file, 6 in the short form.
atf_test_case no_changed_byte_of_root_hash_or_signature_is_believed
no_changed_byte_of_root_hash_or_signature_is_believed_body() {
	signed release 100000
	seed=${VERITY_SEED:-1} last=$((${VERITY_SEED:-1} + ${VERITY_ROUNDS:-$(long_or_short 60 6)}))
	while [ "$seed" -lt "$last" ]; do
		for file in www/x.erofs.roothash www/x.erofs.roothash.p7s; do
			atf_check -o inline:'refused\n' -e save:change "$support/spoil" "$seed" 1 file $file \
				www/x.erofs.verity
			# Capitals are the same digits.
			if [ "$(tr A-F a-f <www/x.erofs.roothash)" = "$root" ] && [ $file = www/x.erofs.roothash ]; then
				serves
			else
				refuses "$url/x.erofs.roothash*"
			fi
			atf_check -o ignore -e ignore "$support/spoil" "$seed" 1 file $file www/x.erofs.verity
		done
		seed=$((seed + 1))
	done
	serves
}

atf_init_test_cases() {
	atf_add_test_case a_signed_root_hash_vouches_also_for_later_engines
	atf_add_test_case without_a_tree_a_later_engine_wants_the_signature
	atf_add_test_case a_file_that_ends_in_a_newline_and_is_signed_so
	atf_add_test_case who_is_not_trusted_vouches_for_nothing
	atf_add_test_case what_is_no_certificate_beside_the_signers_ends_no_boot
	atf_add_test_case a_mirror_with_a_wrong_signature_does_no_harm
	atf_add_test_case no_changed_byte_of_root_hash_or_signature_is_believed
}
