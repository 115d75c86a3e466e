#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A small, fixed set of checks by clang-tidy and cppcheck: those that find faults, not tastes. What
# needs to see several files at once (initialised by whom, freed by whom) guesses too much; the
# sanitizers watch that.
. "$(dirname "$0")/lib.sh"

mapfile -t flags < <(c_flags)
checks='-*,clang-analyzer-core.DivideZero,clang-analyzer-core.NonNullParamChecker'
checks+=',clang-analyzer-core.StackAddressEscape,clang-analyzer-core.VLASize'
checks+=',clang-analyzer-deadcode.DeadStores'
checks+=',clang-analyzer-unix.API,clang-analyzer-unix.MallocSizeof,clang-analyzer-unix.cstring.*'
checks+=',bugprone-assert-side-effect,bugprone-bool-pointer-implicit-conversion'
checks+=',bugprone-infinite-loop,bugprone-integer-division,bugprone-macro-repeated-side-effects'
checks+=',bugprone-redundant-branch-condition,bugprone-signal-handler'
checks+=',bugprone-suspicious-enum-usage,bugprone-suspicious-memset-usage'
checks+=',bugprone-terminating-continue,misc-redundant-expression'

mapfile -t sources < <(find src -name '*.c' | sort)
jobs=$(nproc)

if need clang-tidy "clang-tidy"; then
	findings=$(printf '%s\0' "${sources[@]}" |
		xargs -0 -I '{}' -P "$jobs" clang-tidy --quiet --checks="$checks" '{}' -- \
			"${flags[@]}" 2>/dev/null | grep -E '(warning|error):')
	verdict "clang-tidy" "$findings"
fi

if need cppcheck "cppcheck"; then
	findings=$(cppcheck -q -j "$jobs" --std=c11 --enable=warning,portability,performance \
		--inline-suppr --suppress=missingIncludeSystem \
		--suppress=shiftNegativeLHS --template=gcc -D_GNU_SOURCE \
		'-DVERSION="0"' '-DSYSCONFDIR="/etc"' -Iinclude -Isrc src 2>&1)
	verdict "cppcheck" "$findings"
fi
finish
