/* SPDX-License-Identifier: MIT */
/* If a signer were skipped because memory ran out, a good image would look unsigned, and the boot would fail for good. */
#include "unit.h"

#include "trust/certdir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum signature_cert_result result;
static unsigned complaints;

enum signature_cert_result signature_certs_add(struct signature_certs *certs, const void *bytes, size_t len)
{
	(void)certs;
	ATF_REQUIRE(bytes != NULL && len > 0);
	return result;
}

const char *signature_cert_explain(enum signature_cert_result why)
{
	(void)why;
	return "is none";
}

static void complain(void *context, const char *name, const char *why)
{
	(void)context;
	ATF_CHECK_STREQ("a.crt", name);
	ATF_CHECK_STREQ("is none", why);
	complaints++;
}

static int load(enum signature_cert_result of_each)
{
	int dir, file, err;

	(void)mkdir("trusted", 0700);
	dir = open("trusted", O_RDONLY | O_DIRECTORY);
	file = openat(dir, "a.crt", O_CREAT | O_WRONLY, 0600);
	MUST_EQ(1, write(file, "x", 1));
	close(file);
	result = of_each;
	complaints = 0;
	err = certdir_load(dir, NULL, complain, NULL);
	close(dir);
	return err;
}

CASE(a_certificate_that_is_none_is_passed_over)
{
	EQ(0, load(SIGNATURE_CERT_MALFORMED));
	EQ(1u, complaints);
}

CASE(no_memory_for_one_ends_it)
{
	EQ(-ENOMEM, load(SIGNATURE_CERT_MEMORY));
	EQ(0u, complaints);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_certificate_that_is_none_is_passed_over);
	ATF_TP_ADD_TC(tp, no_memory_for_one_ends_it);
	return atf_no_error();
}
