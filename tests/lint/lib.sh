# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For the lint scripts: each reads the tree it stands in and prints TAP.
set -u
export LC_ALL=C.UTF-8
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

lint_count=0
lint_failed=0

# verdict NAME FINDINGS: ok when FINDINGS is empty, else not ok with them as remarks.
verdict()
{
	lint_count=$((lint_count + 1))
	if [ -z "$2" ]; then
		echo "ok $lint_count - lint: $1"
	else
		lint_failed=1
		echo "not ok $lint_count - lint: $1"
		while IFS= read -r line; do echo "#   $line"; done <<<"$2"
	fi
}

# skip NAME WHY
skip()
{
	lint_count=$((lint_count + 1))
	echo "ok $lint_count - lint: $1 # skip $2"
}

# need TOOL NAME: whether the tool is there; else the check NAME is skipped.
need()
{
	command -v "$1" >/dev/null 2>&1 && return 0
	skip "$2" "$1 is not installed"
	return 1
}

finish()
{
	echo "1..$lint_count"
	exit "$lint_failed"
}

# All files of the project, whoever owns the folder; without git all but what was built.
all_files()
{
	if [ -e .git ] && command -v git >/dev/null 2>&1; then
		git -c safe.directory='*' ls-files -co --exclude-standard
	else
		find . \( -name .git -o -name 'build*' \) -prune -o -type f -print | sed 's|^\./||'
	fi | sort | while IFS= read -r file; do [ -f "$file" ] && echo "$file"; done
}

# The C sources, headers included; tests too.
c_files()
{
	find src include tests -name '*.[ch]' | sort
}

# Compiler arguments that the sources need to be understood.
c_flags()
{
	# shellcheck disable=SC2046
	printf '%s\n' -std=gnu11 -D_GNU_SOURCE '-DVERSION="0"' '-DSYSCONFDIR="/etc"' \
		-DLIB{PROC2,SMARTCOLS,JSON_C,ZSTD,NCURSESW}'="lib.so"' -Iinclude -Isrc "-I${BUILD:-build}/gen" -include ipctop/banned.h \
		$(pkg-config --cflags libproc2 smartcols json-c libzstd 2>/dev/null)
}
