/* SPDX-License-Identifier: MIT */
/*
 * The keeper: holds the kernel's descriptor, so that it outlives every engine, and keeps an engine running.
 *
 * Flow: start prepares everything and forks; the keeper starts engines, reaps them, has `restore` written,
 * and tells whoever connects to the control socket how things stand. `upgrade` puts another program in its place.
 * Process: keeper. It opens no file after its start and parses nothing that comes from the network.
 *
 * Invariant 3 (the kernel's fd is never closed while a mount depends on it) is held here: `device` is closed
 * by nothing but the keeper's end, and the keeper ends only before NOTICE_READY, when nothing can be mounted
 * yet.
 *
 * Why the loop is right. One process, one poll, no callbacks; every turn does, in this order:
 *
 *   1. what the engine says, 16 notices at most: an engine that talks without end does not keep the keeper from 2;
 *   2. the dead are reaped, all of them, whether or not SIGCHLD was seen for each: signals merge, waitpid does not
 *      forget. The engine's death sets `due`. Nothing else sets it but a start that failed, so an engine runs, or one
 *      is due: `engine > 0 || due_ms > 0` holds at each poll. poll waits until due_ms at the latest: an engine is
 *      always on its way;
 *   3. if an engine is due: `restore` first, then the start. The dead one's descriptors were closed before it could
 *      be reaped, so the kernel finds every object without one and asks anew; and no engine reads the device while
 *      `restore` marks what was taken and not answered as to be asked again, so nothing is asked of two;
 *   4. who wants to know the state, and who wants an upgrade: one of each a turn, and neither is waited for.
 *
 * Before the image is ready the loop ends with the first engine. Afterwards nothing ends it: what needs memory of the
 * kernel (fork, socketpair, accept) may fail, and is tried again; the keeper itself allocates nothing after its start.
 * All signals that can be blocked are, and only SIGCHLD has a meaning, so what is left is SIGKILL; then the engine
 * sees its notices' other end closed, and ends too (engine.c): nobody waits for an answer that cannot come.
 *
 * The pause before a start is 0 unless engines die at once again and again: each within a second, without having
 * answered one request, of its own doing and not by SIGKILL. Then it grows to 5 s and stays there; it never becomes
 * "never".
 */
#ifndef BLOBROOT_KEEPER_H
#define BLOBROOT_KEEPER_H

#include "keeper/handover.h"

/*
 * Returns the exit status, when the first engine cannot make the image mountable; else never. With know->plan set it
 * takes over from an earlier keeper in this process, whose engine it replaces.
 */
int keeper_run(struct handover *know);

#endif
