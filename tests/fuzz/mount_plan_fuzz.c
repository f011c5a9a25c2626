/* SPDX-License-Identifier: MIT */
/*
 * What the engine tells `blobrootd mount`: fields of a plan end where they must, and are the same when handed on.
 */
#include "fuzz.h"

#include "base/mount_plan.h"

int fuzz_one(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), formatted[600];
	struct mount_plan plan, again;

	memset(&plan, 0xff, sizeof(plan));
	memset(&again, 0xff, sizeof(again));
	if (mount_plan_parse(text, &plan)) {
		size_t source = strnlen(plan.source, sizeof(plan.source));
		size_t options = strnlen(plan.options, sizeof(plan.options));

		MUST(source > 0 && source < sizeof(plan.source), "a source of %zu bytes", source);
		MUST(options > 0 && options < sizeof(plan.options), "options of %zu bytes", options);
		MUST(!strpbrk(plan.source, "\t\n") && !strpbrk(plan.options, "\t\n"),
		     "an end inside a field");
		mount_plan_format(&plan, formatted, sizeof(formatted));
		MUST(strncmp(text, formatted, strlen(formatted)) == 0, "formatted it is another: %s",
		     formatted);
		MUST(mount_plan_parse(formatted, &again), "not parsed again: %s", formatted);
		MUST(strcmp(plan.source, again.source) == 0 && strcmp(plan.options, again.options) == 0 &&
			     plan.is_compressed == again.is_compressed && plan.features == again.features &&
			     plan.nameless == again.nameless,
		     "parsed to another: %s", formatted);
	}
	free(text);
	return 0;
}
