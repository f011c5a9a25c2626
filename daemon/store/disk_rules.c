/* SPDX-License-Identifier: MIT */
#include "store/disk.h"

#include <fcntl.h>

const struct syscall_rule disk_rules[] = {
	CALL(pread64),
	/* disk_dir.c. The engine's root and this store are all that it can reach. */
	CALL_IF(openat,
		HAS_ONLY(2, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_LARGEFILE)),
	CALL(mkdirat),
	CALL(unlinkat),
	CALL(getdents64), /* disk_list.c */
#ifdef SYS_renameat
	CALL(renameat),
#endif
	CALL(renameat2),
#ifdef SYS_fstat
	CALL(fstat),
#endif
	CALL(newfstatat), /* musl's fstat, as a last resort */
	CALL(fsync),
	CALL(fdatasync),
	CALL(fstatfs), /* disk_tend.c */
	CALL(flock),
	CALL(ftruncate),
	CALL(fadvise64),
};
const unsigned disk_rule_count = sizeof(disk_rules) / sizeof(*disk_rules);

/* engine/kernel_file.c, disk_reserve.c; the attributes of its own files. */
const struct syscall_rule disk_mend_rules[] = {
	CALL_IF(fallocate, IS(1, 0)),
	CALL_IF(fallocate, IS(1, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)),
	CALL_IF(fcntl, IS(1, F_SETFL), IS(2, O_RDWR | O_NONBLOCK | O_DIRECT | O_LARGEFILE)),
	CALL(fsetxattr),
};
const unsigned disk_mend_rule_count = sizeof(disk_mend_rules) / sizeof(*disk_mend_rules);
