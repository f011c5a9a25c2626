/* SPDX-License-Identifier: MIT */
#include "keeper/choice.h"

#include "base/exits.h"
#include "base/log.h"
#include "base/words.h"
#include "keeper/room.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Adds why a transport is not taken. */
static void pass_over(const char *name, const char *why, char *others, size_t size)
{
	size_t len = strlen(others);

	snprintf(others + len, size - len, "%s%s: %.400s", len ? "; " : "", name, why);
}

/* The first that does all, or else the first that does something. */
static int choose(const struct config *config, bool is_native, const struct transport **transport_out,
		  char *text_out)
{
	char why[CHOICE_WHY_MAX], others[CHOICE_WHY_MAX - 128] = "";
	const struct transport *transport, *second = NULL;
	const char *cache;

	for (unsigned i = 0; (transport = transport_at(i)); i++) {
		int status;

		if (is_native && transport->has_files)
			continue;
		status = transport->probe(why);
		/* Instead of one that works for some images, it has to be able to do what is asked for. */
		if (status == EXIT_DONE && !*why && second)
			(void)choice_check(config, transport, false, &cache, why);
		if (status == EXIT_DONE && !*why)
			break;
		if (status == EXIT_DONE && !second)
			second = transport;
		pass_over(transport->name, why, others, sizeof(others));
	}
	if (!transport && second) {
		transport = second;
		snprintf(text_out, CHOICE_WHY_MAX,
			 "transport: %s, though not for each image, because no other works here: %s",
			 second->name, others);
	} else if (transport) {
		snprintf(text_out, CHOICE_WHY_MAX, "transport: %s%s%s", transport->name,
			 *others ? ", because others do not work here: " : "", others);
	} else {
		snprintf(
			text_out, CHOICE_WHY_MAX,
			"transport: none works here: %s. Either is a way out: a kernel from Linux 6.12 on, or modules with on-demand mode",
			others);
		return EXIT_PERMANENT;
	}
	*transport_out = transport;
	return EXIT_DONE;
}

int choice_make(const struct config *config, bool is_native, const struct transport **transport_out,
		char *text_out)
{
	const struct transport *transport = transport_find(config->transport);
	char why[TRANSPORT_WHY_MAX];
	int status;

	if (strcmp(config->transport, "auto") == 0)
		return choose(config, is_native, transport_out, text_out);
	if (!transport || (is_native && transport->has_files)) {
		snprintf(text_out, CHOICE_WHY_MAX, "rd.blob.transport=%s: no image is mounted by it here",
			 config->transport);
		return EXIT_PERMANENT;
	}
	status = transport->probe(why);
	if (status == EXIT_DONE)
		snprintf(text_out, CHOICE_WHY_MAX, "transport: %s", transport->name);
	else
		snprintf(text_out, CHOICE_WHY_MAX, "rd.blob.transport=%s: %s", transport->name, why);
	*transport_out = transport;
	return status;
}

int choice_check(const struct config *config, const struct transport *transport, bool has_store,
		 const char **cache_out, char *why_out)
{
	const char *cache = config->cache[0]                     ? config->cache
			    : has_store && !transport->has_files ? "disk"
								 : transport->cache;
	bool is_page = strcmp(cache, "page") == 0;

	*why_out = '\0';
	*cache_out = cache;
	if (is_page && transport->has_files)
		snprintf(why_out, CHOICE_WHY_MAX,
			 "rd.blob.cache=page: with %s the kernel reads blocks from files: it needs %s",
			 transport->name, transport->cache);
	else if (is_page && config->complete_rate)
		snprintf(
			why_out, CHOICE_WHY_MAX,
			"rd.blob.complete=: the kernel may drop what it has, as rd.blob.cache=page keeps nothing for it");
	else if (config->records_exactly && config->complete_rate)
		snprintf(
			why_out, CHOICE_WHY_MAX,
			"rd.blob.complete=: rd.blob.profile=record records what is read, and nothing else is fetched");
	return *why_out ? EXIT_PERMANENT : EXIT_DONE;
}

int choice_main(int argc, char **argv)
{
	static struct config config;
	static struct words words;
	const struct transport *transport;
	char text[CHOICE_WHY_MAX];
	uint64_t free_kib = room_available_kib(), ram_kib = 0;
	const char *cache;
	int status;

	log_open();
	status = words_read(argc - 2, argv + 2, &config, &words, text);
	if (status == EXIT_DONE)
		status = choice_make(&config, false, &transport, text);
	if (status == EXIT_DONE) {
		log_note("%s", text);
		status = choice_check(&config, transport, false, &cache, text);
		if (status == EXIT_DONE)
			status = room_of_ram(cache, free_kib, &ram_kib, text);
	}
	if (status != EXIT_DONE) {
		fprintf(stderr, "%s\n", text);
		return status;
	}
	/* Values are checked by cmdline.c and contain no quotes. */
	printf("blob_transport='%s'\nblob_cache='%s'\nblob_has_store='%s'\n", transport->name, cache,
	       !transport->has_files ? room_is_disk(cache) ? "disk" : ""
	       : room_is_disk(cache) ? "both"
				     : "ram");
	printf("blob_free_kib='%" PRIu64 "'\nblob_ram_kib='%" PRIu64 "'\n", free_kib, ram_kib);
	if (room_of_ram("ram", free_kib, &ram_kib, text) != EXIT_DONE)
		ram_kib = 0;
	printf("blob_ram_instead_kib='%" PRIu64 "'\n", ram_kib);
	return EXIT_DONE;
}
