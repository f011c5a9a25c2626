/* SPDX-License-Identifier: MIT */
/*
 * The keeper: holds the kernel's descriptor, so that it outlives every engine, and keeps an engine running.
 *
 * Flow: start prepares everything and forks; the keeper starts engines, reaps them, has `restore` written,
 * and reports its state to whoever connects to the control socket. `upgrade` replaces its program.
 * Process: keeper. It opens no file after its start and parses nothing that comes from the network.
 *
 * Invariant 3 (the kernel's fd is never closed while a mount depends on it) is held here: only the keeper's
 * end closes `device`, and the keeper ends only before NOTICE_READY, when nothing can be mounted yet.
 *
 * Why the loop is correct. One process, one poll, no callbacks. Every turn does, in this order:
 *
 *   1. read the engine's notices, 16 at most: an engine that never stops sending must not keep the keeper
 *      from 2. One that sends a malformed one is killed;
 *   2. reap all dead children, whether or not SIGCHLD was seen for each: signals merge, waitpid forgets none.
 *      An engine's death sets `due_ms`. So does a start that failed, and a takeover without an engine;
 *      nothing else. So an engine runs, or one is due: `engine_pid > 0 || due_ms > 0` holds at each poll, and
 *      poll waits until due_ms at the latest: an engine is always on its way;
 *   3. if an engine is due: write `restore` first, then start it. The dead engine's descriptors were closed
 *      before it was reaped, so the kernel finds every object without one and opens it anew. No engine reads
 *      the device while `restore` requeues the requests that were taken and not answered, so no request goes
 *      to two engines;
 *   4. serve at most one status client and one upgrade request, and wait for neither.
 *
 * Before the image is ready, the loop ends with the first engine. Afterwards nothing ends it: calls that need
 * kernel memory (fork, socketpair, accept; mmap and signalfd after an upgrade) may fail and are retried; the
 * keeper itself allocates nothing after its start. It blocks all signals that can be blocked, and uses only SIGCHLD. That leaves SIGKILL:
 * then the engine sees the other end of its notices closed, and ends too (engine.c), so nobody waits for an
 * answer that cannot come.
 *
 * The pause after an engine's death is 0, unless engines keep dying at once: each within a second, without
 * having answered one request, and not by somebody else's SIGKILL. Then it grows to 5 s and stays there; it never becomes
 * "never".
 */
#ifndef BLOBROOT_KEEPER_H
#define BLOBROOT_KEEPER_H

#include "keeper/handover.h"

/*
 * Returns an exit status if it cannot begin, or if the first engine cannot make the image mountable; else
 * never. With know->keeper.plan set, it takes over from the earlier keeper in this process and replaces its
 * engine.
 */
int keeper_run(struct handover *know);

#endif
