/* SPDX-License-Identifier: MIT */
#include "keeper/upgrade.h"

#include "base/exits.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	DESCRIPTORS = 2,       /* in a request: the program, and the pipe for the answer */
	EXIT_NO_PROGRAM = 126, /* the trial's exit status, as a shell's */
	SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE,
};

static void tell(int told, int status, const char *why)
{
	char line[256];
	int len = snprintf(line, sizeof(line), "%d %s\n", status, why);
	ssize_t ignored;

	ignored = write(told, line, (size_t)len);
	(void)ignored;
}

static void drop(struct upgrade *upgrade)
{
	close(upgrade->program);
	close(upgrade->told);
	if (upgrade->consent >= 0)
		close(upgrade->consent);
	upgrade->trial = 0;
}

static void refuse(struct upgrade *upgrade, const char *why)
{
	tell(upgrade->told, EXIT_PERMANENT, why);
	log_error("keeper: upgrade refused: %s", why);
	drop(upgrade);
}

/* Receives one datagram. Returns whether it is a request from a permitted user, with its descriptors. */
static bool receive(int socket, int fds_out[DESCRIPTORS])
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(DESCRIPTORS * sizeof(int))];
	} control;
	char ignored[16];
	struct iovec to = {ignored, sizeof(ignored)};
	struct msghdr message = {
		.msg_iov = &to, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	struct ucred sender = {.uid = (uid_t)-1};
	unsigned count = 0;

	if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
		return false;
	for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at; at = CMSG_NXTHDR(&message, at)) {
		if (at->cmsg_level != SOL_SOCKET)
			continue;
		if (at->cmsg_type == SCM_CREDENTIALS && at->cmsg_len == CMSG_LEN(sizeof(sender))) {
			memcpy(&sender, CMSG_DATA(at), sizeof(sender));
		} else if (at->cmsg_type == SCM_RIGHTS) {
			count = (unsigned)((at->cmsg_len - CMSG_LEN(0)) / sizeof(int));
			memcpy(fds_out, CMSG_DATA(at), count * sizeof(int));
		}
	}
	/* The socket's mode enforces the same. A keeper that is not root runs in a test. */
	if (count == DESCRIPTORS && (sender.uid == 0 || sender.uid == geteuid()))
		return true;
	while (count > 0)
		close(fds_out[--count]);
	return false;
}

static void become_trial(const struct upgrade *upgrade, struct handover *know, int consent)
{
	static struct option_arguments arguments;
	sigset_t none;

	handover_to_check(know, &arguments);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(consent, STDOUT_FILENO) == STDOUT_FILENO)
		fexecve(upgrade->program, arguments.argv, environ);
	_exit(EXIT_NO_PROGRAM);
}

void upgrade_take(struct upgrade *upgrade, struct handover *know, uint64_t now_ms)
{
	struct upgrade next = {.consent = -1};
	int fds[DESCRIPTORS], pipe_fds[2], seals;

	if (!receive(know->keeper.upgrades, fds))
		return;
	next.program = fds[0];
	next.told = fds[1];
	/* The requester may be gone, or not read: that must stop neither this keeper nor the next one. */
	fcntl(next.told, F_SETFL, O_NONBLOCK);
	if (upgrade->trial) {
		refuse(&next, "another upgrade is under way");
		return;
	}
	if (!know->keeper.plan[0]) {
		refuse(&next, "the image is not ready yet");
		return;
	}
	/* It must not change while we use it, nor lie on the root that it is to serve. -1: it is no memfd at all. */
	seals = fcntl(next.program, F_GET_SEALS);
	if (seals < 0 || (seals & SEALS) != SEALS) {
		refuse(&next, "the program was not handed over as a sealed memfd");
		return;
	}
	if (pipe2(pipe_fds, O_CLOEXEC)) {
		refuse(&next, strerror(errno));
		return;
	}
	next.consent = pipe_fds[0];
	next.due_ms = now_ms + UPGRADE_TRIAL_MS;
	next.trial = fork();
	if (next.trial == 0)
		become_trial(&next, know, pipe_fds[1]);
	close(pipe_fds[1]);
	if (next.trial < 0)
		refuse(&next, strerror(errno));
	else
		*upgrade = next;
}

void upgrade_expire(struct upgrade *upgrade)
{
	upgrade->due_ms = 0;
	upgrade->is_late = true;
	kill(upgrade->trial, SIGKILL);
}

bool upgrade_ended(struct upgrade *upgrade, int status)
{
	char line[128] = "";
	size_t consent_len = strlen(UPGRADE_CONSENT), len;
	ssize_t got;

	/* The trial is dead, so a read would not wait, unless its children hold the pipe. */
	fcntl(upgrade->consent, F_SETFL, O_NONBLOCK);
	got = read(upgrade->consent, line, sizeof(line) - 1);
	len = got > 0 ? (size_t)got : 0;
	line[len] = '\0';
	if (upgrade->is_late)
		refuse(upgrade, "it did not answer in 10 s");
	else if (WIFSIGNALED(status))
		refuse(upgrade, "it crashed when it was asked");
	else if (WEXITSTATUS(status) == EXIT_NO_PROGRAM)
		refuse(upgrade, "it is no program that runs on this machine");
	else if (WEXITSTATUS(status) != EXIT_DONE)
		refuse(upgrade, "it does not know how to take over from this version");
	else if (strncmp(line, "blobrootd ", 10) != 0 || len < consent_len ||
		 strcmp(line + len - consent_len, UPGRADE_CONSENT) != 0)
		refuse(upgrade, "it is no blobrootd");
	else
		return true;
	return false;
}

void upgrade_exec(struct upgrade *upgrade, struct handover *know)
{
	static struct option_arguments arguments;
	int err;

	close(upgrade->consent);
	upgrade->consent = -1;
	handover_to_keeper(know, upgrade->program, upgrade->told, &arguments);
	fexecve(upgrade->program, arguments.argv, environ);
	err = errno;
	handover_reclaim(know, upgrade->program, upgrade->told);
	refuse(upgrade, strerror(err));
}
