/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fetch/certificate.h"

CASE(the_weightiest_fault_is_named)
{
	struct certificate_verdict verdict = {.fault = CERTIFICATE_FINE};

	ATF_CHECK(!certificate_is_worse(&verdict, CERTIFICATE_FINE, false));
	ATF_CHECK(certificate_is_worse(&verdict, CERTIFICATE_OTHER_FAULT, true));
	verdict = (struct certificate_verdict){.fault = CERTIFICATE_EXPIRED, .is_authority = true};
	ATF_CHECK(certificate_is_worse(&verdict, CERTIFICATE_OTHER_NAME, false));
	ATF_CHECK(certificate_is_worse(&verdict, CERTIFICATE_UNKNOWN_AUTHORITY, true));
	ATF_CHECK(certificate_is_worse(&verdict, CERTIFICATE_EXPIRED, false));
	ATF_CHECK(!certificate_is_worse(&verdict, CERTIFICATE_EXPIRED, true));
	ATF_CHECK(!certificate_is_worse(&verdict, CERTIFICATE_WEAK_KEY, false));
	ATF_CHECK(!certificate_is_worse(&verdict, CERTIFICATE_FINE, false));
	verdict.is_authority = false;
	ATF_CHECK(!certificate_is_worse(&verdict, CERTIFICATE_EXPIRED, true));
}

CASE(names_are_listed_as_far_as_there_is_room)
{
	struct certificate_verdict verdict = {.fault = CERTIFICATE_OTHER_NAME};

	certificate_add_name(&verdict, "a.example", 9);
	certificate_add_name(&verdict, "b\n\x1b[31m", 7);
	ATF_CHECK_STREQ("a.example, b??[31m", verdict.names);
	for (int i = 0; i < 40; i++)
		certificate_add_name(&verdict, "another.example", 15);
	ATF_CHECK(strlen(verdict.names) < CERTIFICATE_NAME_MAX);
	ATF_CHECK_STREQ("another.example, ..", verdict.names + strlen(verdict.names) - 19);
	verdict.names[0] = '\0';
	certificate_add_name(&verdict, (char[300]){'x'}, 300);
	ATF_CHECK_STREQ("..", verdict.names);
}

CASE(each_fault_has_its_words)
{
	struct certificate_verdict verdict = {.from = "2026-01-02",
					      .until = "2026-03-04",
					      .today = "1970-01-01",
					      .subject = "CN=s",
					      .issuer = "CN=i",
					      .names = "a, b"};
	char words[CERTIFICATE_WHY_MAX], earlier[CERTIFICATE_OTHER_FAULT + 1][CERTIFICATE_WHY_MAX];

	for (int fault = CERTIFICATE_FINE; fault <= CERTIFICATE_OTHER_FAULT; fault++) {
		verdict.fault = (enum certificate_fault)fault;
		certificate_explain(&verdict, earlier[fault], sizeof(words));
		for (int i = 0; i < fault; i++)
			ATF_CHECK_MSG(strcmp(earlier[i], earlier[fault]) != 0, "%s", earlier[i]);
	}
	verdict.fault = CERTIFICATE_NOT_YET_VALID;
	verdict.is_authority = true;
	certificate_explain(&verdict, words, sizeof(words));
	ATF_CHECK_STREQ("an authority's certificate (CN=s) is not valid before 2026-01-02, and this host's "
			"clock says 1970-01-01: set the clock, or make the initramfs anew: a clock that is "
			"behind is set to the time when it was made",
			words);
	verdict.fault = CERTIFICATE_UNKNOWN_AUTHORITY;
	verdict.is_authority = false;
	verdict.is_without_authorities = true;
	certificate_explain(&verdict, words, sizeof(words));
	ATF_CHECK_STREQ("the server's certificate is signed by an authority that this host does not trust "
			"(there are none in its initramfs): CN=i",
			words);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_weightiest_fault_is_named);
	ATF_TP_ADD_TC(tp, names_are_listed_as_far_as_there_is_room);
	ATF_TP_ADD_TC(tp, each_fault_has_its_words);
	return atf_no_error();
}
