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
	$(TEST_CC) $(CPPFLAGS_ALL) -Itests/unit $(TEST_CFLAGS) -MMD -MP -c -o $@ $<

# mbedTLS under the same sanitizers: what it does with hostile bytes is ours to know.
build/deps-host/ready: build/deps/ready | setup-check
	echo "  DEPS    mbedtls, for tests"
	rm -rf $(@D)
	daemon/mkdeps build/src $(@D) "$(TEST_CC) -g $(filter -f%,$(TEST_CFLAGS))" mbedtls >build/deps-host.log 2>&1 || \
		{ tail -n 20 build/deps-host.log >&2; exit 1; }
	touch $@

-include $(shell find build/tests/obj -name '*.d' 2>/dev/null)

define unit_program
build/tests/unit/$(1): $(call test_objs,tests/unit/$(1).c $(unit_src_$(1)))
endef
$(foreach prog,$(unit_progs),$(eval $(call unit_program,$(prog))))

$(UNIT_PROGS):
	echo "  TEST    $@"
	mkdir -p $(@D)
	$(TEST_CC) $(TEST_CFLAGS) -o $@ $^ -latf-c

# -- support: the fault server, the fake kernel, .. ----------------------------------------------------------------

HTTPD_SRCS := $(addprefix tests/support/,httpd.c httpd_conn.c httpd_fault.c httpd_reply.c httpd_request.c httpd_send.c)
build/tests/support/httpd: $(HTTPD_SRCS)
KERNEL_SRCS := $(wildcard tests/support/kernel*.c)
build/tests/support/kernel: $(KERNEL_SRCS)
build/tests/support/dns: tests/support/dns.c
build/tests/support/httpd build/tests/support/kernel build/tests/support/dns: $(SUPPORT_H) | setup-check
	echo "  TEST    $@"
	mkdir -p $(@D)
	$(TEST_CC) -D_GNU_SOURCE -Idaemon $(TEST_CFLAGS) -o $@ $(filter %.c,$^)

# Runs in a guest, so it is what ships there: static, against musl.
build/tests/support/split_daemon: tests/support/split_daemon.c build/deps/ready
	mkdir -p $(@D)
	$(MUSL_CC) -std=gnu11 -D_GNU_SOURCE -static -Os -Wall -Wextra -isystem build/deps/include -o $@ $<

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
test-programs: $(UNIT_PROGS) $(FUZZ_REPLAYS) $(SHELL_TESTS) $(SUPPORT_SH) build/tests/support/httpd build/tests/support/kernel \
	build/tests/support/dns \
	build/tests/support/split_daemon
