# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Find kernel modules with their dependencies, and put them into the tree uncompressed: the archive is compressed
# as a whole, which is better than each module by itself, and BusyBox loads them as they are.
#
# Dependencies come from the modules themselves, not from modules.dep: a kernel package that was only unpacked
# has none, and the modules of --updates may have other dependencies than those that they replace.

# modules_index MODDIR UPDATES INDEX: write a line `NAME PATH` for every module; those of UPDATES come first.
modules_index() {
	modules_table=$3 modules_builtin=$1/modules.builtin
	{
		[ -z "$2" ] || find "$2" -name '*.ko'
		find "$1" -name '*.ko' -o -name '*.ko.xz' -o -name '*.ko.zst' -o -name '*.ko.gz'
	} | awk '{ name = $0; sub(/.*\//, "", name); sub(/\.ko.*/, "", name); gsub(/-/, "_", name); print name, $0 }' >"$3"
}

# modules_add NAME required|optional: put a module and its dependencies into the tree, once.
modules_add() {
	set -- "$(echo "$1" | tr - _)" "$2"
	[ ! -e "$stage/lib/modules/$kernel/$1.ko" ] || return 0
	modules_path=$(awk -v name="$1" '$1 == name { print $2; exit }' "$modules_table")
	if [ -z "$modules_path" ]; then
		[ "$2" = required ] || return 0
		sed 's|.*/||; s|\.ko.*||' "$modules_builtin" 2>/dev/null | tr - _ | grep -qxF "$1" && return
		die "$1: kernel $kernel has no such module"
	fi
	mkdir -p "$stage/lib/modules/$kernel"
	modules_file=$stage/lib/modules/$kernel/$1.ko
	case $modules_path in
	*.xz) xz -dc "$modules_path" ;;
	*.zst) zstd -qdc "$modules_path" ;;
	*.gz) gzip -dc "$modules_path" ;;
	*) cat "$modules_path" ;;
	esac >"$modules_file"
	# A module works better with its soft dependencies (`pre: a b post: c`), but runs without them.
	set -- "$(modinfo -F depends "$modules_file" | tr ',' ' ')" \
		"$(modinfo -F softdep "$modules_file" | sed 's/[a-z]*://g')"
	for modules_need in $1; do
		modules_add "$modules_need" required
	done
	for modules_need in $2; do
		modules_add "$modules_need" optional
	done
}

# Make the tables that modprobe reads, in the kernel's own order, then by name: without modules.order depmod writes
# them in directory order. The binary tables are for kmod only.
modules_finish() {
	cp "$1/modules.builtin" "$1/modules.builtin.modinfo" "$stage/lib/modules/$kernel/"
	{
		sed 's|.*/||' "$1/modules.order" | tr - _
		find "$stage/lib/modules/$kernel" -name '*.ko' | sed 's|.*/||' | LC_ALL=C sort
	} | awk '!seen[$0]++' >"$work/order"
	mv "$work/order" "$stage/lib/modules/$kernel/modules.order"
	depmod -b "$stage" "$kernel"
	(cd "$stage/lib/modules/$kernel" && rm -f modules.*.bin modules.order modules.builtin modules.builtin.* \
		modules.devname modules.weakdep)
}
