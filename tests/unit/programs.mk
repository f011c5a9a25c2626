# SPDX-License-Identifier: MIT
#
# The unit test programs, and exactly what each of them links: build/tests/unit/ROOM/X_test is made of
# tests/unit/ROOM/X_test.c and unit_src_X_test, with the host's compiler and -latf-c.

unit_progs := \
	$(addprefix base/,cmdline_test cmdline_value_test flood_test hex_test limits_test log_test loop_test mount_plan_test notice_test \
		options_test rdnss_test rights_test) \
	$(addprefix fetch/,blob_lie_test blob_mirror_test blob_name_test blob_test certificate_test contact_test \
		fetch_explain_test hostname_test mirror_probe_test mirror_stats_test netrc_test origin_test pace_test race_end_test race_queue_test \
		race_test reply_judge_test reply_test retry_test server_test) \
	$(addprefix transport/,cachefiles_kept_test cachefiles_msg_test cachefiles_test erofs_features_test erofs_tiny_test fs_mount_test \
		fuse_keeper_test fuse_msg_test fuse_read_test fuse_test mount_words_test) \
	$(addprefix trust/,audit_test certdir_memory_test erofs_super_test hashes_cache_test hashes_test proof_signed_test proof_test roothash_test \
		sha256_test tree_disk_test tree_lie_test tree_test verity_test) \
	$(addprefix store/,about_test blockset_test disk_tend_test disk_test kept_test memory_test memory_trim_test store_test) \
	$(addprefix serve/,complete_test flight_lie_test flight_race_test flight_test \
		flight_tree_test gather_test object_adopt_test object_fault_test object_kernel_disk_test object_memory_model_test \
		object_memory_test object_model_test object_test \
		object_trigger_test prefetch_blind_test prefetch_test present_memory_test present_test profile_test proof_model_test readahead_test recorder_test requests_room_test requests_test reread_test trigger_test) \
	$(addprefix engine/,confine_filter_test confine_test kernel_file_test recall_test shared_test) \
	$(addprefix keeper/,choice_test end_test home_test keeper_test pin_test profile_role_test room_test told_test)

unit_log := daemon/base/flood.c daemon/base/log.c

# A blob, its mirrors and its transfers.
unit_blob := daemon/fetch/blob.c daemon/fetch/blob_transfer.c daemon/fetch/blob_url.c daemon/fetch/mirror.c daemon/fetch/mirror_name.c daemon/fetch/origin.c \
	daemon/fetch/pace.c daemon/fetch/mirror_probe.c daemon/fetch/race.c daemon/fetch/reply.c \
	daemon/fetch/version.c daemon/fetch/retry.c

# Objects and flights without kernel, network and clock.
unit_rig_object := $(unit_blob) daemon/store/blockset.c daemon/serve/fill.c daemon/serve/flight.c daemon/serve/flight_pool.c \
	daemon/serve/gather.c daemon/store/kept.c daemon/serve/known_false.c daemon/store/memory.c \
	daemon/serve/object.c daemon/serve/object_prefetch.c daemon/serve/object_table.c daemon/serve/prefetch.c daemon/serve/prefetch_hashes.c daemon/serve/prefetch_run.c daemon/serve/outage.c daemon/serve/present.c daemon/serve/readahead.c daemon/serve/recorder.c daemon/serve/requests.c daemon/serve/reread.c \
	daemon/serve/trigger.c daemon/trust/sha256.c daemon/trust/hash_cache.c daemon/trust/hashes.c \
	daemon/trust/tree.c daemon/trust/tree_disk.c daemon/base/hex.c daemon/trust/verity.c tests/unit/fake_fetch.c \
	tests/unit/fake_disk.c tests/unit/fake_loop.c tests/unit/fake_transport.c tests/unit/rig.c
unit_rig := $(unit_rig_object) tests/unit/fake_store.c
# Objects whose blocks are in memory.
unit_rig_memory := $(unit_rig_object) daemon/store/store.c

# The same as unit_rig under a hash tree.
unit_rig_tree := $(unit_rig) tests/unit/fake_tree.c tests/unit/rig_tree.c

# .. with a disk beside the memory.
unit_rig_disk := $(unit_rig_memory) tests/unit/fake_tree.c tests/unit/rig_tree.c

# A tree alone.
unit_tree_rig := $(unit_blob) daemon/store/blockset.c daemon/trust/sha256.c daemon/trust/hash_cache.c daemon/trust/hashes.c \
	daemon/trust/tree.c daemon/trust/tree_disk.c daemon/base/hex.c daemon/trust/verity.c tests/unit/fake_fetch.c \
	tests/unit/fake_disk.c tests/unit/fake_loop.c tests/unit/fake_tree.c tests/unit/tree_rig.c

# The first contact.
unit_proof_rig := $(unit_blob) daemon/fetch/contact.c daemon/trust/proof.c daemon/trust/proof_judge.c daemon/trust/proof_match.c \
	daemon/trust/proof_part.c daemon/trust/proof_round.c daemon/fetch/mirror_stats.c \
	daemon/base/hex.c daemon/trust/roothash.c daemon/trust/sha256.c daemon/trust/hash_cache.c \
	daemon/trust/hashes.c daemon/trust/tree.c daemon/trust/tree_disk.c daemon/base/hex.c daemon/trust/verity.c tests/unit/fake_fetch.c \
	tests/unit/fake_disk.c tests/unit/fake_loop.c tests/unit/fake_tree.c tests/unit/proof_rig.c daemon/store/blockset.c

unit_mirror_rig := $(unit_blob) tests/unit/fake_fetch.c tests/unit/fake_loop.c tests/unit/mirror_rig.c
unit_src_about_test := daemon/store/about.c
unit_src_audit_test := $(addprefix daemon/trust/,audit.c sha256.c verity.c) daemon/base/hex.c $(addprefix daemon/store/,blockset.c disk_dir.c) tests/unit/fake_fetch.c \
	tests/unit/fake_tree.c daemon/fetch/reply.c daemon/fetch/version.c
build/tests/unit/trust/audit_test: TEST_LDFLAGS := -Wl,--wrap=pread,--wrap=fallocate
unit_src_blob_lie_test := $(unit_mirror_rig)
unit_src_blob_mirror_test := $(unit_mirror_rig)
unit_src_blob_name_test := $(unit_blob) tests/unit/fake_fetch.c tests/unit/fake_loop.c
unit_src_blob_test := $(unit_blob) tests/unit/fake_fetch.c tests/unit/fake_loop.c
unit_src_blockset_test := daemon/store/blockset.c
unit_src_cachefiles_kept_test := daemon/transport/cachefiles_kept.c
unit_src_cachefiles_msg_test := daemon/transport/cachefiles_msg.c
unit_cachefiles := $(unit_log) daemon/base/loop.c daemon/transport/cachefiles.c daemon/transport/cachefiles_keeper.c daemon/transport/cachefiles_kept.c \
	daemon/transport/cachefiles_msg.c daemon/transport/erofs_features.c daemon/transport/erofs_mount.c \
	daemon/transport/fs_mount.c daemon/transport/mount_words.c
unit_fuse := daemon/transport/fuse.c daemon/transport/fuse_keeper.c daemon/transport/fuse_msg.c \
	daemon/transport/fuse_probe.c daemon/transport/erofs_tiny.c
unit_src_cachefiles_test := $(unit_cachefiles) $(unit_fuse) daemon/transport/transports.c
build/tests/unit/transport/cachefiles_test: TEST_LDFLAGS := -Wl,--wrap=fs_mount,--wrap=calloc,--wrap=access
unit_src_certdir_memory_test := daemon/base/file.c daemon/trust/certdir.c
unit_src_certificate_test := daemon/fetch/certificate.c
unit_src_cmdline_test := daemon/base/hex.c daemon/base/cmdline.c
unit_src_cmdline_value_test := daemon/base/hex.c daemon/base/cmdline.c
unit_src_complete_test := daemon/serve/complete.c $(unit_rig)
unit_src_confine_filter_test := daemon/store/disk_rules.c daemon/engine/confine_filter.c $(unit_cachefiles)
unit_src_confine_test :=
unit_src_contact_test := $(unit_blob) daemon/fetch/contact.c \
	tests/unit/fake_fetch.c tests/unit/fake_loop.c
unit_src_erofs_features_test := daemon/transport/erofs_features.c
unit_src_erofs_tiny_test := daemon/transport/erofs_tiny.c daemon/trust/erofs_super.c
unit_src_erofs_super_test := daemon/trust/erofs_super.c
unit_src_flight_lie_test := $(unit_rig_tree) tests/unit/flight_rig.c
unit_src_flight_race_test := $(unit_rig_tree) tests/unit/flight_rig.c
unit_src_flight_test := $(unit_rig)
unit_src_flight_tree_test := $(unit_rig_tree) tests/unit/flight_rig.c
unit_src_end_test := daemon/keeper/end.c
unit_src_flood_test := daemon/base/flood.c
unit_src_hashes_test := daemon/base/hex.c daemon/trust/hash_cache.c daemon/trust/hashes.c daemon/trust/sha256.c \
	daemon/trust/verity.c
unit_src_hostname_test := daemon/fetch/hostname.c
unit_src_pace_test := daemon/fetch/pace.c
unit_src_home_test := daemon/base/file.c $(unit_log) daemon/keeper/home.c daemon/base/hex.c daemon/base/cmdline.c
unit_src_keeper_test := $(unit_log) $(addprefix daemon/base/,engine_options.c mount_plan.c notice.c options.c rights.c) \
	$(addprefix daemon/keeper/,dying.c end.c force.c handover.c keeper.c state.c told.c upgrade.c) daemon/transport/transports.c $(unit_cachefiles) $(unit_fuse)
build/tests/unit/keeper/keeper_test: TEST_LDFLAGS := -Wl,--wrap=mmap,--wrap=signalfd
unit_src_choice_test := $(unit_log) $(addprefix daemon/base/,cmdline.c hex.c words.c) daemon/keeper/choice.c daemon/keeper/room.c daemon/base/limits.c
unit_src_profile_role_test := daemon/keeper/answer.c daemon/keeper/profile_role.c daemon/base/rights.c
unit_src_prefetch_blind_test := $(unit_rig)
unit_src_prefetch_test := $(unit_rig_memory)
unit_src_profile_test := daemon/serve/profile.c
unit_src_recorder_test := daemon/serve/recorder.c daemon/store/blockset.c
unit_src_rights_test := daemon/base/rights.c
unit_src_room_test := daemon/keeper/room.c daemon/base/limits.c
unit_src_pin_test := daemon/keeper/pin.c
unit_src_limits_test := daemon/base/limits.c
unit_src_log_test := $(unit_log)
build/tests/unit/base/log_test: TEST_LDFLAGS := -Wl,--wrap=clock_gettime
unit_src_loop_test := daemon/base/loop.c
unit_disk := daemon/base/loop.c $(addprefix daemon/store/,about.c blockset.c disk.c disk_dir.c disk_image.c disk_list.c disk_reserve.c disk_room.c disk_tend.c worker.c) daemon/base/limits.c
unit_src_disk_test := $(unit_disk)
unit_src_disk_tend_test := $(addprefix daemon/store/,about.c blockset.c disk_dir.c disk_list.c disk_tend.c) daemon/base/limits.c
build/tests/unit/store/disk_tend_test: TEST_LDFLAGS := -Wl,--wrap=fstatfs
unit_src_kernel_file_test := $(unit_log) $(unit_disk) $(addprefix daemon/trust/,audit.c sha256.c verity.c) daemon/base/hex.c daemon/engine/kernel_file.c \
	tests/unit/fake_fetch.c tests/unit/fake_tree.c daemon/fetch/reply.c daemon/fetch/version.c
build/tests/unit/engine/kernel_file_test: TEST_LDFLAGS := -Wl,--wrap=pread,--wrap=fallocate,--wrap=clock_gettime -pthread
build/tests/unit/store/disk_test: TEST_LDFLAGS := -Wl,--wrap=pread,--wrap=pwrite,--wrap=fdatasync,--wrap=clock_gettime -pthread
unit_src_kept_test := daemon/store/kept.c
unit_src_memory_test := daemon/store/memory.c
build/tests/unit/store/memory_test: TEST_LDFLAGS := -Wl,--wrap=aligned_alloc,--wrap=free
unit_src_mount_plan_test := daemon/base/mount_plan.c
unit_src_mount_words_test := daemon/transport/mount_words.c
unit_src_netrc_test := daemon/fetch/netrc.c
unit_src_notice_test := daemon/base/notice.c
unit_src_memory_trim_test := daemon/store/memory.c
build/tests/unit/store/memory_trim_test: TEST_LDFLAGS := -Wl,--wrap=aligned_alloc
unit_src_object_adopt_test := $(unit_rig)
unit_src_object_fault_test := $(unit_rig)
build/tests/unit/serve/object_fault_test: TEST_LDFLAGS := -Wl,--wrap=blockset_mark
unit_src_object_trigger_test := $(unit_rig)
unit_src_object_memory_model_test := $(unit_rig_memory)
unit_src_object_kernel_disk_test := $(unit_rig_tree)
unit_src_object_memory_test := $(unit_rig_memory)
unit_src_object_model_test := $(unit_rig)
unit_src_object_test := $(unit_rig)
unit_src_origin_test := daemon/fetch/origin.c
unit_src_mirror_probe_test := $(unit_blob) tests/unit/fake_fetch.c tests/unit/fake_loop.c
unit_src_proof_model_test := $(unit_rig_tree)
unit_src_proof_signed_test := $(unit_proof_rig)
unit_src_proof_test := $(unit_proof_rig)
unit_race_rig := $(unit_blob) tests/unit/fake_fetch.c tests/unit/fake_loop.c tests/unit/race_rig.c
unit_src_race_test := $(unit_race_rig)
unit_src_race_end_test := $(unit_race_rig)
unit_src_race_queue_test := $(unit_race_rig)
unit_src_readahead_test := daemon/serve/readahead.c
unit_src_reply_judge_test := daemon/fetch/reply.c daemon/fetch/version.c
unit_src_reply_test := daemon/fetch/reply.c daemon/fetch/version.c
unit_src_mirror_stats_test := $(unit_blob) daemon/fetch/mirror_stats.c tests/unit/fake_fetch.c \
	tests/unit/fake_loop.c
unit_src_reread_test := daemon/serve/complete.c $(unit_rig_disk)
unit_src_retry_test := daemon/fetch/retry.c
unit_src_roothash_test := daemon/base/hex.c daemon/trust/roothash.c
unit_present_rig := daemon/serve/present.c daemon/serve/trigger.c daemon/store/blockset.c tests/unit/present_rig.c
unit_src_present_memory_test := $(unit_present_rig)
unit_src_present_test := $(unit_present_rig)
build/tests/unit/serve/present_memory_test build/tests/unit/serve/present_test: TEST_LDFLAGS := -Wl,--wrap=blockset_mark
unit_requests_rig := daemon/store/blockset.c daemon/serve/outage.c daemon/serve/requests.c tests/unit/fake_loop.c \
	tests/unit/fake_transport.c tests/unit/fake_fetch.c daemon/fetch/reply.c daemon/fetch/version.c tests/unit/requests_rig.c
unit_src_requests_test := $(unit_requests_rig)
unit_src_requests_room_test := $(unit_requests_rig)
unit_src_trigger_test := daemon/serve/trigger.c
unit_src_store_test := daemon/store/kept.c daemon/store/memory.c daemon/store/store.c
unit_src_options_test := daemon/base/options.c daemon/base/engine_options.c
unit_src_sha256_test := daemon/trust/sha256.c
unit_src_server_test := daemon/fetch/origin.c daemon/fetch/server.c tests/unit/fake_loop.c
unit_src_shared_test := daemon/engine/shared.c daemon/trust/hash_cache.c
unit_src_told_test := daemon/base/mount_plan.c daemon/base/notice.c daemon/keeper/dying.c daemon/keeper/told.c
unit_src_tree_lie_test := $(unit_tree_rig)
unit_src_hashes_cache_test := $(unit_tree_rig)
unit_src_tree_disk_test := $(unit_tree_rig)
unit_src_tree_test := $(unit_tree_rig)
unit_src_verity_test := daemon/trust/sha256.c daemon/base/hex.c daemon/trust/verity.c \
	tests/unit/fake_fetch.c tests/unit/fake_tree.c daemon/fetch/reply.c daemon/fetch/version.c
unit_src_fetch_explain_test := daemon/fetch/fetch_explain.c daemon/fetch/certificate.c daemon/fetch/origin.c
unit_src_fs_mount_test := daemon/transport/fs_mount.c daemon/transport/mount_words.c
unit_src_fuse_msg_test := daemon/transport/fuse_msg.c
unit_src_fuse_keeper_test := $(unit_cachefiles) $(unit_fuse)
build/tests/unit/transport/fuse_keeper_test: TEST_LDFLAGS := \
	-Wl,--wrap=fs_mount,--wrap=mkdir,--wrap=open,--wrap=rmdir,--wrap=syscall
unit_fuse_rig := $(unit_cachefiles) $(unit_fuse) daemon/transport/transports.c tests/unit/fuse_rig.c
unit_src_fuse_read_test := $(unit_fuse_rig)
unit_src_fuse_test := $(unit_fuse_rig)
build/tests/unit/transport/fuse_read_test build/tests/unit/transport/fuse_test: TEST_LDFLAGS := \
	-Wl,--wrap=calloc,--wrap=malloc,--wrap=read
unit_src_gather_test := daemon/serve/gather.c
unit_src_hex_test := daemon/base/hex.c
unit_src_rdnss_test := daemon/base/rdnss.c
unit_src_recall_test := daemon/base/hex.c daemon/base/notice.c daemon/engine/recall.c daemon/fetch/version.c \
	daemon/trust/verity.c
