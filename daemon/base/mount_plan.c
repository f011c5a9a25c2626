/* SPDX-License-Identifier: MIT */
#include "base/mount_plan.h"

#include <stdio.h>
#include <string.h>

void mount_plan_format(const struct mount_plan *plan, char *text_out, size_t size)
{
	snprintf(text_out, size, "%s\t%s\t%s", plan->source, plan->options,
		 plan->is_compressed ? "compressed" : "-");
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

bool mount_plan_parse(const char *text, struct mount_plan *plan_out)
{
	char flags[16];

	if (!take_field(&text, plan_out->source, sizeof(plan_out->source)) ||
	    !take_field(&text, plan_out->options, sizeof(plan_out->options)) ||
	    !take_field(&text, flags, sizeof(flags)))
		return false;
	plan_out->is_compressed = strcmp(flags, "compressed") == 0;
	return plan_out->is_compressed || strcmp(flags, "-") == 0;
}
