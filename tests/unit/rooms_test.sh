#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# tests/rooms: the table of who may include whom, held against the files of a small daemon/.

rooms=$(atf_get_srcdir)/../../../tests/rooms

# house: a tree without a finding.
house() {
	mkdir -p d/base d/fetch d/serve d/transport
	cat >d/README.md <<-'EOF'
		| room | what lives there | may include |
		| --- | --- | --- |
		| `base/` | what all need | base |
		| `fetch/` | gets | base fetch |
		| `serve/` | answers | base fetch serve transport/transport.h |
		| `transport/` | asks | base transport |
		| `main.c` | begins | all |
	EOF
	echo '#include "base/loop.h"' >d/base/loop.c
	: >d/base/loop.h
	printf '%s\n' '#include "fetch/blob.h"' '#include "base/loop.h"' >d/fetch/blob.c
	: >d/fetch/blob.h
	printf '%s\n' '#include "serve/object.h"' '#include "transport/transport.h"' >d/serve/object.c
	echo '#include "fetch/blob.h"' >d/serve/object.h
	: >d/transport/transport.h
	printf '%s\n' '#include "transport/transport.h"' '	.name = "pigeon",' >d/transport/pigeon.c
	echo '#include "serve/object.h"' >d/main.c
}

atf_test_case a_house_in_order_has_no_finding
a_house_in_order_has_no_finding_body() {
	house
	atf_check "$rooms" d
}

atf_test_case a_line_that_the_table_does_not_allow_is_named
a_line_that_the_table_does_not_allow_is_named_body() {
	house
	echo '#include "serve/object.h"' >d/fetch/reply.c
	echo '#include "transport/pigeon.h"' >d/serve/news.c
	atf_check -s exit:1 -o save:found "$rooms" d
	atf_check -o ignore grep -x 'fetch/reply.c: includes serve/object.h: daemon/README.md does not let fetch do that' found
	atf_check -o ignore grep -x 'serve/news.c: includes transport/pigeon.h: daemon/README.md does not let serve do that' found
}

atf_test_case a_circle_is_named_through_headers_or_not
a_circle_is_named_through_headers_or_not_body() {
	house
	echo '#include "fetch/race.h"' >>d/fetch/blob.c
	echo '#include "fetch/blob.h"' >d/fetch/race.h
	atf_check -s exit:1 -o match:'^a circle of includes: .*fetch/blob' "$rooms" d
}

atf_test_case a_transport_is_named_in_its_own_room_only
a_transport_is_named_in_its_own_room_only_body() {
	house
	echo '/* Pigeon has no errors. */' >>d/serve/object.c
	atf_check -s exit:1 -o match:'^serve/object.c:3:.*names a transport' "$rooms" d
}

atf_test_case a_room_without_a_row_is_named
a_room_without_a_row_is_named_body() {
	house
	mkdir d/attic
	atf_check -s exit:1 -o inline:'README.md: the table of rooms has no row for attic/\n' "$rooms" d
}

atf_init_test_cases() {
	atf_add_test_case a_house_in_order_has_no_finding
	atf_add_test_case a_line_that_the_table_does_not_allow_is_named
	atf_add_test_case a_circle_is_named_through_headers_or_not
	atf_add_test_case a_transport_is_named_in_its_own_room_only
	atf_add_test_case a_room_without_a_row_is_named
}
