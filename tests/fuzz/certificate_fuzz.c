/* SPDX-License-Identifier: MIT */
/*
 * Why a certificate is refused: whatever names stand in it, what the console shows is a line, and has an end.
 *
 * Input: a byte for the fault, a byte for whose it is, then names, each with a byte for its length.
 */
#include "fuzz.h"

#include "fetch/certificate.h"

int fuzz_one(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {.at = data, .left = size};
	struct certificate_verdict verdict = {.subject = "CN=server", .issuer = "CN=authority"};
	char why[CERTIFICATE_WHY_MAX];
	unsigned whose;

	verdict.fault = (enum certificate_fault)(fuzz_take(&input, 1) % (CERTIFICATE_OTHER_FAULT + 1));
	whose = (unsigned)fuzz_take(&input, 1);
	verdict.is_authority = whose & 1;
	verdict.is_without_authorities = whose & 2;
	while (input.left > 0) {
		size_t len = (size_t)fuzz_take(&input, 1), had = strlen(verdict.names);

		if (len > input.left)
			len = input.left;
		certificate_add_name(&verdict, (const char *)input.at, len);
		MUST(memchr(verdict.names, 0, sizeof(verdict.names)), "no end");
		MUST(strlen(verdict.names) >= had, "a name is gone");
		input.at += len;
		input.left -= len;
	}
	certificate_explain(&verdict, why, sizeof(why));
	must_be_a_line(why);
	for (int fault = CERTIFICATE_FINE; fault <= CERTIFICATE_OTHER_FAULT; fault++)
		MUST(!certificate_is_worse(&verdict, CERTIFICATE_FINE, false) &&
			     !certificate_is_worse(&verdict, verdict.fault, true),
		     "nothing is worse than itself");
	return 0;
}
