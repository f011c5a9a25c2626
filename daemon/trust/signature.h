/* SPDX-License-Identifier: MIT */
/*
 * Has the owner of one of our certificates signed this root hash?
 *
 * Flow: certdir fills the trusted certificates; engine hands in what it fetched as URL.roothash and
 * URL.roothash.p7s; a verdict comes out. Pure: no files, no clock.
 * Process: engine
 * Source: RFC 2315 (PKCS #7 1.5), the SignedData of it that `openssl smime -sign -nocerts -noattr -binary
 *         -outform der` makes, as systemd and the kernel (drivers/md/dm-verity-verify-sig.c) take it for dm-verity.
 *
 * What a SIGNATURE_OK promises: the private key of a trusted certificate has signed either the 64 lower-case
 * hex digits of this root hash, or the very bytes of the file that hold it. The first is what the kernel checks
 * for dm-verity. So no other root hash than one that was signed is ever accepted, whatever the signature's bytes.
 *
 * What else is in it:
 * - A signer is found by issuer and serial number, byte by byte, as the kernel does it, and must itself be
 *   trusted: a chain to a trusted authority does not count, as it does not for systemd (PKCS7_NOINTERN and
 *   PKCS7_NOVERIFY). Certificates and CRLs in the signature are passed over unread.
 * - With several signers one who is trusted is enough, so that keys can be changed. In a signature by one
 *   signer, without certificates, no byte can be changed: everything is either checked or signed.
 * - Signed attributes are refused: the signature would be over them, and over the root hash only by way of them.
 *   systemd's way of making signatures leaves them out.
 * - Digests: SHA-256, SHA-384, SHA-512. Keys: RSA of 2048 bits or more with PKCS #1 v1.5 padding; P-256, P-384,
 *   P-521 with ECDSA.
 * - Dates of certificates are not looked at, as neither systemd nor the kernel do for dm-verity (the kernel
 *   compares them with a signed time only, because its clock may not be set yet): a host without a disk may have
 *   no clock, and its certificates come with its initramfs. Who wants one out takes it out there.
 *
 * Why not mbedtls/pkcs7.h: it insists on the clock, says only that something is not as it likes it, does not
 * look at issuer and serial number, and knows neither two certificates nor two digests in one signature. Its
 * ASN.1 reader, certificates and public keys are used.
 */
#ifndef BLOBROOT_SIGNATURE_H
#define BLOBROOT_SIGNATURE_H

#include <stddef.h>

enum {
	SIGNATURE_MAX = 64 * 1024,      /* bytes of a signature */
	SIGNATURE_CERT_MAX = 64 * 1024, /* bytes of a certificate's file */
	SIGNATURE_CERTS_MAX = 64,
};

/* The certificates that we trust. */
struct signature_certs;

/* Returns NULL without memory. Owns: the caller; signature_certs_free(NULL) is fine. */
struct signature_certs *signature_certs_new(void);
void signature_certs_free(struct signature_certs *certs);
size_t signature_certs_count(const struct signature_certs *certs);

enum signature_cert_result {
	SIGNATURE_CERT_OK,
	SIGNATURE_CERT_TOO_LONG,  /* more than SIGNATURE_CERT_MAX bytes */
	SIGNATURE_CERT_MALFORMED, /* not a certificate in PEM or DER */
	SIGNATURE_CERT_SEVERAL,   /* systemd would read the first one only, so which is meant is not clear */
	SIGNATURE_CERT_KEY,       /* a kind of key that cannot be checked with */
	SIGNATURE_CERT_WEAK,      /* RSA of less than 2048 bits */
	SIGNATURE_CERT_TOO_MANY,  /* SIGNATURE_CERTS_MAX are there */
	SIGNATURE_CERT_MEMORY,
};

/* Trusts one more certificate. Shape: bytes are the file's, one certificate in PEM or DER. Copies what it keeps. */
enum signature_cert_result signature_certs_add(struct signature_certs *certs, const void *bytes, size_t len);

/* Why, for a message that begins with the file's name. */
const char *signature_cert_explain(enum signature_cert_result result);

/* Of several signers the one that came furthest is reported: they stand in this order. */
enum signature_result {
	SIGNATURE_OK,
	SIGNATURE_NO_CERTS, /* nothing is trusted */
	SIGNATURE_ROOTHASH, /* the text is no root hash: roothash_decode says why */
	SIGNATURE_TOO_LONG,
	SIGNATURE_TEXT,      /* PEM or S/MIME: something that openssl writes without -outform der */
	SIGNATURE_MALFORMED, /* not a PKCS #7 SignedData in DER, or not whole, or more than it */
	SIGNATURE_VERSION,   /* not version 1: CMS with something that PKCS #7 1.5 does not have */
	SIGNATURE_ENCLOSED,  /* what is signed is inside: not detached */
	SIGNATURE_UNSIGNED,  /* no signer */
	SIGNATURE_SIGNERS,   /* more than PKCS7_SIGNERS_MAX */
	SIGNATURE_ATTRIBUTES,
	SIGNATURE_WEAK, /* MD5 or SHA-1 */
	SIGNATURE_ALGORITHM,
	SIGNATURE_UNTRUSTED, /* no certificate is the signer's */
	SIGNATURE_WRONG,     /* it is a trusted one's, but not for this root hash */
};

/*
 * Shape: text, text_len: URL.roothash as fetched, which roothash_decode takes; p7s, len: URL.roothash.p7s.
 * Whatever they hold, it ends in bounded time: at most PKCS7_SIGNERS_MAX signers are checked.
 */
enum signature_result signature_check(const struct signature_certs *certs, const void *text, size_t text_len,
				      const void *p7s, size_t len);

/* Why, for a message that begins with the signature's name; uses buf where it must. */
const char *signature_explain(enum signature_result result, const struct signature_certs *certs, char *buf,
			      size_t size);

#endif
