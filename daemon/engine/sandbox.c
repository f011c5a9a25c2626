/* SPDX-License-Identifier: MIT */
#include "engine/sandbox.h"

#include "base/exits.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/notice.h"
#include "engine/confine.h"
#include "store/disk.h"
#include "trust/certdir.h"
#include "trust/proof.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int enter_home(const struct engine_start *start)
{
	if (start->options.home < 0)
		return 0;
	return fchdir(start->options.home) || chroot(".") || chdir("/") ? -errno : 0;
}

static void on_bad_signer(void *ctx, const char *name, const char *why)
{
	(void)ctx;
	log_error("/etc/verity.d/%.200s: %s: it is not used", name, why);
}

/* Loads the signers whose signatures count. Before privileges are dropped: no directory can be read later. */
static int load_signers(int home, struct signature_certs **signers_out)
{
	int dir = openat(home, LAYOUT_VERITY_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;

	*signers_out = signature_certs_new();
	if (!*signers_out)
		err = -ENOMEM;
	else if (dir >= 0)
		err = certdir_load(dir, *signers_out, on_bad_signer, NULL);
	if (dir >= 0)
		close(dir);
	return err;
}

enum { RULES_MAX = 32 };

/* Shape: there is room. */
static void add_rules(struct syscall_rule *rules, unsigned *count, const struct syscall_rule *more,
		      unsigned more_count)
{
	for (unsigned i = 0; i < more_count && *count < RULES_MAX; i++)
		rules[(*count)++] = more[i];
}

/* Drops all privileges that the engine does not need. Logs a failure. */
static int give_up_rights(const struct engine_start *start)
{
	int keep[5] = {start->options.device, start->options.notices, start->options.store}, level, err;
	struct syscall_rule rules[RULES_MAX];
	unsigned rule_count = 0;
	const char *what;

	add_rules(rules, &rule_count, start->transport->rules, start->transport->rule_count);
	if (start->options.store >= 0)
		add_rules(rules, &rule_count, disk_rules, disk_rule_count);
	/* Later engines find the file ready. */
	if (start->options.store >= 0 && start->transport->has_files && !start->recall.has_verity)
		add_rules(rules, &rule_count, disk_mend_rules, disk_mend_rule_count);
	log_descriptors(&keep[3], &keep[4], &level);
	err = confine_engine(keep, 5, rules, rule_count, &what);
	if (err)
		log_error("engine: cannot give up its rights: %s: %s", what, strerror(-err));
	return err;
}

/* What the initramfs supplied is wrong: trying again would not help, whatever the server. */
static int take_credentials(const struct engine_start *start, struct credentials **credentials_out)
{
	char why[CREDENTIALS_WHY_MAX];
	int status = credentials_open(credentials_out, &start->config, start->options.home, why);

	if (status != EXIT_DONE)
		notice_send(start->options.notices, NOTICE_FAILED, why);
	else if ((*credentials_out)->skipped > 0)
		log_note("/etc/blobroot/ca.crt: %u of its certificates cannot be read: passed over",
			 (*credentials_out)->skipped);
	return status;
}

int sandbox_enter(const struct engine_start *start, struct credentials **credentials_out,
		  struct signature_certs **signers_out)
{
	int err = enter_home(start), status;

	*credentials_out = NULL;
	*signers_out = NULL;
	if (!err && start->options.home >= 0) {
		status = take_credentials(start, credentials_out);
		if (status != EXIT_DONE)
			return status;
	}
	/* A later engine uses the root hash that the first one found. */
	if (!err && start->options.home >= 0 && proof_part_is_signed(&start->config) &&
	    !start->recall.has_verity)
		err = load_signers(start->options.home, signers_out);
	if (err)
		log_error("engine: cannot start: %s", strerror(-err));
	else
		err = give_up_rights(start);
	return err ? EXIT_TEMPORARY : EXIT_DONE;
}
