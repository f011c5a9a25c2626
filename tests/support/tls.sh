# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests: an nginx that serves ./www over TLS, and the daemon as its client.
#
# Flow: a test sources kernel.sh and this at its head; its bodies call tls_prepare and tls_certificate, then tls_serve. All is in the case's own directory. ./etc stands in for the initramfs' /etc.
# shellcheck disable=SC2034,SC2154 # variables that are the tests', or kernel.sh's

PATH=$PATH:/usr/sbin
# shellcheck source=tests/support/certificates.sh
. "$support/certificates.sh"
# shellcheck source=qemu/lib/child.sh
. "$support/../../../qemu/lib/child.sh"

# The image, www/x.erofs, and an initramfs that trusts the authority ours.
tls_prepare() {
	kernel_blob www/x.erofs 4194304
	cp www/x.erofs want.erofs
	mkdir -p etc/blobroot
	tls_authority ours
	cp ours.crt etc/blobroot/ca.crt
}

# tls_serve NAME [LINE [BLOCK]]: nginx with certificate NAME on $tls_port, or on a free port. LINE goes into its server
# block, BLOCK before it. Sets $url. The log has one line per request: PROTOCOL STATUS CONNECTION CLIENT USER.
tls_serve() {
	[ -n "${tls_port-}" ] || tls_find_port
	mkdir -p nginx
	rm -f log
	{
		cat <<-EOT
			daemon off;
			master_process off;
			pid pid;
			error_log stderr notice;
			events { worker_connections 512; }
			http {
				log_format tls '\$ssl_protocol \$status \$connection "\$ssl_client_s_dn" \$remote_user';
				access_log $PWD/log tls;
				client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
				uwsgi_temp_path uwsgi; scgi_temp_path scgi;
				keepalive_requests 100000;
				${3-}
				server {
					listen 127.0.0.1:$tls_port ssl reuseport;
					ssl_certificate $PWD/$1.crt;
					ssl_certificate_key $PWD/$1.key;
					root $PWD/www;
		EOT
		printf '%s\n' "${2-}" '}' '}'
	} >nginx/conf
	rm -f nginx/said
	mkfifo nginx/said
	${httpd_prefix:-} setpriv --pdeathsig TERM nginx -e stderr -p nginx -c conf 2>nginx/said &
	server=$!
	# It prints which event method it uses when its sockets listen, and nothing before that.
	{
		tls_said=
		while [ "$tls_said" != yes ] && read -r tls_line <&3; do
			tls_said="$tls_said $tls_line"
			case $tls_line in *'event method'*) tls_said=yes ;; esac
		done
		cat <&3 >/dev/null &
	} 3<nginx/said
	[ "$tls_said" = yes ] || atf_fail "nginx: $tls_said"
	url=https://127.0.0.1:$tls_port
}

# Sets $tls_port. The port after it is free, too. No other tests use ports of this range. Each case holds a lock on its own, so that
# no other case takes it while nobody listens there.
tls_find_port() {
	while :; do
		tls_port=$((12000 + $(od -An -N2 -tu2 /dev/urandom) % 4000 * 2))
		if [ -n "${BLOBROOT_TURNS:-}" ]; then
			exec 7>>"$BLOBROOT_TURNS/port.$tls_port"
			flock -n 7 || continue
		fi
		cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -qi "$(printf ':%04x \|:%04x ' $tls_port $((tls_port + 1)))" || return 0
	done
}

tls_stop() { child_end "$server"; }

# For a script: ./swap NAME lets another nginx take over the port, with that certificate. The port always listens.
tls_make_swap() {
	cat >swap <<-EOF
		#!/bin/sh
		PATH=\$PATH:/usr/sbin
		mkdir nginx.\$1
		sed "s,$PWD/[a-z]*\\.crt;,$PWD/\$1.crt;,; s,$PWD/[a-z]*\\.key;,$PWD/\$1.key;," nginx/conf >nginx.\$1/conf
		timeout 200 nginx -e stderr -p nginx.\$1 -c conf >/dev/null 2>nginx.\$1/said </dev/null &
		echo \$! >nginx.pid.new
		until grep -q 'event method' nginx.\$1/said; do sleep 0.1; done
		old=\$(cat nginx.pid)
		kill \$old
		while grep -q 'State:.[^Z]' /proc/\$old/status 2>/dev/null; do sleep 0.1; done
		mv nginx.pid.new nginx.pid
	EOF
	chmod 755 swap
	echo "$server" >nginx.pid
}

# tls_refuses STATUS WHY [WORD..]: the image at $url is refused, as by kernel_refuses.
tls_refuses() {
	tls_code=$1 tls_why=$2
	shift 2
	kernel_run --start -- "rd.blob.contact=$(kernel_patience "$tls_code")" "$@" <<-EOF
		failed $tls_code $tls_why
	EOF
}

# tls_reads [WORD..]: the whole image can be read.
tls_reads() {
	kernel_run --start -- "$@" <<-EOF
		ready
		open image
		scan 1 128K
	EOF
}

# tls_refused CERTIFICATE WHY [LINE]: a server with it is refused at the first contact, once, without a byte asked for.
tls_refused() {
	tls_serve "$1" "${protocol:+ssl_protocols $protocol;}${3-}"
	tls_refuses 100 "$url/x.erofs: $2"
	tls_stop
	atf_check test ! -s log
	atf_check -s exit:1 grep 'trying again' out
}
