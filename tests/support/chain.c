/* SPDX-License-Identifier: MIT */
/*
 * The daemon's own verdict (daemon/fetch/chain.c, and mbedTLS) on the certificates that a server shows.
 *
 *   chain HOST AUTHORITIES CHAIN     files of PEM; CHAIN begins with the server's own
 *
 * Prints `is fine`, or why not; exits with 0 or 1, with 2 for misuse and for files that cannot be read.
 */
#include "fetch/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mbedtls_x509_crt read_certificates(const char *path)
{
	static unsigned char pem[1 << 16];
	FILE *file = fopen(path, "rb");
	mbedtls_x509_crt crt;
	size_t len = file ? fread(pem, 1, sizeof(pem) - 1, file) : 0;

	if (file)
		fclose(file);
	pem[len] = '\0';
	mbedtls_x509_crt_init(&crt);
	if (mbedtls_x509_crt_parse(&crt, pem, len + 1) || !crt.raw.p) {
		printf("%s: cannot be read\n", path);
		exit(2);
	}
	return crt;
}

int main(int argc, char **argv)
{
	char why[CERTIFICATE_WHY_MAX] = "is fine";
	mbedtls_x509_crt authorities, server;
	struct chain chain;
	uint32_t flags = 0;
	int failed;

	if (argc != 4 || chain_begin(&chain, argv[1], true))
		return 2;
	authorities = read_certificates(argv[2]);
	server = read_certificates(argv[3]);
	failed = mbedtls_x509_crt_verify_with_profile(&server, &authorities, NULL,
						      &mbedtls_x509_crt_profile_default, argv[1], &flags,
						      chain_on_certificate, &chain);
	if (failed)
		certificate_explain(&chain.verdict, why, sizeof(why));
	else if (flags || chain.verdict.fault != CERTIFICATE_FINE)
		strcpy(why, "a fault that does no harm");
	printf("%s\n", why);
	mbedtls_x509_crt_free(&server);
	mbedtls_x509_crt_free(&authorities);
	return failed != 0;
}
