#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# All scripts through shellcheck.
. "$(dirname "$0")/lib.sh"

# What shellcheck does not read, the shell itself does.
! need zsh "zsh reads its completion" || verdict "zsh reads its completion" "$(zsh -n completions/_ipctop 2>&1)"
! need fish "fish reads its completion" ||
	verdict "fish reads its completion" "$(fish --no-execute completions/ipctop.fish 2>&1)"

need shellcheck "shellcheck" || finish
for file in $(all_files); do
	case $file in
	*.bats | tests/bats/*.bash)
		# bats runs each test in a subshell, `run` fills status and output, and shellcheck does
		# not know `exec {name[index]}>file`, the descriptors of arrays.
		args=(-s bats -e "SC2030,SC2031,SC2154,SC1083,SC2086,SC2093,SC2016,SC2119,SC2120,SC2094,SC2054") ;;
	*.sh | *.bash)
		args=() ;;
	completions/ipctop)
		args=(-s bash) ;;
	completions/*)
		continue ;;
	*)
		head -c 64 "$file" | head -n 1 | grep -aqE '^#!.*\b(ba)?sh\b' || continue
		args=() ;;
	esac
	verdict "shellcheck $file" "$(shellcheck -f gcc -e SC1091 "${args[@]}" "$file" 2>&1)"
done
finish
