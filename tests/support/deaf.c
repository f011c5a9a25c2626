/* SPDX-License-Identifier: MIT
 *
 * A program that does not answer: an upgrade to it must not hold the daemon up.
 */
#include <unistd.h>

int main(void)
{
	for (;;)
		pause();
}
