#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# All scripts through shellcheck.
. "$(dirname "$0")/lib.sh"

need shellcheck "shellcheck" || finish
for file in $(all_files); do
	case $file in
	*.bats)
		# bats runs each test in a subshell, and `run` fills status and output.
		args=(-s bats -e SC2030 -e SC2031 -e SC2154) ;;
	*.sh | *.bash)
		args=() ;;
	*)
		head -c 64 "$file" | head -n 1 | grep -aqE '^#!.*\b(ba)?sh\b' || continue
		args=() ;;
	esac
	verdict "shellcheck $file" "$(shellcheck -f gcc -e SC1091 "${args[@]}" "$file" 2>&1)"
done
finish
