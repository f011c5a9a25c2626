# SPDX-License-Identifier: MIT
#
# Test programs: kyua looks them up in build/tests, laid out as tests/ is.
#
# C ones are built from the same sources as the daemon a second time, with the host's compiler and sanitizers.

TEST_CC := gcc
TEST_CFLAGS := -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -Wall -Wextra \
	-Wno-missing-field-initializers
SUPPORT_H := $(wildcard tests/support/*.h)

include tests/unit/programs.mk
include tests/fuzz/programs.mk

# -- unit: one program a module ------------------------------------------------------------------------------------

UNIT_PROGS := $(unit_progs:%=build/tests/unit/%)
test_objs = $(patsubst %.c,build/tests/obj/%.o,$(1))

build/tests/obj/%.o: %.c | setup-check
	mkdir -p $(@D)
	$(TEST_CC) $(CPPFLAGS_ALL) -Itests/unit -isystem build/deps-host/include $(TEST_CFLAGS) -MMD -MP -c -o $@ $<

# mbedTLS under the same sanitizers: what it does with hostile bytes is ours to know.
build/deps-host/ready: build/deps/ready | setup-check
	echo "  DEPS    mbedtls, for tests"
	rm -rf $(@D)
	daemon/mkdeps build/src $(@D) "$(TEST_CC) -g $(filter -f%,$(TEST_CFLAGS))" mbedtls >build/deps-host.log 2>&1 || \
		{ tail -n 20 build/deps-host.log >&2; exit 1; }
	touch $@

SIGNATURE_OBJS := $(call test_objs,daemon/base/file.c daemon/trust/certdir.c daemon/base/hex.c daemon/trust/roothash.c daemon/trust/pkcs7.c daemon/trust/signature.c tests/support/signature.c)
build/tests/obj/daemon/trust/certdir.o build/tests/obj/daemon/trust/pkcs7.o build/tests/obj/daemon/trust/signature.o: build/deps-host/ready

# libcurl's header alone, for its codes.
EXPLAIN_OBJS := $(call test_objs,daemon/fetch/fetch_explain.c tests/unit/fetch/fetch_explain_test.c)
$(EXPLAIN_OBJS): build/deps/ready
$(EXPLAIN_OBJS): CPPFLAGS_ALL += -idirafter build/deps/include

-include $(shell find build/tests/obj -name '*.d' 2>/dev/null)

define unit_program
build/tests/unit/$(1): $(call test_objs,tests/unit/$(1).c $(unit_src_$(notdir $(1))))
endef
$(foreach prog,$(unit_progs),$(eval $(call unit_program,$(prog))))

$(UNIT_PROGS):
	echo "  TEST    $@"
	mkdir -p $(@D)
	$(TEST_CC) $(TEST_CFLAGS) $(TEST_LDFLAGS) -o $@ $^ -latf-c

# -- support: the fault server, the fake kernel, .. ----------------------------------------------------------------

HTTPD_SRCS := $(addprefix tests/support/,httpd.c httpd_conn.c httpd_fault.c httpd_reply.c httpd_request.c httpd_send.c)
build/tests/support/httpd: $(HTTPD_SRCS)
KERNEL_SRCS := $(wildcard tests/support/kernel*.c)
build/tests/support/kernel: $(KERNEL_SRCS) daemon/base/counters.h daemon/base/notice.h daemon/trust/hash_cache.h
build/tests/support/dns: tests/support/dns.c
build/tests/support/spoil: tests/support/spoil.c
build/tests/support/spoil_store: tests/support/spoil_store.c
build/tests/support/tunnel: tests/support/tunnel.c
# One script for the fake kernel and the real one.
PROMISES_SRCS := tests/support/promises.c tests/support/promises_engine.c
build/tests/support/promises: $(PROMISES_SRCS) tests/support/promises_fake.c $(addprefix tests/support/kernel_,answer.c daemon.c filter.c \
	keeper.c model.c trap.c) daemon/base/counters.h daemon/base/notice.h daemon/trust/hash_cache.h
$(addprefix build/tests/support/,httpd kernel dns promises spoil spoil_store tunnel): $(SUPPORT_H) | setup-check
	echo "  TEST    $@"
	mkdir -p $(@D)
	$(TEST_CC) -D_GNU_SOURCE -Idaemon $(TEST_CFLAGS) -o $@ $(filter %.c,$^)

# The daemon's own check of signatures, on files.
build/tests/support/signature: $(SIGNATURE_OBJS)
	echo "  TEST    $@"
	mkdir -p $(@D)
	$(TEST_CC) $(TEST_CFLAGS) -o $@ $^ build/deps-host/lib/libmbedx509.a build/deps-host/lib/libmbedcrypto.a

# The daemon's own verdict on a chain of certificates, on files.
CHAIN_OBJS := $(call test_objs,$(addprefix daemon/fetch/,certificate.c chain.c constraints.c hostname.c) tests/support/chain.c)
$(CHAIN_OBJS): build/deps-host/ready
build/tests/support/chain: $(CHAIN_OBJS)
	echo "  TEST    $@"
	mkdir -p $(@D)
	$(TEST_CC) $(TEST_CFLAGS) -o $@ $^ build/deps-host/lib/libmbedx509.a build/deps-host/lib/libmbedcrypto.a

# They run in a guest, so they are what ships there: static, against musl.
build/tests/support/deaf build/tests/support/forbid build/tests/support/reaper build/tests/support/split_daemon: build/tests/support/%: tests/support/%.c build/deps/ready
	mkdir -p $(@D)
	$(MUSL_CC) -std=gnu11 -D_GNU_SOURCE -Idaemon -static -Os -Wall -Wextra -isystem build/deps/include -o $@ $<

build/tests/support/promises_real: $(PROMISES_SRCS) tests/support/promises_real.c tests/support/promises.h build/deps/ready
	mkdir -p $(@D)
	$(MUSL_CC) -std=gnu11 -D_GNU_SOURCE -static -Os -Wall -Wextra -isystem build/deps/include -o $@ $(filter %.c,$^)

build/tests/support/tree: tests/support/tree.c tests/support/tree_make.c tests/support/tree.h build/deps/ready
	mkdir -p $(@D)
	$(MUSL_CC) -std=gnu11 -D_GNU_SOURCE -static -Os -Wall -Wextra -isystem build/deps/include -o $@ $(filter %.c,$^)

# The daemon's own objects, static and without sanitizers: what they do to a process is what is tried here.
build/tests/support/confined: tests/support/confined.c build/obj/engine/confine.o build/obj/engine/confine_filter.o build/obj/engine/zone.o
	mkdir -p $(@D)
	$(MUSL_CC) -std=gnu11 -D_GNU_SOURCE -Idaemon -static -Os -Wall -Wextra -isystem build/deps/include -o $@ $^

# The keeper's side of the daemon as a whole, and nothing of the engine's: it must link. villain adds engines of its own.
KEEPER_OBJS := $(addprefix base/,loop.o cmdline.o engine_options.o file.o flood.o hex.o limits.o log.o mount_plan.o notice.o \
	options.o rights.o words.o) $(addprefix transport/,cachefiles.o cachefiles_keeper.o cachefiles_kept.o cachefiles_msg.o erofs_features.o \
	erofs_mount.o erofs_tiny.o fs_mount.o fuse.o fuse_keeper.o fuse_msg.o fuse_probe.o mount_words.o transports.o) \
	$(addprefix keeper/,answer.o choice.o client.o dying.o end.o force.o handover.o home.o keeper.o launch.o room.o start.o state.o store_dir.o told.o upgrade.o)
build/tests/support/keeper_alone build/tests/support/villain: build/tests/support/%: tests/support/%.c $(KEEPER_OBJS:%=build/obj/%)
	echo "  TEST    $@"
	mkdir -p $(@D)
	$(MUSL_CC) -std=gnu11 -D_GNU_SOURCE -Idaemon -static -Os -Wall -Wextra -o $@ $^

# -- shell: copied, because kyua wants them executable and beside what they use ----------------------------------

SHELL_TESTS := $(patsubst tests/%.sh,build/tests/%,$(shell find tests -name '*_test.sh'))
SUPPORT_SH := $(patsubst tests/%,build/tests/%,$(shell find tests -name '*.sh' ! -name '*_test.sh' ! -path 'tests/boot/*'))

$(SHELL_TESTS): build/tests/%: tests/%.sh
	mkdir -p $(@D)
	install -m 755 $< $@

$(SUPPORT_SH): build/tests/%: tests/%
	mkdir -p $(@D)
	install -m 644 $< $@

.PHONY: test-programs
test-programs: $(UNIT_PROGS) $(FUZZ_REPLAYS) $(SHELL_TESTS) $(SUPPORT_SH) build/tests/support/httpd \
	build/tests/support/chain build/tests/support/kernel build/tests/support/confined build/tests/support/deaf build/tests/support/dns \
	build/tests/support/keeper_alone build/tests/support/promises build/tests/support/promises_real \
	build/tests/support/signature build/tests/support/spoil build/tests/support/spoil_store \
	build/tests/support/split_daemon build/tests/support/tree build/tests/support/tunnel build/tests/support/villain
