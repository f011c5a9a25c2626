/* SPDX-License-Identifier: MIT */
/*
 * A file of a first contact is wrong: who is asked next, when all files are fetched again, and when it has failed.
 *
 * Flow: proof and proof_match say what is wrong -> the part's other mirrors -> all files again, after a pause -> done, with a failure.
 * Process: engine
 */
#ifndef BLOBROOT_PROOF_ROUND_H
#define BLOBROOT_PROOF_ROUND_H

#include "trust/proof_state.h"

/* Ends the contacts of part first and those behind it. */
void proof_round_end_contacts(struct proof *proof, enum proof_part first);

/* Ends all that is under way, and calls done. Shape: status, what and why as there. */
void proof_round_fail(struct proof *proof, int status, const char *what, const char *why);

/*
 * No mirror's file is right, or none fits the others. Fetches all of them again after a pause: a publication may be
 * under way. If there is no time left for that, fails.
 */
void proof_round_start_over(struct proof *proof, enum proof_part part, const char *what, const char *why);
/* The same; what is the part's URL, and why tells which mirror sent it. */
void proof_round_fail_part(struct proof *proof, enum proof_part part, const char *why);

/* The part is wrong: tries the other mirrors. Returns false when all have been asked; the caller must then fail. */
bool proof_round_ask_again(struct proof *proof, enum proof_part part, const char *why);
/* The same, and then proof_round_fail_part. */
void proof_round_deny(struct proof *proof, enum proof_part part, const char *why);

/*
 * For the console; seconds are those of trouble (proof_state.h). What was said last of a part is not repeated; in the first round it is,
 * of another mirror.
 */
void proof_round_say(struct proof *proof, enum proof_part part, const char *url, const char *why,
		     uint32_t seconds);

#endif
