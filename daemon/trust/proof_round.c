/* SPDX-License-Identifier: MIT */
#include "trust/proof_round.h"

#include "base/exits.h"
#include "fetch/retry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* How long files that do not fit together are fetched again, if rd.blob.contact= has no limit for all of it. */
	PUBLICATION_S = 30,
	PAUSES_SKIPPED = 3, /* a publication takes longer than the first pauses */
};

void proof_round_end_contacts(struct proof *proof, enum proof_part first)
{
	for (int part = first; part < PROOF_PARTS; part++) {
		if (proof->is_asked[part])
			contact_end(&proof->contacts[part]);
		proof->is_asked[part] = false;
	}
}

/* Ends what is under way. */
static void stop(struct proof *proof)
{
	loop_disarm(proof->loop, &proof->patience);
	if (proof->tree)
		tree_wait_end(&proof->head_hashes);
	proof_round_end_contacts(proof, PROOF_IMAGE);
}

void proof_round_fail(struct proof *proof, int status, const char *what, const char *why)
{
	char copy[1024];

	/* why may point into what ends here. */
	snprintf(copy, sizeof(copy), "%s", why);
	stop(proof);
	proof->rounds = 0;
	proof->done(proof, status, what, copy);
}

void proof_round_say(struct proof *proof, enum proof_part part, const char *url, const char *why,
		     uint32_t seconds)
{
	char *said = proof->said[part];

	if ((proof->rounds > 0 || proof->said_url[part] == url) &&
	    strncmp(said, why, sizeof(proof->said[part]) - 1) == 0)
		return;
	proof->said_url[part] = url;
	snprintf(said, sizeof(proof->said[part]), "%s", why);
	proof->trouble(proof, url, why, seconds);
}

/* In seconds, for files that do not fit together. */
static uint32_t publication_s(const struct proof *proof)
{
	return proof->config->contact_s ? proof->config->contact_s : PUBLICATION_S;
}

void proof_round_start_over(struct proof *proof, enum proof_part part, const char *what, const char *why)
{
	uint32_t pause_ms = retry_pause_ms(proof->rounds + PAUSES_SKIPPED, (uint32_t)rand());
	uint64_t now = loop_now_ms(proof->loop);

	/* A server that was late or away has taken nothing of this time, unless there is a limit for all of it. */
	if (proof->rounds == 0)
		proof->deadline_ms = (proof->config->contact_s ? proof->begun_ms : now) +
				     publication_s(proof) * UINT64_C(1000);
	else if (!proof->config->contact_s)
		proof->deadline_ms += now - proof->round_ms;
	if (now + pause_ms >= proof->deadline_ms) {
		proof_round_fail(proof, EXIT_PERMANENT, what, why);
		return;
	}
	proof_round_say(proof, part, proof->blobs[part].url, why, publication_s(proof));
	stop(proof);
	proof->wrong_part = part;
	proof->wrong_what = what;
	proof->rounds++;
	loop_arm(proof->loop, &proof->again, pause_ms);
}

void proof_round_fail_part(struct proof *proof, enum proof_part part, const char *why)
{
	char buf[1024];

	proof_round_start_over(proof, part, proof->blobs[part].url,
			       contact_explain(&proof->contacts[part], why, buf, sizeof(buf)));
}

bool proof_round_ask_again(struct proof *proof, enum proof_part part, const char *why)
{
	struct contact *contact = &proof->contacts[part];
	const char *url = proof->blobs[part].mirrors[race_mirror(&contact->race)].url;
	char buf[1024];

	why = contact_explain(contact, why, buf, sizeof(buf));
	if (!contact_deny(contact))
		return false;
	proof->is_here[part] = false;
	proof_round_say(proof, part, url, why, publication_s(proof));
	return true;
}

void proof_round_deny(struct proof *proof, enum proof_part part, const char *why)
{
	if (!proof_round_ask_again(proof, part, why))
		proof_round_fail_part(proof, part, why);
}
