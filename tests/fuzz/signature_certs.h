/* SPDX-License-Identifier: MIT */
/*
 * The certificates that signature_fuzz.c trusts, of keys that made the corpus' signatures and were thrown away:
 *
 *   openssl req -x509 -key KEY -out CERT -subj /CN=.. -days 3650 -addext basicConstraints=critical,CA:FALSE
 *
 * Flow: signature_fuzz.c. Process: tests
 */
#ifndef BLOBROOT_SIGNATURE_CERTS_H
#define BLOBROOT_SIGNATURE_CERTS_H

/* clang-format off */
#define EC_CERT \
	"-----BEGIN CERTIFICATE-----\n" \
	"MIIBbTCCARKgAwIBAgIUK9cyNRik9gtBPuk4ZEBD6jkB/n4wCgYIKoZIzj0EAwIw\n" \
	"DTELMAkGA1UEAwwCZWMwHhcNMjYxMTIxMDEyMTUxWhcNMzYxMTE4MDEyMTUxWjAN\n" \
	"MQswCQYDVQQDDAJlYzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAQHS12qczDI\n" \
	"g/C+VLUMRlAY3AcbTrPmfJsXzowA7xJdhhTUtnnKWdO/Iyvoi2HPVEzzgPVTAKUo\n" \
	"UtEkgMMRsQajUDBOMB0GA1UdDgQWBBSTBfTWxiKpvsqM6zA+L0fOrTws/zAfBgNV\n" \
	"HSMEGDAWgBSTBfTWxiKpvsqM6zA+L0fOrTws/zAMBgNVHRMBAf8EAjAAMAoGCCqG\n" \
	"SM49BAMCA0kAMEYCIQCBYRbx59QjTqtaE5U85RyW6AMlql47J7N6SKaGBp1ZbQIh\n" \
	"ALKNSRhrEtYRudUM5LYBA+9RJKXubbi6mj1GmOMWqSj5\n" \
	"-----END CERTIFICATE-----\n"

#define RSA_CERT \
	"-----BEGIN CERTIFICATE-----\n" \
	"MIIC+jCCAeKgAwIBAgIUZHypqoHomlREexQkWqm4SUhGiXYwDQYJKoZIhvcNAQEL\n" \
	"BQAwDjEMMAoGA1UEAwwDcnNhMB4XDTI2MTEyMTAxMjE1MVoXDTM2MTExODAxMjE1\n" \
	"MVowDjEMMAoGA1UEAwwDcnNhMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKC\n" \
	"AQEAuRRkZ7Us5828a6ERwL+dzaQTSrwIJH5IVMoypCMIExlCeimVtreS9eIZ/lxC\n" \
	"TzIhAu7bVuhqEh6jccJTpVbGmrjjlXqPlDBPF1+TFrISvRqeUpseujZ+83Gw8ukL\n" \
	"0/kuyde+Kx4azCDx1/cEScFhsVgYAJElHXLHzkk3Q1Rmpsh5AP7seNE7qxNJ8ymA\n" \
	"7POoc7Rc4irKHmnHegqJ480TqrZZCeojA2Zb4L06R3e2A19yYWIx3ynUOddgFVmG\n" \
	"idoj4drAaab4AeNVmsqdizEOAT13cQExrXmRGeKzbFtS/yv8dgWYMFyCnbfC8G8F\n" \
	"Q42rRSEtNHxsQFbfD4dGRAO/8QIDAQABo1AwTjAdBgNVHQ4EFgQUAiO8Qh/T02D6\n" \
	"t0ZjluWtLlgLtxIwHwYDVR0jBBgwFoAUAiO8Qh/T02D6t0ZjluWtLlgLtxIwDAYD\n" \
	"VR0TAQH/BAIwADANBgkqhkiG9w0BAQsFAAOCAQEASqpbRqpM0YfRh/MOMc63Awdk\n" \
	"qCxG4nFBJSgVEaXCiO3WD6M1/OyLZ+0QyAd+09fCkzYNsHdQ38Q/RP9dv5B200sv\n" \
	"9wdvo15HI3R2tEhwslUMT8axzl3YRKhAAongLmAVlY6ESkVIaov7RSt5+F+o4NhU\n" \
	"NHzMC8BzMy2nV3WnRe5tEUBndUFS5ihWUVNCB8UYea9D2qZNF4kz9xltXlyBq+tg\n" \
	"O/Dc9v/8AGjd7u8whn/04dDQ24pu4A6OfEXohwCmilXqMW5xus3Z64q5CwlKNUz/\n" \
	"7XW4m5Rg6byqYnknwuBwoB9/wzwsUpQsiJHMx1vWh/epW5O/qEjA2/hBaxsE4g==\n" \
	"-----END CERTIFICATE-----\n"

/* clang-format on */

#endif
