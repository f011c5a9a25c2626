/* SPDX-License-Identifier: MIT */
/*
 * Verifies that the key of a trusted certificate has signed this root hash.
 *
 * Flow: certdir adds the trusted certificates; proof passes in what it fetched as URL.roothash and
 * URL.roothash.p7s; a verdict comes out. Pure: no files, no clock.
 * Process: engine
 * Source: RFC 2315 (PKCS #7 1.5): the SignedData that `openssl smime -sign -nocerts -noattr -binary
 *         -outform der` makes, and systemd and the kernel (drivers/md/dm-verity-verify-sig.c) accept for dm-verity.
 *
 * SIGNATURE_OK guarantees: the private key of a trusted certificate has signed either the 64 lower-case hex
 * digits of this root hash, or the exact bytes of the file that holds it. The kernel checks the former for
 * dm-verity. So only a root hash that was signed is ever accepted, whatever the signature's bytes.
 *
 * Details:
 * - A signer is found by issuer and serial number, byte by byte, as in the kernel, and must itself be
 *   trusted. A chain to a trusted CA does not count, nor does it for systemd (PKCS7_NOINTERN and
 *   PKCS7_NOVERIFY). Certificates and CRLs in the signature are ignored.
 * - Of several signers one that is trusted is enough, so that keys can be rotated. In a signature by one
 *   signer, without certificates, no byte can be changed: everything is either checked or signed.
 * - Signed attributes are refused: the signature would cover them, and the root hash only through them.
 *   systemd makes its signatures without them.
 * - Digests: SHA-256, SHA-384, SHA-512. Keys: RSA of 2048 bits or more with PKCS #1 v1.5 padding; P-256, P-384,
 *   P-521 with ECDSA.
 * - The validity dates of certificates are not checked, nor do systemd and the kernel check them for dm-verity
 *   (the kernel compares them with a signed time only, because its clock may not be set yet). A host without a
 *   disk may have no clock, and its certificates come with its initramfs: to revoke one, remove it there.
 *
 * Why not mbedtls/pkcs7.h: it requires a clock, does not say what is wrong, ignores issuer and serial number,
 * and supports neither two certificates nor two digests in one signature. mbedTLS's ASN.1 reader,
 * certificates and public keys are used.
 */
#ifndef BLOBROOT_SIGNATURE_H
#define BLOBROOT_SIGNATURE_H

#include <stddef.h>

enum {
	SIGNATURE_MAX = 64 * 1024,      /* bytes of a signature */
	SIGNATURE_CERT_MAX = 64 * 1024, /* bytes of a certificate's file */
	SIGNATURE_CERTS_MAX = 64,
};

/* The trusted certificates. */
struct signature_certs;

/* Returns NULL if out of memory. Owns: the caller; signature_certs_free(NULL) is fine. */
struct signature_certs *signature_certs_new(void);
void signature_certs_free(struct signature_certs *certs);
size_t signature_certs_count(const struct signature_certs *certs);

enum signature_cert_result {
	SIGNATURE_CERT_OK,
	SIGNATURE_CERT_TOO_LONG,  /* more than SIGNATURE_CERT_MAX bytes */
	SIGNATURE_CERT_MALFORMED, /* not a certificate in PEM or DER */
	SIGNATURE_CERT_SEVERAL,   /* systemd would read only the first one, so it is unclear which is meant */
	SIGNATURE_CERT_KEY,       /* a kind of key or signature that is not supported */
	SIGNATURE_CERT_WEAK,      /* RSA of less than 2048 bits */
	SIGNATURE_CERT_TOO_MANY,  /* more than SIGNATURE_CERTS_MAX */
	SIGNATURE_CERT_MEMORY,
};

/* Adds a trusted certificate. Shape: bytes are one certificate in PEM or DER. Owns: copies what it keeps. */
enum signature_cert_result signature_certs_add(struct signature_certs *certs, const void *bytes, size_t len);

/* Why, for a message that begins with the file's name. */
const char *signature_cert_explain(enum signature_cert_result result);

/* In order of progress: of several signers, the one that got furthest is reported. */
enum signature_result {
	SIGNATURE_OK,
	SIGNATURE_NO_CERTS, /* no certificate is trusted */
	SIGNATURE_ROOTHASH, /* the text is no root hash: roothash_decode says why */
	SIGNATURE_TOO_LONG,
	SIGNATURE_TEXT,      /* PEM or S/MIME: something that openssl writes without -outform der */
	SIGNATURE_MALFORMED, /* not a PKCS #7 SignedData in DER, or truncated, or with data after it */
	SIGNATURE_VERSION,   /* not version 1: CMS with something that PKCS #7 1.5 does not have */
	SIGNATURE_ENCLOSED,  /* not detached: the signed data is inside */
	SIGNATURE_UNSIGNED,  /* no signer */
	SIGNATURE_SIGNERS,   /* more than PKCS7_SIGNERS_MAX */
	SIGNATURE_ATTRIBUTES,
	SIGNATURE_WEAK, /* MD5 or SHA-1 */
	SIGNATURE_ALGORITHM,
	SIGNATURE_UNTRUSTED, /* no trusted certificate is the signer's */
	SIGNATURE_WRONG,     /* the signer is trusted, but has not signed this root hash */
};

/*
 * Shape: text, text_len: URL.roothash as fetched, which roothash_decode takes; p7s, len: URL.roothash.p7s.
 * Takes bounded time for any input: at most PKCS7_SIGNERS_MAX signers are checked.
 */
enum signature_result signature_check(const struct signature_certs *certs, const void *text, size_t text_len,
				      const void *p7s, size_t len);

/* Why, for a message that begins with the signature's name; may use buf. */
const char *signature_explain(enum signature_result result, const struct signature_certs *certs, char *buf,
			      size_t size);

#endif
