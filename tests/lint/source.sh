#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The form of the sources: headers stand alone, sizes, licence lines, no text twice.
. "$(dirname "$0")/lib.sh"

mapfile -t flags < <(c_flags)
findings=
for header in $(find include src tests -name '*.h' | sort); do
	said=$("${CC:-cc}" "${flags[@]}" -I"$(dirname "$header")" -Wall -Wextra -Wstrict-prototypes \
		-Wno-unused-parameter -fsyntax-only -x c "$header" 2>&1) ||
		findings+="$header: ${said%%$'\n'*}"$'\n'
done
verdict "each header compiles alone" "${findings%$'\n'}"

findings=$(c_files | xargs awk '
	FNR == 1 { if (lines > 600) print name ": " lines " lines"; name = FILENAME }
	{ lines = FNR }
	END { if (lines > 600) print name ": " lines " lines" }')
verdict "no file is longer than 600 lines" "$findings"

# In kernel style a function begins and ends with a brace in the first column.
# shellcheck disable=SC2016 # awk's own $
findings=$(c_files | xargs awk '
	/^[a-z].*\(/ { head = $0 }
	/^{/ { start = FNR }
	/^}/ { if (start && FNR - start > 80) print FILENAME ":" start ": " FNR - start " lines: " head; start = 0 }
	FNR == 1 { start = 0 }')
verdict "no function is longer than 80 lines" "$findings"

findings=$(all_files |
	grep -E '\.([chly]|sh|bats|bash|mk|py|supp|1)$|(^|/)(Makefile|\.clang-format)$|^(tests/(deps|run)|\.ci/run)$|^(completions|src/share)/' |
	while read -r file; do
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' || echo "$file"
	done)
verdict "each source says its licence" "$findings"

# A sentence for people stands in one place: what two commands share is a row that both use. Tables
# of one file may say the same of like fields.
texts()
{
	xargs -d '\n' grep -oHE '"([^"\\]|\\.)*"|/\*.*\*/' | grep -E ':".{20,}"$' | grep ' ' |
		grep -vE ':"[^a-z]*"$'
}
findings=$({
	find src -name '*.[ch]' ! -path 'src/cmd/*' | texts | sort -u
	find src/cmd -name '*.c' | texts
} | awk -F: '{ file = $1; sub(/^[^:]*:/, ""); files[$0] = files[$0] " " file; n[$0]++ }
	END { for (text in n) if (n[text] > 1) print text ":" files[text] }' | sort)
verdict "no help text or message stands in two places" "$findings"

findings=$(c_files | xargs grep -nE '^ +[^ *]|[[:space:]]+$' | grep -vE '^[^:]+:[0-9]+: +\*' | head -n 20)
verdict "tabs, and no blanks at the end of a line" "$findings"

findings=$(all_files | grep -v '^tests/lint/\|^LICENSE$' | xargs -d '\n' grep -nIE '\b(TODO|FIXME|XXX|HACK)\b')
verdict "nothing is left unfinished" "$findings"

finish
