# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# How a boot ended, for programs: TAP (version 13) and JUnit's XML. One case for each thing that was asked for.
# shellcheck disable=SC2154 # variables of qemu/boot

# report: all that was asked for, and how that ended.
report() {
	[ -n "$tap_report$junit" ] || return 0
	report_boots=0 report_cases=''
	[ -n "$ended" ] || [ "$verdict" -le 1 ] || report_boots=$verdict
	report_case "$report_boots" "boots $what" "$why"
	[ -z "$expect" ] || report_case "$([ ! -e "$work/seen" ] || echo 0)" "--expect $expect" "$why"
	case $why in
	'--fail: '*) report_case 1 "--fail $fail" "${why#*: }" ;;
	*) [ -z "$fail" ] || report_case "$report_boots" "--fail $fail" "$why" ;;
	esac
	[ -z "$command" ] || report_case "${ended:-1}" "--run $command" "${ended:+status }${ended:-$why}"
	[ -z "$journal" ] || report_part --journal
	while IFS= read -r report_copy && [ -n "$report_copy" ]; do report_part "--copy-out $report_copy"; done <<-EOT
		$copies
	EOT
	[ -z "$tap_report" ] || report_tap >"$tap_report"
	[ -z "$junit" ] || report_junit "$(($(date +%s) - began))" >"$junit"
}

# report_refusal STATUS WHY: nothing was booted.
report_refusal() {
	ended='' verdict=$1 why=$2
	[ "$verdict" -gt 1 ] || verdict=2
	report
}

# report_part NAME: it came true unless a line of the failed ones begins with it.
report_part() {
	report_line=$([ ! -e "$work/failed" ] || awk -v name="$1:" 'index($0, name) == 1' "$work/failed")
	if [ -n "$report_line" ]; then
		report_case 1 "$1" "${report_line#"$1: "}"
	else
		report_case "${ended:+0}" "$1" "$why"
	fi
}

# report_case STATUS NAME WHY: STATUS is 0 if it came true.
report_case() {
	[ -n "$1" ] || set -- 1 "$2" "$3"
	[ "$1" != 0 ] || set -- "$1" "$2" ''
	report_cases="$report_cases$(printf '%s\t%s\t%s' "$1" "$(report_join "$2")" "$(report_join "$3")")
"
}

# A command may have several lines.
report_join() { printf %s "$1" | tr '\n\t' '  ' | tr -c '[:print:]' '?'; }

report_tap() {
	echo 'TAP version 13'
	echo "1..$(printf %s "$report_cases" | wc -l)"
	report_number=0
	printf %s "$report_cases" | while IFS=$(printf '\t') read -r report_status report_name report_why; do
		report_number=$((report_number + 1)) report_not=''
		[ "$report_status" -eq 0 ] || report_not='not '
		# A # would begin a directive.
		printf '%sok %d - %s\n' "$report_not" "$report_number" "$(printf %s "$report_name" | tr '#' '?')"
		[ -z "$report_why" ] || printf '# %s\n' "$report_why"
	done
}

# report_junit SECONDS: how long all of it took.
report_junit() {
	echo '<?xml version="1.0" encoding="UTF-8"?>'
	printf '<testsuite name="qemu/boot" tests="%d" failures="%d" time="%d">\n' "$(printf %s "$report_cases" | wc -l)" \
		"$(printf %s "$report_cases" | grep -vc '^0')" "$1"
	printf %s "$report_cases" | while IFS=$(printf '\t') read -r report_status report_name report_why; do
		printf '\t<testcase classname="%s" name="%s">' "$(report_escape "$what")" "$(report_escape "$report_name")"
		[ "$report_status" -eq 0 ] || printf '<failure message="%s"/>' "$(report_escape "$report_why")"
		echo '</testcase>'
	done
	printf '\t<system-out>%s</system-out>\n</testsuite>\n' "$(report_escape "$(judge_console_end)")"
}

report_escape() { printf %s "$1" | tr -c '[:print:]\n' '?' | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g'; }
