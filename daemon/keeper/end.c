/* SPDX-License-Identifier: MIT */
#include "keeper/end.h"

bool end_is_signal(int signal)
{
	return signal >= END_POWEROFF && signal <= END_KEXEC;
}

void end_begin(struct end *end, enum end_how how, const struct end_counts *counts)
{
	if (end->how == END_NONE) {
		end->failed_before = counts->failed;
		end->fetched = counts->fetched;
		end->since_ms = 0;
	}
	end->how = how;
}

bool end_is_stuck(struct end *end, const struct end_counts *counts, uint64_t now_ms)
{
	if (end->how == END_NONE)
		return false;
	if (counts->fetched != end->fetched ||
	    (!counts->is_waiting && counts->failed == end->failed_before)) {
		/* Reads that failed before the network was back say nothing of those that follow. */
		end->failed_before = counts->failed;
		end->fetched = counts->fetched;
		end->since_ms = 0;
		return false;
	}
	if (!end->since_ms)
		end->since_ms = now_ms;
	return now_ms - end->since_ms >= END_STUCK_MS;
}

const char *end_word(enum end_how how)
{
	switch (how) {
	case END_POWEROFF:
		return "powered off";
	case END_REBOOT:
		return "restarted";
	case END_HALT:
		return "halted";
	case END_KEXEC:
		return "restarted by kexec";
	case END_NONE:
		break;
	}
	return "left alone";
}
