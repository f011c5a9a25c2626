# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests: everything that the fault server can do to a reply.
#
# Flow: a test sources it after httpd.sh, or after a file that sources httpd.sh.

# All words that say what (httpd.c), with limits that can be reached; those with numbers, for the body and for the head.
faults='delay=300 rate=3000 silent cut=1 cut=5000 reset=1 reset=5000 stall=0 stall=5000 cut-head=20 cut-head=100
	status=403 status=404 status=429 status=500 status=503 retry-after=1 redirect-loop no-range no-etag
	weak-etag etag=other length=+10 length=-10 content-length=7 content-length=-1 no-length shift=+4096 shift=-4096
	shorten=100 total=* total=17 content-range=bytes%201-2/3 content-range=nonsense chunked http10 close hangup
	header=X:%20y garbage=binary garbage=header garbage=long garbage=endless garbage=no-status garbage=negative
	garbage=huge redirect=http://127.0.0.1:1/x flip'

# faults_rule FAULT OFFSET: prints its rule. A header needs a status, and a wrong byte an OFFSET.
faults_rule() {
	case $1 in
	flip) echo "flip=$2" ;;
	retry-after=*) echo "$1 status=503" ;;
	*) echo "$1" ;;
	esac
}

# faults_each PERCENT: PERCENT of the requests get one of the faults, all equally likely.
faults_each() {
	rm -f faults/*
	# shellcheck disable=SC2086 # words
	set -- "$1" $faults
	percent=$1 face=0
	shift
	for fault; do
		# Wrong bytes: one in each MiB.
		echo "sides=$(($# * 100 / percent)) face=$face seed=${FAULTS_SEED:-1} $(faults_rule "$fault" \
			"$(seq -s ' flip=' 8195 1048576 16000000)")" >"faults/$face"
		face=$((face + 1))
	done
}
