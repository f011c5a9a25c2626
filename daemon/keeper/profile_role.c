/* SPDX-License-Identifier: MIT */
#include "keeper/profile_role.h"

#include "base/clock.h"
#include "base/exits.h"
#include "base/layout.h"
#include "keeper/answer.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ROOTHASH_DIGITS = 64,
	BOOT_WEIGHT = 4, /* of one boot: mkprofile has a first boot weigh a quarter */
};

static bool is_roothash(const char *text, size_t size)
{
	return strnlen(text, size) == ROOTHASH_DIGITS && strspn(text, "0123456789abcdef") == ROOTHASH_DIGITS;
}

static const char *find_fault(const struct record *record)
{
	if (record->format == 0)
		return "nothing has been recorded yet";
	if (record->format != RECORD_FORMAT)
		return "another version's engine has recorded it";
	if (record->roothash[0] == '\0')
		return "the image has no root hash, by which a profile would name it";
	if (record->count > RECORD_TOUCHES_MAX || !is_roothash(record->roothash, sizeof(record->roothash)))
		return "the engine's record makes no sense";
	return NULL;
}

/* What was asked for first is first; of several at once what comes first in the image. */
static int compare(const void *one, const void *other)
{
	const struct record_touch *a = one, *b = other;

	if (a->asked_ms != b->asked_ms)
		return a->asked_ms < b->asked_ms ? -1 : 1;
	return a->first < b->first ? -1 : a->first > b->first;
}

static bool is_inside(const struct record *record, const struct record_touch *touch)
{
	return touch->count > 0 && touch->first < record->blocks &&
	       touch->count <= record->blocks - touch->first;
}

static void write_touch(const struct record_touch *touch, FILE *out)
{
	if (touch->how == RECORD_AHEAD) {
		fprintf(out, "ahead %" PRIu32 " %u %" PRIu32 "\n", touch->first, touch->count,
			touch->asked_ms);
		return;
	}
	fprintf(out, "%" PRIu32 " %u %d %" PRIu32, touch->first, touch->count, BOOT_WEIGHT, touch->asked_ms);
	if (touch->how == RECORD_WAITED)
		fprintf(out, " %" PRIu32 "\n", touch->waited_ms);
	else
		fprintf(out, " -\n");
}

/* Lines of SECONDS NAME, since the kernel began. */
static void write_marks(const struct record *record, FILE *marks, FILE *out)
{
	char line[64], name[16];
	double seconds;

	while (fgets(line, sizeof(line), marks))
		if (sscanf(line, "%lf %15[a-z]", &seconds, name) == 2 &&
		    seconds * 1000 >= (double)record->begun_ms)
			fprintf(out, "mark %.0f %s\n", seconds * 1000 - (double)record->begun_ms, name);
}

const char *profile_write(struct record *record, uint64_t now_ms, uint32_t seconds, FILE *marks, FILE *out)
{
	const char *why = find_fault(record);
	uint64_t end_ms = now_ms > record->begun_ms ? now_ms - record->begun_ms : 0;

	if (why)
		return why;
	if (end_ms > RECORD_MOST_MS)
		end_ms = RECORD_MOST_MS;
	if (seconds && seconds < end_ms / 1000)
		end_ms = seconds * UINT64_C(1000);
	qsort(record->touches, record->count, sizeof(*record->touches), compare);
	fprintf(out,
		"blobroot-profile 1\nimage %s\nblocks %" PRIu64 "\nweight %d\nbegin %" PRIu64 "\n"
		"# first block, blocks, weight, ms, ms waited\n",
		record->roothash, record->blocks, BOOT_WEIGHT, record->begun_ms);
	if (marks)
		write_marks(record, marks, out);
	for (uint32_t i = 0; i < record->count; i++)
		if (record->touches[i].asked_ms <= end_ms && is_inside(record, &record->touches[i]))
			write_touch(&record->touches[i], out);
	fprintf(out, "end %" PRIu64 "\n", end_ms);
	return NULL;
}

/* A copy: the engine may be writing, and may have made the file shorter than it was. Errors: -errno. */
static int copy_record(int fd, struct record *record_out)
{
	size_t have = 0;
	ssize_t got = 1;

	while (have < sizeof(*record_out) && got != 0) {
		got = pread(fd, (char *)record_out + have, sizeof(*record_out) - have, (off_t)have);
		if (got < 0 && errno != EINTR)
			return -errno;
		have += got > 0 ? (size_t)got : 0;
	}
	return have < sizeof(*record_out) ? -EPROTO : 0;
}

/* Shape: DIR of --run, and the number of --seconds. Returns false: usage. */
static bool take_options(int argc, char **argv, const char **run_path_out, uint32_t *seconds_out)
{
	static const struct option options[] = {{"run", required_argument, NULL, 'r'},
						{"seconds", required_argument, NULL, 's'},
						{NULL, 0, NULL, 0}};
	char *end = "";
	int c;

	*run_path_out = LAYOUT_RUN;
	*seconds_out = 0;
	optind = 2;
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c == 'r') {
			*run_path_out = optarg;
		} else if (c == 's') {
			long seconds = strtol(optarg, &end, 10);

			if (end == optarg || *end || seconds < 1 || seconds > RECORD_MOST_MS / 1000) {
				fprintf(stderr, "profile: --seconds %s: it is a number from 1 to %d\n",
					optarg, RECORD_MOST_MS / 1000);
				return false;
			}
			*seconds_out = (uint32_t)seconds;
		} else {
			return false;
		}
	}
	return argc == optind;
}

/* Returns as profile_write. */
static const char *write_with_marks(struct record *record, const char *run_path, uint32_t seconds)
{
	char path[512];
	const char *why;
	FILE *marks;

	snprintf(path, sizeof(path), "%.480s/" LAYOUT_MARKS, run_path);
	marks = fopen(path, "re");
	why = profile_write(record, clock_ms(), seconds, marks, stdout);
	if (marks)
		fclose(marks);
	return why;
}

int profile_main(int argc, char **argv)
{
	static struct record record;
	struct answer answer;
	const char *run_path, *why;
	uint32_t seconds;
	int status, fd, err;

	if (!take_options(argc, argv, &run_path, &seconds))
		return EXIT_USAGE;
	status = answer_get(run_path, &answer);
	if (status != EXIT_DONE)
		return status;
	fd = answer_take(&answer, "record");
	answer_end(&answer);
	if (fd < 0) {
		fprintf(stderr, "profile: the keeper has no record: an older version has started it\n");
		return EXIT_PERMANENT;
	}
	err = copy_record(fd, &record);
	close(fd);
	why = err ? strerror(-err) : write_with_marks(&record, run_path, seconds);
	if (!why && (fflush(stdout) || ferror(stdout)))
		why = strerror(errno);
	if (!why)
		return EXIT_DONE;
	fprintf(stderr, "profile: %s\n", why);
	return EXIT_TEMPORARY;
}
