/* SPDX-License-Identifier: MIT */
/*
 * A server's turns: how many transfers are under way at one server, how fast they follow each other, and which wait.
 *
 * Flow: fetch -> server_enter: the transfer begins at once, or waits here, and servers.begin is called when it is its
 * turn. fetch reports the answer, and server_leave ends the turn.
 * Process: engine
 * Source: RFC 6585, 4 (429); RFC 9110, 15.6.4 (503) and 10.2.3 (Retry-After)
 *
 * No server can take what another one needs: each has SERVER_TRANSFERS of its own, and what waits for one never holds
 * up another. A transfer that waits has not been sent: that time says nothing about any server.
 *
 * A server that refuses for its load is asked less, as TCP backs off: half as many transfers at once, and a gap between
 * them that grows. As many answers as there are transfers allow one more; each shortens the gap, which so settles where
 * the server refuses little. Refusals of transfers that had begun before the last change say nothing new.
 * 429 and Retry-After say that it is the load. A bare 503 may have any reason: as long as the server answers more than it
 * refuses, there is no gap, and room for SERVER_TRANSFERS_SOME at once. So a server that fails at random is not asked
 * slowly for nothing, and one that has a limit gets no burst. Where even a long gap does not help, there is none for
 * SERVER_FREE_MS.
 */
#ifndef BLOBROOT_SERVER_H
#define BLOBROOT_SERVER_H

#include "base/list.h"
#include "base/loop.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SERVER_TRANSFERS = 64, /* under way at one server, at most */
	SERVER_TRANSFERS_SOME = 8,
	SERVERS_KEPT = 32, /* servers without a transfer of which something is remembered */
	SERVER_GAP_FIRST_MS = 50,
	SERVER_GAP_LONG_MS = 150,
	SERVER_GAP_MOST_MS = 300,   /* after a bare 503 .. */
	SERVER_GAP_ASKED_MS = 2000, /* .. 429 and Retry-After ask for this */
	SERVER_RECENT = 16,         /* of so many transfers it is known how they ended */
	SERVER_CALM = 32, /* after so many answers in a row a long gap shrinks as fast as a short one */
	SERVER_PROOF = 8, /* so many prove that a long gap is of use .. */
	SERVER_VAIN = 4,  /* .. and so many refusals in spite of it that it is not */
	SERVER_FREE_MS = 60000,
};

struct server;
struct server_turn;

struct servers {
	struct loop *loop;
	struct list list;
	/* It is this transfer's turn. Called from the loop, and may end turns. */
	void (*begin)(struct server_turn *turn);
};

/* One transfer's; embedded in it. */
struct server_turn {
	struct server *server;
	bool is_waiting;
	bool is_held; /* it has begun, and its owner reads nothing of it for now */
	uint64_t asked_ms;
	uint64_t waited_ms; /* before it began */
	uint64_t number;    /* of those that have begun at this server */
	uint32_t gap_ms;    /* at that time */
	struct list link;   /* in the server's queue, while it waits */
};

void servers_init(struct servers *servers, struct loop *loop, void (*begin)(struct server_turn *turn));
/* Shape: no turn is left. */
void servers_fini(struct servers *servers);

/* A transfer from url's origin. If turn->is_waiting, begin follows. Errors: -ENOMEM. Owns: ended with server_leave. */
int server_enter(struct servers *servers, const char *url, struct server_turn *turn);
/* The transfer is over, begun or not. */
void server_leave(struct server_turn *turn);

/*
 * Its owner holds a transfer that has begun. Meanwhile it does not count: it may itself wait for another transfer from
 * this server (data waits for its hashes), which would otherwise never begin. server_resume needs no turn.
 */
void server_hold(struct server_turn *turn);
void server_resume(struct server_turn *turn);

/* How long it has waited so far. */
uint64_t server_waited_ms(const struct server_turn *turn);

/* The server has answered the transfer, and has not refused it. */
void server_take_answer(struct server_turn *turn);
/* It has refused it for now. retry_s: its Retry-After; is_asked: it speaks of its rate (429). */
void server_take_refusal(struct server_turn *turn, uint32_t retry_s, bool is_asked);

/* How long a further transfer from url's origin would probably wait, in ms. */
uint64_t server_wait_ms(const struct servers *servers, const char *url);

#endif
