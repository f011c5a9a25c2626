/* SPDX-License-Identifier: MIT */
#include "fetch/certificate.h"

#include <stdio.h>
#include <string.h>

bool certificate_is_worse(const struct certificate_verdict *verdict, enum certificate_fault fault,
			  bool is_authority)
{
	if (fault == CERTIFICATE_FINE)
		return false;
	if (verdict->fault == CERTIFICATE_FINE || fault < verdict->fault)
		return true;
	/* Of two equal faults, report the server's own: its operator can fix that. */
	return fault == verdict->fault && verdict->is_authority && !is_authority;
}

void certificate_add_name(struct certificate_verdict *verdict, const char *name, size_t len)
{
	char *names = verdict->names;
	size_t have = strlen(names), comma = have ? 2 : 0;
	static const char more[] = ", ..";

	if (have + comma + len + sizeof(more) > sizeof(verdict->names)) {
		if (have + sizeof(more) <= sizeof(verdict->names) && !strstr(names, ".."))
			strcpy(names + have, have ? more : "..");
		return;
	}
	memcpy(names + have, ", ", comma);
	for (size_t i = 0; i < len; i++)
		names[have + comma + i] = name[i] > ' ' && name[i] < 0x7f ? name[i] : '?';
	names[have + comma + len] = '\0';
}

void certificate_explain(const struct certificate_verdict *verdict, char *buf, size_t size)
{
	char whose[CERTIFICATE_NAME_MAX + 64];

	if (verdict->is_authority)
		snprintf(whose, sizeof(whose), "an authority's certificate (%s)", verdict->subject);
	else
		snprintf(whose, sizeof(whose), "the %s certificate",
			 verdict->is_proxy ? "proxy's" : "server's");
	switch (verdict->fault) {
	case CERTIFICATE_FINE:
		snprintf(buf, size, "%s could not be verified", whose);
		break;
	case CERTIFICATE_SELF_SIGNED:
		snprintf(buf, size, "%s is self-signed, and this host does not know it", whose);
		break;
	case CERTIFICATE_UNKNOWN_AUTHORITY:
		snprintf(buf, size, "%s is signed by an authority that this host does not trust%s: %s", whose,
			 verdict->is_without_authorities ? " (there are none in its initramfs)" : "",
			 verdict->issuer);
		break;
	case CERTIFICATE_NO_NAME:
		snprintf(
			buf, size,
			"%s has no subjectAltName that is a host, and its common name (%s) does not count: make "
			"one with subjectAltName, for %.128s",
			whose, verdict->subject, verdict->host);
		break;
	case CERTIFICATE_OTHER_NAME:
		snprintf(buf, size, "%s is for other names than %.128s: %s", whose, verdict->host,
			 verdict->names);
		break;
	case CERTIFICATE_CONSTRAINED:
		snprintf(
			buf, size,
			"%s is for names that an authority above it may not sign for (name constraints of %s)",
			whose, verdict->issuer);
		break;
	case CERTIFICATE_EXPIRED:
		snprintf(buf, size,
			 "%s has expired: it was valid until %s, and this host's clock says %s: renew it, or "
			 "set the clock",
			 whose, verdict->until, verdict->today);
		break;
	case CERTIFICATE_NOT_YET_VALID:
		snprintf(
			buf, size,
			"%s is not valid before %s, and this host's clock says %s: set the clock, or make the "
			"initramfs anew: a clock that is behind is set to the time when it was made",
			whose, verdict->from, verdict->today);
		break;
	case CERTIFICATE_WEAK_SIGNATURE:
		snprintf(buf, size, "%s is signed with a hash that is broken: SHA-256 or better is needed",
			 whose);
		break;
	case CERTIFICATE_WEAK_KEY:
		snprintf(
			buf, size,
			"%s has a weak key, or is signed with one: RSA of 2048 bits, or a curve of 256 bits, is "
			"the least",
			whose);
		break;
	case CERTIFICATE_OTHER_PURPOSE:
		snprintf(buf, size, "%s is made for another purpose (key usage)", whose);
		break;
	case CERTIFICATE_OTHER_FAULT:
		snprintf(buf, size, "%s is not acceptable", whose);
		break;
	}
}
