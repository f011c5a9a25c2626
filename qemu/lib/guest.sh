# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What goes into the guest beside its image: a second archive behind the initramfs, with the hook and the agent of qemu/guest
# and what they are to do; and the ports through which the agent answers, each a file of $work.
# shellcheck disable=SC2154 # variables of qemu/boot

# guest_pack INITRD OUT: the initramfs with the agent in it. The kernel wants the second archive at a multiple of 4.
guest_pack() {
	guest_tree=$work/guest
	mkdir -p "$guest_tree/etc/blobroot/hooks" "$guest_tree/etc/blobroot/guest"
	cp "$here/guest/start.sh" "$guest_tree/etc/blobroot/hooks/boot-test.sh"
	cp "$here/guest/wait" "$here/guest/agent" "$guest_tree/etc/blobroot/guest/"
	(
		cd "$guest_tree/etc/blobroot/guest" || exit
		[ -z "$command" ] || printf '%s\n' "$command" >run
		[ -z "$expect" ] || : >after
		[ -z "$journal" ] || guest_journal_format >journal
		[ -z "$copies" ] || printf %s "$copies" | sed 's/=[^=]*$//' >copy
	)
	{
		cat "$1" && head -c $(((4 - $(stat -L -c %s "$1") % 4) % 4)) /dev/zero &&
			(cd "$guest_tree" && find . -mindepth 1 -printf '%P\n' | LC_ALL=C sort | cpio --quiet -R +0:+0 -o -H newc)
	} >"$2" || die 1 "$2: cannot be written: is the disk full?"
}

# By the file's name: text for people, or journalctl's formats for programs.
guest_journal_format() {
	case $journal in
	*.json) echo -o json ;;
	*.export) echo -o export ;;
	*) echo -o short-precise ;;
	esac
}

# guest_list_ports: prints options of qemu/run, one a line, each with its value in the next.
guest_list_ports() {
	mkfifo "$work/control.in"
	: >"$work/control.out"
	printf '%s\n' --port-both "blobroot.control=$work/control"
	for guest_port in out err; do
		[ -z "$command" ] || printf '%s\n' --port "blobroot.$guest_port=$work/$guest_port"
	done
	[ -z "$journal" ] || printf '%s\n' --port "blobroot.journal=$journal"
	guest_number=0
	printf %s "$copies" | while read -r _; do
		guest_number=$((guest_number + 1))
		printf '%s\n' --port "blobroot.copy.$guest_number=$work/copy.$guest_number"
	done
}

# guest_listen: what the agent says; at its last word the machine, process $vm, ends.
guest_listen() {
	vm_follow "$work/control.out" | while read -r guest_word guest_value; do
		case $guest_word:$guest_value in
		begun:) : >"$work/begun" ;;
		missing:*) guest_fail "--copy-out $guest_value: the guest has no such file" ;;
		failed:*) guest_fail "$guest_value" ;;
		end:[0-9] | end:[0-9][0-9] | end:[0-9][0-9][0-9])
			echo "$guest_value" >"$work/ended"
			kill "$vm"
			break
			;;
		esac
	done
}

guest_fail() { printf '%s\n' "$1" >>"$work/failed"; }

# guest_unpack: what was handed out. It comes from the guest: nothing of it may land outside of its place, or be more than a
# file, a directory or a link.
guest_unpack() {
	guest_number=0
	printf %s "$copies" | while IFS= read -r guest_copy; do
		guest_number=$((guest_number + 1))
		guest_dir=$work/copied.$guest_number guest_path=${guest_copy%=*} guest_to=${guest_copy##*=}
		! grep -q -F -x -e "--copy-out $guest_path: the guest has no such file" "$work/failed" || continue
		[ "$guest_copy" != "$guest_path" ] || guest_to=.
		[ ! -d "$guest_to" ] || guest_to=$guest_to/$(basename -- "$guest_path")
		mkdir "$guest_dir"
		guest_error=$({
			tar -x --no-same-owner --no-same-permissions -f "$work/copy.$guest_number" -C "$guest_dir" &&
				find "$guest_dir" ! -type f ! -type d ! -type l -delete && chmod -R ug-s,o-t "$guest_dir" &&
				cp -dR --preserve=mode,timestamps,links --remove-destination -T -- "$guest_dir/$(ls -A "$guest_dir")" "$guest_to"
		} 2>&1) || guest_fail "--copy-out $guest_copy: ${guest_error##*: }"
	done
}
