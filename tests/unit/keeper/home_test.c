/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/exits.h"
#include "base/layout.h"
#include "engine/confine.h"
#include "keeper/home.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct config config;
static char why[HOME_WHY_MAX];

static void put(const char *path, size_t len)
{
	FILE *file = fopen(path, "w");

	ATF_REQUIRE(file);
	while (len-- > 0)
		fputc('x', file);
	fclose(file);
}

/* home_read and home_write from ./etc to ./home. */
static int copy(void)
{
	struct home_files *files;
	int status = home_read(&files, "etc", &config, false, why), home;

	if (status != EXIT_DONE)
		return status;
	mkdir("home", 0755);
	home = open("home", O_RDONLY | O_DIRECTORY);
	MUST_EQ(0, home_write(files, home));
	close(home);
	home_free(files);
	return EXIT_DONE;
}

static void make_etc(void)
{
	mkdir("etc", 0755);
	mkdir("etc/blobroot", 0755);
	mkdir("etc/verity.d", 0755);
	mkdir("etc/ssl", 0755);
	mkdir("etc/ssl/certs", 0755);
	cmdline_defaults(&config);
	strcpy(config.url, "http://a/x");
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_mode & 07777;
}

CASE(secrets_are_for_the_engine_only)
{
	struct stat st;

	make_etc();
	put("etc/blobroot/netrc", 10);
	put("etc/blobroot/client.crt", 10);
	put("etc/blobroot/client.key", 10);
	put("etc/blobroot/ca.crt", 10);
	put("etc/verity.d/a.crt", 10);
	put("etc/verity.d/a.txt", 10);
	put("etc/verity.d/.a.crt", 10);
	umask(0077);
	EQ(EXIT_DONE, copy());
	EQ(0400u, mode_of("home/" LAYOUT_NETRC));
	EQ(0400u, mode_of("home/" LAYOUT_CERT));
	EQ(0400u, mode_of("home/" LAYOUT_KEY));
	EQ(0444u, mode_of("home/" LAYOUT_CA));
	EQ(0444u, mode_of("home/etc/verity.d/a.crt"));
	EQ(0u, mode_of("home/etc/verity.d/a.txt"));
	EQ(0u, mode_of("home/etc/verity.d/.a.crt"));
	EQ(0755u, mode_of("home/etc"));
	EQ(0755u, mode_of("home/etc/blobroot"));
	stat("home/" LAYOUT_KEY, &st);
	EQ(geteuid() == 0 ? LAYOUT_ENGINE_ID : geteuid(), st.st_uid);
	stat("home/etc/blobroot", &st);
	EQ(geteuid(), st.st_uid);
}

CASE(what_an_earlier_start_left_is_gone)
{
	make_etc();
	put("etc/blobroot/netrc", 10);
	put("etc/verity.d/a.crt", 10);
	EQ(EXIT_DONE, copy());
	unlink("etc/blobroot/netrc");
	unlink("etc/verity.d/a.crt");
	put("etc/blobroot/ca.crt", 10);
	EQ(EXIT_DONE, copy());
	EQ(0u, mode_of("home/" LAYOUT_NETRC));
	EQ(0u, mode_of("home/etc/verity.d/a.crt"));
	EQ(0444u, mode_of("home/" LAYOUT_CA));
	/* And again over itself. */
	EQ(EXIT_DONE, copy());
}

CASE(our_own_authorities_replace_the_systems)
{
	struct stat st;

	make_etc();
	put("etc/ssl/certs/ca-certificates.crt", 30);
	EQ(EXIT_DONE, copy());
	stat("home/" LAYOUT_CA, &st);
	EQ(30, st.st_size);
	put("etc/blobroot/ca.crt", 20);
	EQ(EXIT_DONE, copy());
	stat("home/" LAYOUT_CA, &st);
	EQ(20, st.st_size);
}

CASE(https_needs_authorities)
{
	make_etc();
	strcpy(config.mirrors[0], "https://m/x");
	config.mirror_count = 1;
	EQ(EXIT_PERMANENT, copy());
	ATF_CHECK_MSG(strncmp(why, "https://m/x: there are no certificates of authorities", 53) == 0, "%s",
		      why);
	put("etc/blobroot/ca.crt", 20);
	EQ(EXIT_DONE, copy());
}

CASE(a_file_that_is_asked_for_has_to_be_there)
{
	make_etc();
	strcpy(config.cert, "/nonexistent/c.pem");
	EQ(EXIT_PERMANENT, copy());
	ATF_CHECK_STREQ("rd.blob.cert=/nonexistent/c.pem: No such file or directory", why);
	strcpy(config.cert, "/etc");
	EQ(EXIT_PERMANENT, copy());
	ATF_CHECK_STREQ("rd.blob.cert=/etc: is no regular file", why);
	strcpy(config.cert, "/etc/passwd");
	strcpy(config.key, "/nonexistent/k.pem");
	EQ(EXIT_PERMANENT, copy());
	ATF_CHECK_STREQ("rd.blob.key=/nonexistent/k.pem: No such file or directory", why);
}

CASE(a_named_certificate_does_not_get_anothers_key)
{
	make_etc();
	put("etc/blobroot/client.crt", 10);
	put("etc/blobroot/client.key", 10);
	strcpy(config.cert, "/etc/passwd");
	EQ(EXIT_DONE, copy());
	EQ(0400u, mode_of("home/" LAYOUT_CERT));
	EQ(0u, mode_of("home/" LAYOUT_KEY));
}

CASE(sizes_have_bounds)
{
	make_etc();
	put("etc/blobroot/netrc", HOME_SMALL_MAX);
	EQ(EXIT_DONE, copy());
	put("etc/blobroot/netrc", HOME_SMALL_MAX + 1);
	EQ(EXIT_PERMANENT, copy());
	ATF_CHECK_STREQ("etc/blobroot/netrc: is larger than 65536 bytes", why);
	unlink("etc/blobroot/netrc");
	put("etc/blobroot/ca.crt", LAYOUT_CA_MAX + 1);
	EQ(EXIT_PERMANENT, copy());
}

/* What home_read logs, in ./log. */
static int copy_logged(void)
{
	int saved = dup(2), status;

	ATF_REQUIRE(freopen("log", "w", stderr) != NULL);
	status = copy();
	fflush(stderr);
	dup2(saved, 2);
	close(saved);
	return status;
}

CASE(a_certificate_that_is_no_file_spoils_no_other)
{
	static const char expected[] =
		"blobroot: /etc/verity.d/directory.crt: is not a file: it is not used\n"
		"blobroot: /etc/verity.d/link.crt: No such file or directory: it is not used\n"
		"blobroot: /etc/verity.d/long.crt: is longer than 64 KiB: it is not used\n"
		"blobroot: /etc/verity.d/pipe.crt: is not a file: it is not used\n";
	char text[1024];
	FILE *log;

	make_etc();
	mkdir("etc/verity.d/directory.crt", 0755);
	MUST_EQ(0, mkfifo("etc/verity.d/pipe.crt", 0644));
	MUST_EQ(0, symlink("nowhere", "etc/verity.d/link.crt"));
	put("etc/verity.d/long.crt", HOME_SMALL_MAX + 1);
	put("etc/verity.d/empty.crt", 0);
	put("etc/verity.d/good.crt", 10);
	EQ(EXIT_DONE, copy_logged());
	EQ(0444u, mode_of("home/etc/verity.d/good.crt"));
	EQ(0444u, mode_of("home/etc/verity.d/empty.crt"));
	EQ(0u, mode_of("home/etc/verity.d/directory.crt"));
	EQ(0u, mode_of("home/etc/verity.d/link.crt"));
	log = fopen("log", "r");
	text[fread(text, 1, sizeof(text) - 1, log)] = '\0';
	fclose(log);
	ATF_CHECK_STREQ(expected, text);
}

CASE(of_too_many_certificates_the_first_are_taken)
{
	char path[64];

	make_etc();
	put("etc/blobroot/netrc", 10);
	put("etc/blobroot/ca.crt", 10);
	put("etc/blobroot/client.crt", 10);
	put("etc/blobroot/client.key", 10);
	for (int i = 0; i < HOME_SIGNERS_MAX + 2; i++) {
		snprintf(path, sizeof(path), "etc/verity.d/%d.crt", 100 + i);
		put(path, 10);
	}
	EQ(EXIT_DONE, copy_logged());
	EQ(0444u, mode_of("home/etc/verity.d/163.crt"));
	EQ(0u, mode_of("home/etc/verity.d/164.crt"));
	EQ(0u, mode_of("home/etc/verity.d/165.crt"));
}

CASE(a_link_to_nowhere_is_no_missing_file)
{
	make_etc();
	put("etc/ssl/certs/ca-certificates.crt", 30);
	MUST_EQ(0, symlink("nowhere", "etc/blobroot/ca.crt"));
	EQ(EXIT_PERMANENT, copy());
	ATF_CHECK_STREQ("etc/blobroot/ca.crt: No such file or directory", why);
	unlink("etc/blobroot/ca.crt");
	MUST_EQ(0, mkfifo("etc/blobroot/ca.crt", 0644));
	EQ(EXIT_PERMANENT, copy());
	ATF_CHECK_STREQ("etc/blobroot/ca.crt: is no regular file", why);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, secrets_are_for_the_engine_only);
	ATF_TP_ADD_TC(tp, what_an_earlier_start_left_is_gone);
	ATF_TP_ADD_TC(tp, our_own_authorities_replace_the_systems);
	ATF_TP_ADD_TC(tp, https_needs_authorities);
	ATF_TP_ADD_TC(tp, a_file_that_is_asked_for_has_to_be_there);
	ATF_TP_ADD_TC(tp, a_named_certificate_does_not_get_anothers_key);
	ATF_TP_ADD_TC(tp, sizes_have_bounds);
	ATF_TP_ADD_TC(tp, a_certificate_that_is_no_file_spoils_no_other);
	ATF_TP_ADD_TC(tp, of_too_many_certificates_the_first_are_taken);
	ATF_TP_ADD_TC(tp, a_link_to_nowhere_is_no_missing_file);
	return atf_no_error();
}
