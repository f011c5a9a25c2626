/* SPDX-License-Identifier: MIT */
#include "fetch/server.h"

#include "fetch/origin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct server {
	struct servers *servers;
	char *url; /* any one of its origin */
	unsigned under_way, most, held;
	unsigned credit; /* answers since most was changed */
	uint32_t recent; /* how the last SERVER_RECENT ended: a bit for each, 1 is a refusal */
	uint32_t gap_ms;
	uint64_t next_ms;       /* nothing begins before */
	uint64_t begun;         /* so far */
	uint64_t cut;           /* refusals of transfers with a lower number have been considered */
	unsigned streak;        /* answers since the last refusal that was considered */
	unsigned vain;          /* refusals at a long gap, without SERVER_PROOF */
	bool is_asked;          /* it spoke of its rate */
	uint64_t free_until_ms; /* a gap is of no use */
	struct list queue;      /* turns that wait, first in first out */
	struct loop_timer timer;
	struct list link;
};

static uint64_t now_ms(const struct server *server)
{
	return loop_now_ms(server->servers->loop);
}

static struct server_turn *first(const struct server *server)
{
	return list_first(&server->queue, struct server_turn, link);
}

static bool may_begin(const struct server *server)
{
	return server->under_way < server->most && now_ms(server) >= server->next_ms;
}

static void begin(struct server *server, struct server_turn *turn)
{
	uint64_t now = now_ms(server);

	turn->is_waiting = false;
	turn->waited_ms = now - turn->asked_ms;
	turn->number = server->begun++;
	turn->gap_ms = server->gap_ms;
	server->under_way++;
	if (server->gap_ms)
		server->next_ms = now + server->gap_ms;
}

/* Has on_time called when the first that waits may begin; otherwise server_leave sees to it. */
static void schedule(struct server *server)
{
	uint64_t now = now_ms(server);

	if (first(server) && server->under_way < server->most)
		loop_arm(server->servers->loop, &server->timer,
			 server->next_ms > now ? server->next_ms - now : 0);
}

static void on_time(void *arg)
{
	struct server *server = arg;
	struct server_turn *turn = first(server);

	/* One in each turn of the loop: begin may end any other, and with the last one the server is freed. */
	if (!turn || !may_begin(server)) {
		schedule(server);
		return;
	}
	list_remove(&turn->link);
	begin(server, turn);
	schedule(server);
	server->servers->begin(turn);
}

void servers_init(struct servers *servers, struct loop *loop, void (*begin_fn)(struct server_turn *turn))
{
	*servers = (struct servers){.loop = loop, .begin = begin_fn};
	list_init(&servers->list);
}

static void server_free(struct server *server)
{
	loop_disarm(server->servers->loop, &server->timer);
	list_remove(&server->link);
	free(server->url);
	free(server);
}

void servers_fini(struct servers *servers)
{
	struct server *server;

	while ((server = list_first(&servers->list, struct server, link)))
		server_free(server);
}

static struct server *find(const struct servers *servers, const char *url)
{
	struct server *server;

	list_for_each(server, &servers->list, link)
		if (origin_is_same(server->url, url))
			return server;
	return NULL;
}

static struct server *find_or_make(struct servers *servers, const char *url)
{
	struct server *server = find(servers, url);

	if (server)
		return server;
	server = calloc(1, sizeof(*server));
	if (!server)
		return NULL;
	*server = (struct server){.servers = servers, .url = strdup(url), .most = SERVER_TRANSFERS};
	if (!server->url) {
		free(server);
		return NULL;
	}
	server->timer = (struct loop_timer){.fn = on_time, .arg = server};
	list_init(&server->queue);
	list_append(&servers->list, &server->link);
	return server;
}

int server_enter(struct servers *servers, const char *url, struct server_turn *turn)
{
	struct server *server = find_or_make(servers, url);

	if (!server)
		return -ENOMEM;
	*turn = (struct server_turn){.server = server, .asked_ms = loop_now_ms(servers->loop)};
	if (!first(server) && may_begin(server)) {
		begin(server, turn);
		return 0;
	}
	turn->is_waiting = true;
	list_append(&server->queue, &turn->link);
	schedule(server);
	return 0;
}

static bool is_idle(const struct server *server)
{
	return server->under_way == 0 && server->held == 0 && !first(server);
}

static bool is_remarkable(const struct server *server)
{
	uint64_t now = now_ms(server);

	return server->gap_ms || server->recent || server->next_ms > now || server->free_until_ms > now;
}

/* Forgets idle servers: those of which nothing is to be remembered, and of the others the oldest, if they are too many. */
static void forget(struct servers *servers)
{
	struct server *server, *next, *oldest = NULL;
	unsigned kept = 0;

	list_for_each_safe(server, next, &servers->list, link) {
		if (!is_idle(server))
			continue;
		if (!is_remarkable(server)) {
			server_free(server);
			continue;
		}
		if (!oldest)
			oldest = server;
		kept++;
	}
	if (kept > SERVERS_KEPT)
		server_free(oldest);
}

void server_leave(struct server_turn *turn)
{
	struct server *server = turn->server;

	if (turn->is_waiting)
		list_remove(&turn->link);
	else if (turn->is_held)
		server->held--;
	else
		server->under_way--;
	if (is_idle(server))
		forget(server->servers);
	else
		schedule(server);
}

void server_hold(struct server_turn *turn)
{
	struct server *server = turn->server;

	if (turn->is_waiting || turn->is_held)
		return;
	turn->is_held = true;
	server->under_way--;
	server->held++;
	schedule(server);
}

void server_resume(struct server_turn *turn)
{
	if (!turn->is_held)
		return;
	turn->is_held = false;
	turn->server->held--;
	turn->server->under_way++;
}

static void note_end(struct server *server, bool is_refusal)
{
	server->recent = (server->recent << 1 | is_refusal) & ((1u << SERVER_RECENT) - 1);
}

/* Does it refuse more than it answers? What is not known yet counts as answered. */
static bool is_refusing(const struct server *server)
{
	return 2 * __builtin_popcount(server->recent) > SERVER_RECENT;
}

uint64_t server_waited_ms(const struct server_turn *turn)
{
	return turn->is_waiting ? now_ms(turn->server) - turn->asked_ms : turn->waited_ms;
}

void server_take_answer(struct server_turn *turn)
{
	struct server *server = turn->server;
	bool is_careful;
	uint32_t step;

	note_end(server, false);
	server->streak++;
	if (server->most < SERVER_TRANSFERS && ++server->credit >= server->most) {
		server->credit = 0;
		server->most++;
	}
	schedule(server);
	/* A single answer proves nothing: it also comes from a server that refuses every other request. */
	if (server->streak >= SERVER_PROOF)
		server->vain = 0;
	if (!server->gap_ms || server->streak < 2)
		return;
	/* A short gap may come from a stray refusal; a long one was found step by step. */
	is_careful = server->gap_ms >= SERVER_GAP_LONG_MS && server->streak <= SERVER_CALM;
	step = server->gap_ms >> (is_careful ? 6 : 3);
	server->gap_ms -= step ? step : 1;
}

static void lengthen_gap(struct server *server)
{
	uint32_t most = server->is_asked ? SERVER_GAP_ASKED_MS : SERVER_GAP_MOST_MS, gap = server->gap_ms;

	if (gap == 0)
		gap = server->is_asked ? 2 * SERVER_GAP_FIRST_MS : SERVER_GAP_FIRST_MS;
	else
		gap = server->streak > 0 ? gap + gap / 2 : 2 * gap;
	server->gap_ms = gap < most ? gap : most;
}

static void delay(struct server *server, uint64_t ms)
{
	uint64_t until = now_ms(server) + ms;

	if (until > server->next_ms)
		server->next_ms = until;
}

static void halve(struct server *server, unsigned least)
{
	server->most = server->under_way / 2 > least ? server->under_way / 2 : least;
	server->credit = 0;
}

void server_take_refusal(struct server_turn *turn, uint32_t retry_s, bool is_asked)
{
	struct server *server = turn->server;

	delay(server, retry_s * UINT64_C(1000));
	note_end(server, true);
	if (turn->number < server->cut || now_ms(server) < server->free_until_ms)
		return;
	server->cut = server->begun;
	is_asked |= retry_s > 0;
	if (!is_asked && !server->gap_ms && !is_refusing(server)) {
		if (server->most > SERVER_TRANSFERS_SOME)
			halve(server, SERVER_TRANSFERS_SOME);
		return;
	}
	server->is_asked = is_asked;
	if (!server->is_asked && turn->gap_ms >= SERVER_GAP_LONG_MS && ++server->vain == SERVER_VAIN) {
		server->vain = server->gap_ms = 0;
		server->most = SERVER_TRANSFERS;
		server->free_until_ms = now_ms(server) + SERVER_FREE_MS;
		return;
	}
	halve(server, 1);
	lengthen_gap(server);
	server->streak = 0;
	/* Hosts that were refused together do not return together. */
	delay(server, server->gap_ms + (unsigned)rand() % (server->gap_ms / 2 + 1));
}

uint64_t server_wait_ms(const struct servers *servers, const char *url)
{
	const struct server *server = find(servers, url);
	const struct server_turn *turn;
	uint64_t now = loop_now_ms(servers->loop), wait = 0;

	if (!server)
		return 0;
	if (server->next_ms > now)
		wait = server->next_ms - now;
	list_for_each(turn, &server->queue, link)
		wait += server->gap_ms;
	/* Without a gap: it may well wait for as long as the first in the queue has. */
	turn = first(server);
	return turn && now - turn->asked_ms > wait ? now - turn->asked_ms : wait;
}
