/* SPDX-License-Identifier: MIT */
#include "keeper/force.h"

#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SYNC_MOST_MS = 10 * 1000 }; /* how long data may take to reach disks */

/* sync may never return: another process makes it, and is not waited for without end. */
static void sync_in_time(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		sync();
		_exit(0);
	}
	for (int waited = 0; pid > 0 && waited < SYNC_MOST_MS && waitpid(pid, NULL, WNOHANG) == 0;
	     waited += 100)
		poll(NULL, 0, 100);
}

void force_end(enum end_how how)
{
	static const int commands[] = {RB_POWER_OFF, RB_AUTOBOOT, RB_HALT_SYSTEM, RB_KEXEC};

	log_error(
		"shutdown: what it needs cannot be read, and no byte has come for %d s: the host is %s by force",
		END_STUCK_MS / 1000, end_word(how));
	sync_in_time();
	reboot(commands[how - END_POWEROFF]);
	/* No kernel is loaded, or none of our rights. */
	log_error("shutdown: %s: trying to restart the host", strerror(errno));
	reboot(RB_AUTOBOOT);
}
