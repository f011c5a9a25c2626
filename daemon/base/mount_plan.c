/* SPDX-License-Identifier: MIT */
#include "base/mount_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "%08x:%05u" */
enum { NEEDS_LEN = 14 };

static void format_needs(const struct mount_plan *plan, char text_out[NEEDS_LEN + 1])
{
	snprintf(text_out, NEEDS_LEN + 1, "%08" PRIx32 ":%05u", plan->features, (unsigned)plan->nameless);
}

void mount_plan_format(const struct mount_plan *plan, char *text_out, size_t size)
{
	bool has_needs = plan->features || plan->nameless || plan->kept[0];
	char needs[NEEDS_LEN + 1] = "";

	if (has_needs)
		format_needs(plan, needs);
	snprintf(text_out, size, "%s\t%s\t%s%s%s%s%s", plan->source, plan->options,
		 plan->is_compressed ? "compressed" : "-", has_needs ? "\t" : "", needs,
		 plan->kept[0] ? "\t" : "", plan->kept);
}

static bool take_field(const char **text, char *field_out, size_t size)
{
	size_t len = strcspn(*text, "\t\n");

	if (len == 0 || len >= size)
		return false;
	memcpy(field_out, *text, len);
	field_out[len] = '\0';
	*text += len;
	if (**text == '\t')
		(*text)++;
	return true;
}

/* Only what format_needs makes is taken. */
static bool take_needs(const char **text, struct mount_plan *plan_out)
{
	char field[NEEDS_LEN + 1], again[NEEDS_LEN + 1];
	unsigned nameless;

	if (!take_field(text, field, sizeof(field)) ||
	    sscanf(field, "%8" SCNx32 ":%5u", &plan_out->features, &nameless) != 2 || nameless > UINT16_MAX)
		return false;
	plan_out->nameless = (uint16_t)nameless;
	format_needs(plan_out, again);
	return strcmp(field, again) == 0;
}

bool mount_plan_parse(const char *text, struct mount_plan *plan_out)
{
	char flags[16];

	if (!take_field(&text, plan_out->source, sizeof(plan_out->source)) ||
	    !take_field(&text, plan_out->options, sizeof(plan_out->options)) ||
	    !take_field(&text, flags, sizeof(flags)))
		return false;
	plan_out->is_compressed = strcmp(flags, "compressed") == 0;
	plan_out->features = 0;
	plan_out->nameless = 0;
	plan_out->kept[0] = '\0';
	if (!plan_out->is_compressed && strcmp(flags, "-") != 0)
		return false;
	if (!*text || *text == '\n')
		return true;
	return take_needs(&text, plan_out) &&
	       (!*text || *text == '\n' || take_field(&text, plan_out->kept, sizeof(plan_out->kept)));
}
