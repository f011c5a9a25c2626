# SPDX-License-Identifier: MIT
#
# The fuzz targets, and exactly what each of them links: X is made of tests/fuzz/X_fuzz.c and fuzz_src_X.
#
#   build/fuzz/X/fuzz            with clang and libFuzzer, for `make fuzz`
#   build/tests/fuzz/X_replay    with the unit tests' compiler and sanitizers, and replay.c, for `make check`

fuzz_progs := about blob_url blockset cachefiles_msg certificate cmdline constraints erofs_super fuse_msg mount_plan netrc notice object \
	origin profile rdnss readahead remember reply roothash signature verity

fuzz_src_about := daemon/store/about.c
fuzz_src_blob_url := $(unit_blob) daemon/base/hex.c daemon/base/cmdline.c tests/unit/fake_fetch.c tests/unit/fake_loop.c
fuzz_src_blockset := daemon/store/blockset.c
fuzz_src_cachefiles_msg := daemon/transport/cachefiles_msg.c
fuzz_src_certificate := daemon/fetch/certificate.c
fuzz_src_cmdline := daemon/base/hex.c daemon/base/cmdline.c
fuzz_src_constraints := daemon/fetch/constraints.c daemon/fetch/hostname.c
fuzz_src_erofs_super := daemon/trust/erofs_super.c
fuzz_src_fuse_msg := daemon/transport/fuse_msg.c
fuzz_src_mount_plan := daemon/base/mount_plan.c
fuzz_src_netrc := daemon/fetch/netrc.c
fuzz_src_notice := daemon/base/notice.c
fuzz_src_object := $(unit_rig) tests/fuzz/published.c
fuzz_src_origin := daemon/fetch/origin.c
fuzz_src_profile := daemon/serve/profile.c
fuzz_src_rdnss := daemon/base/rdnss.c
fuzz_src_readahead := daemon/serve/readahead.c
fuzz_src_remember := $(unit_blob) daemon/base/hex.c daemon/base/notice.c daemon/engine/recall.c daemon/trust/verity.c tests/unit/fake_fetch.c tests/unit/fake_loop.c
fuzz_src_reply := $(unit_blob) tests/unit/fake_fetch.c tests/unit/fake_loop.c
fuzz_src_roothash := daemon/base/hex.c daemon/trust/roothash.c
fuzz_src_signature := daemon/base/hex.c daemon/trust/roothash.c daemon/trust/pkcs7.c daemon/trust/signature.c
fuzz_src_verity := daemon/base/hex.c daemon/trust/verity.c

fuzz_mbedtls_constraints := libmbedx509.a libmbedcrypto.a
fuzz_mbedtls_signature := libmbedx509.a libmbedcrypto.a

FUZZ_CC := clang
FUZZ_CFLAGS := -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -Wall -Wextra \
	-Wno-missing-field-initializers -Wno-gnu-variable-sized-type-not-at-end
# The shim goes first: the fakes' checks end the process, with no libatf.
FUZZ_CPPFLAGS := $(CPPFLAGS_ALL) -Itests/fuzz/shim -Itests/fuzz -Itests/unit

# -- replay --------------------------------------------------------------------------------------------------------

FUZZ_REPLAYS := $(fuzz_progs:%=build/tests/fuzz/%_replay)

build/tests/fuzz/obj/%.o: %.c | setup-check
	mkdir -p $(@D)
	$(TEST_CC) $(FUZZ_CPPFLAGS) -isystem build/deps-host/include $(TEST_CFLAGS) -MMD -MP -c -o $@ $<

fuzz_with_mbedtls := daemon/fetch/constraints.o daemon/trust/pkcs7.o daemon/trust/signature.o tests/fuzz/constraints_fuzz.o
$(fuzz_with_mbedtls:%=build/tests/fuzz/obj/%): build/deps-host/ready

define fuzz_replay
build/tests/fuzz/$(1)_replay: $(patsubst %.c,build/tests/fuzz/obj/%.o,tests/fuzz/$(1)_fuzz.c tests/fuzz/replay.c $(fuzz_src_$(1)))
build/tests/fuzz/$(1)_replay: fuzz_libs := $(fuzz_mbedtls_$(1):%=build/deps-host/lib/%)
endef
$(foreach prog,$(fuzz_progs),$(eval $(call fuzz_replay,$(prog))))

$(FUZZ_REPLAYS):
	echo "  TEST    $@"
	$(TEST_CC) $(TEST_CFLAGS) -o $@ $^ $(fuzz_libs)

# -- fuzz ----------------------------------------------------------------------------------------------------------

FUZZ ?= $(fuzz_progs)
FUZZ_S ?= 60

# Coverage is for what is tested, and costs time.
fuzz_coverage = -fsanitize=fuzzer-no-link
build/fuzz/obj/tests/%: fuzz_coverage =
build/fuzz/obj/daemon/trust/sha256.o: fuzz_coverage =

build/fuzz/obj/%.o: %.c | setup-fuzz
	mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CPPFLAGS) -isystem build/fuzz/deps/include $(FUZZ_CFLAGS) $(fuzz_coverage) \
		-MMD -MP -c -o $@ $<

$(fuzz_with_mbedtls:%=build/fuzz/obj/%): build/fuzz/deps/ready

build/fuzz/deps/ready: build/deps/ready | setup-fuzz
	echo "  DEPS    mbedtls, for fuzzing"
	rm -rf $(@D)
	mkdir -p build/fuzz
	daemon/mkdeps build/src $(@D) "$(FUZZ_CC) -g -fsanitize=fuzzer-no-link $(filter -f%,$(FUZZ_CFLAGS))" mbedtls \
		>build/fuzz/deps.log 2>&1 || { tail -n 20 build/fuzz/deps.log >&2; exit 1; }
	touch $@

define fuzz_target
build/fuzz/$(1)/fuzz: $(patsubst %.c,build/fuzz/obj/%.o,tests/fuzz/$(1)_fuzz.c $(fuzz_src_$(1)))
build/fuzz/$(1)/fuzz: fuzz_libs := $(fuzz_mbedtls_$(1):%=build/fuzz/deps/lib/%)
endef
$(foreach prog,$(fuzz_progs),$(eval $(call fuzz_target,$(prog))))

$(fuzz_progs:%=build/fuzz/%/fuzz):
	echo "  FUZZ    $@"
	mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ $(fuzz_libs)

-include $(shell find build/tests/fuzz/obj build/fuzz/obj -name '*.d' 2>/dev/null)

.PHONY: fuzz
fuzz: $(FUZZ:%=build/fuzz/%/fuzz)
	tests/fuzz/run $(FUZZ_S) $(FUZZ)
