/* SPDX-License-Identifier: MIT */
/*
 * A process that confines itself as the engine does, and then tries something.
 *
 *   confined ATTEMPT
 *
 * Before, it makes itself as hard to confine as it can: it has groups, descriptors, inheritable
 * capabilities that a change of user keeps, and locked memory with a limit. Status 0: the attempt went well; 1:
 * it failed, and stderr says why; SIGSYS: the filter stopped it. Static and without sanitizers, as the daemon
 * is, because these make system calls of their own.
 */
#include "engine/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEPT = 40, LEAKED_LOW = 17, LEAKED_HIGH = 700, LOCKED_MAX = 4 << 20 };

#define SECUREBITS_KEEP_ON_SETUID 0x4 /* SECBIT_NO_SETUID_FIXUP */

static pthread_mutex_t go = PTHREAD_MUTEX_INITIALIZER;

/* Of what is not there: a program that did start would soon make a call that is forbidden. */
static long try_execve(void)
{
	char *argv[] = {"/none", NULL};

	return execve(argv[0], argv, argv + 1);
}

static void *execve_when_told(void *arg)
{
	pthread_mutex_lock(&go);
	try_execve();
	return arg;
}

static pthread_t early;

/* There from before the confinement. */
static long try_execve_in_an_early_thread(void)
{
	pthread_mutex_unlock(&go);
	pthread_join(early, NULL);
	return 0;
}

static long try_execveat(void)
{
	char *argv[] = {"/none", NULL};

	return syscall(SYS_execveat, AT_FDCWD, argv[0], argv, argv + 1, 0);
}

static long try_fork(void)
{
	return fork();
}

static long try_clone_of_a_process(void)
{
	return syscall(SYS_clone, CLONE_VM | SIGCHLD, NULL, NULL, NULL, NULL);
}

static long try_clone3(void)
{
	char arguments[64] = {0};

	return syscall(SYS_clone3, arguments, sizeof(arguments));
}

static long try_ptrace(void)
{
	return syscall(SYS_ptrace, 16 /* PTRACE_ATTACH */, getppid(), NULL, NULL);
}

static long try_process_vm_readv(void)
{
	return syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0);
}

static long try_kill(void)
{
	return kill(1, 0);
}

static long try_tgkill(void)
{
	return syscall(SYS_tgkill, 1, 1, 0);
}

static long try_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
}

static long try_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long try_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static long try_raw_socket(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static long try_listen(void)
{
	return listen(STDIN_FILENO, 1);
}

static long try_open_for_writing(void)
{
	return open("/dev/null", O_WRONLY);
}

static long try_open_for_both(void)
{
	return open("/dev/null", O_RDWR);
}

static long try_create(void)
{
	return openat(AT_FDCWD, "made", O_RDONLY | O_CREAT, 0600);
}

static long try_unlink(void)
{
	return unlink("none");
}

static long try_truncate_a_descriptor(void)
{
	return ftruncate(KEPT, 0);
}

static long try_map_code(void)
{
	return (long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static long try_map_a_file(void)
{
	return (long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, KEPT, 0);
}

static char page[4096] __attribute__((aligned(4096)));

static long try_make_data_code(void)
{
	return mprotect(page, sizeof(page), PROT_READ | PROT_WRITE | PROT_EXEC);
}

static long try_mount(void)
{
	return syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, NULL);
}

static long try_chroot(void)
{
	return chroot("/");
}

static long try_become_root(void)
{
	return syscall(SYS_setuid, 0);
}

static long try_unshare(void)
{
	return syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */);
}

static long try_bpf(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}

static long try_io_uring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}

static long try_keyctl(void)
{
	return syscall(SYS_keyctl, 0, 0, 0, 0, 0);
}

static long try_type_into_a_terminal(void)
{
	return ioctl(STDIN_FILENO, TIOCSTI, "x");
}

static long try_prctl(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

#ifdef __x86_64__
/* A 32-bit call: this number is open(2) in the table that we have, and fork(2) in this one. */
static long try_32_bit_fork(void)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(2L), "b"(0L), "c"(0L), "d"(0L) : "memory");
	return result;
}

static long try_x32_read(void)
{
	return syscall(0x40000000 | SYS_read, STDIN_FILENO, NULL, 0);
}
#endif

/* -- what must go well ----------------------------------------------------------------------------------------- */

static long show_status(void)
{
	static const char *const paths[] = {"/proc/self/status", "/proc/self/limits"};
	char text[8192];

	for (unsigned i = 0; i < 2; i++) {
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC);
		ssize_t got;

		while (fd >= 0 && (got = read(fd, text, sizeof(text))) > 0)
			if (write(STDOUT_FILENO, text, (size_t)got) != got)
				return -1;
		if (fd < 0 || close(fd))
			return -1;
	}
	return 0;
}

/* Ends with NULL if there was no memory. */
static void *grow(void *arg)
{
	char *first = malloc(48 << 20), *more;

	if (!first)
		return NULL;
	memset(first, 1, 48 << 20);
	more = realloc(first, 96 << 20);
	if (!more)
		return NULL;
	free(more);
	for (unsigned i = 0; i < 1000; i++)
		*(char **)arg = malloc(5000);
	return arg;
}

/* Far beyond what could be locked with the limit from before. */
static long grow_in_threads(void)
{
	for (unsigned i = 0; i < 3; i++) {
		static char *leak;
		pthread_t thread;
		void *got = NULL;

		errno = pthread_create(&thread, NULL, grow, &leak);
		if (errno || pthread_join(thread, &got) || !got)
			return -1;
	}
	return 0;
}

/* The first needs the files and the order of addresses, the second a name server, or its absence. */
static long resolve(void)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *got = NULL;

	if (getaddrinfo("localhost", "80", &hints, &got))
		return -1;
	freeaddrinfo(got);
	if (getaddrinfo("no-such-name.invalid", "80", &hints, &got) == 0)
		freeaddrinfo(got);
	return 0;
}

/* The libc's own way would be a Unix socket: see zone.c. */
static long find_a_zone(void)
{
	errno = ENODEV;
	return if_nametoindex("lo") > 0 && if_nametoindex("none") == 0 ? 0 : -1;
}

static long keep_and_close(void)
{
	if (lseek(KEPT, 0, SEEK_CUR) < 0)
		return -1;
	errno = 0;
	if (lseek(LEAKED_LOW, 0, SEEK_CUR) >= 0 || lseek(LEAKED_HIGH, 0, SEEK_CUR) >= 0)
		return -1;
	return 0;
}

static const struct attempt {
	const char *name;
	long (*run)(void);
} attempts[] = {
	{"execve", try_execve},
	{"execve-in-an-early-thread", try_execve_in_an_early_thread},
	{"execveat", try_execveat},
	{"fork", try_fork},
	{"clone-of-a-process", try_clone_of_a_process},
	{"clone3", try_clone3},
	{"ptrace", try_ptrace},
	{"process_vm_readv", try_process_vm_readv},
	{"kill", try_kill},
	{"tgkill", try_tgkill},
	{"netlink", try_netlink},
	{"unix-socket", try_unix_socket},
	{"packet-socket", try_packet_socket},
	{"raw-socket", try_raw_socket},
	{"listen", try_listen},
	{"open-for-writing", try_open_for_writing},
	{"open-for-both", try_open_for_both},
	{"create", try_create},
	{"unlink", try_unlink},
	{"truncate-a-descriptor", try_truncate_a_descriptor},
	{"map-code", try_map_code},
	{"map-a-file", try_map_a_file},
	{"make-data-code", try_make_data_code},
	{"mount", try_mount},
	{"chroot", try_chroot},
	{"become-root", try_become_root},
	{"unshare", try_unshare},
	{"bpf", try_bpf},
	{"io_uring", try_io_uring},
	{"keyctl", try_keyctl},
	{"type-into-a-terminal", try_type_into_a_terminal},
	{"prctl", try_prctl},
#ifdef __x86_64__
	{"32-bit-fork", try_32_bit_fork},
	{"x32-read", try_x32_read},
#endif
	{"status", show_status},
	{"grow-in-threads", grow_in_threads},
	{"resolve", resolve},
	{"find-a-zone", find_a_zone},
	{"keep-and-close", keep_and_close},
};

/* What fails here for lack of rights only makes the process easier to confine. */
static void resist(void)
{
	const struct rlimit locked = {LOCKED_MAX, LOCKED_MAX};
	const gid_t groups[] = {1, 2};
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];
	int null = open("/dev/null", O_RDONLY);

	dup2(null, KEPT);
	dup2(null, LEAKED_LOW);
	dup2(null, LEAKED_HIGH);
	close(null);
	setgroups(2, groups);
	if (syscall(SYS_capget, &header, caps) == 0) {
		for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
			caps[i].inheritable = caps[i].permitted;
		syscall(SYS_capset, &header, caps);
	}
	prctl(PR_SET_SECUREBITS, SECUREBITS_KEEP_ON_SETUID, 0, 0, 0);
	mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	setrlimit(RLIMIT_MEMLOCK, &locked);
}

int main(int argc, char **argv)
{
	const int keep[] = {KEPT, -1};
	const char *what;
	char text[256];
	int err;

	if (argc != 2)
		return 2;
	pthread_mutex_lock(&go);
	/* Not for each attempt: it comes back from musl's way to change the user of all threads by rt_sigreturn(2). */
	if (strcmp(argv[1], "execve-in-an-early-thread") == 0 &&
	    pthread_create(&early, NULL, execve_when_told, NULL))
		return 2;
	resist();
	err = confine_engine(keep, 2, NULL, 0, &what);
	if (err) {
		dprintf(STDERR_FILENO, "confine: %s: %s\n", what, strerror(-err));
		return 2;
	}
	for (unsigned i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
		if (strcmp(attempts[i].name, argv[1]) != 0)
			continue;
		errno = 0;
		if (attempts[i].run() == 0)
			return 0;
		/* Not by stdio, whose writev(2) would look like the end that is hoped for. */
		snprintf(text, sizeof(text), "%s: %s\n", argv[1], strerror(errno));
		return write(STDERR_FILENO, text, strlen(text)) > 0 ? 1 : 3;
	}
	return 2;
}
