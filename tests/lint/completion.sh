#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The completion knows just the commands, options, kinds and columns that the program has.
# --write (make completions) writes them there.
. "$(dirname "$0")/lib.sh"

file=completions/ipctop
ipctop=${IPCTOP:-${BUILD:-build}/ipctop}

# From help: "-k=KIND, --kind=KIND, --color=:WHEN"; a colon stands before what may be left out and
# behind a column that may have an order, a comma behind what may be a list.
options()
{
	sed -nE 's/^  (-([A-Za-z]),|   ) --([a-z][-a-z]*)(( |\[=)([^ ]+))?( .*)?$/\2:--\3\4/p' |
		sed -E 's/\[=([A-Z]+)\]$/=:\1/; s/ /=/; s/\[:desc\]/:/; s/\[,.*/,/; s/\|.*//' |
		sed -E 's/^([A-Za-z]):--[^=]+(.*)/-\1\2\n&/' | sed -E 's/^[A-Za-z]?://' | tr '\n' ' ' | sed 's/ $//'
}
columns()
{
	sed -n '/^Columns.*JSON members:/,/^$/p' | sed -nE 's/^  ([a-z_]+) .*/\1/p' | tr '\n' ' ' | sed 's/ $//'
}
# entry TABLE KEY VALUE: columns are the same for several commands.
entry()
{
	printf "_ipctop_%s[%s]='%s'\n" "$@" | fmt -s -w 99 -p '' | sed '2,$s/^/\t/'
}

# one COMMAND [ARGUMENTS]: of several arguments the last counts, since there may be many of it.
one()
{
	local help word told
	help=$("$ipctop" help "$1")
	word=$(tr -d '[].' <<<"${2##* }")
	told=$(columns <<<"$help")
	echo
	entry options "$1" "$(options <<<"$help")"
	[ -z "$word" ] || entry arguments "$1" "$word"
	if [ -n "$told" ] && [ -n "${same[$told]-}" ]; then
		echo "_ipctop_columns[$1]=\${_ipctop_columns[${same[$told]}]}"
	elif [ -n "$told" ]; then
		same[$told]=$1
		entry columns "$1" "$told"
	fi
}

# What the completion should know.
words()
{
	local command arguments told
	local -A same=()
	told=$("$ipctop" list --kind none 2>&1 | sed -n 's/.*there are //p' | tr -d ,)
	echo "_ipctop_kinds=($told)"
	echo 'declare -gA _ipctop_options=() _ipctop_arguments=() _ipctop_columns=()'
	while read -r command arguments; do
		one "$command" "$arguments"
	done < <("$ipctop" help | sed -n '/^Commands:/,/^$/p' |
		sed -nE 's/^  (-[A-Za-z], )?([-a-z]+)(( [][A-Z:.|]+)*)( .*)?$/\2\3/p')
	told=$("$ipctop" list --by kind --kind special --output-all 2>/dev/null | head -n 1 | tr '[:upper:]' '[:lower:]')
	entry columns 'list --by' "$(tr -s ' ' <<<"$told")"
}

if [ "${1-}" = --write ]; then
	{
		sed '/^# begin/q' "$file"
		words
		sed -n '/^# end/,$p' "$file"
	} >"$file.new" && cat "$file.new" >"$file" && rm "$file.new"
	exit
fi

if [ ! -x "$ipctop" ]; then
	skip "the completion and the program agree" "$ipctop is not built"
	finish
fi
findings=$(diff <(sed -n '/^# begin/,/^# end/p' "$file" | sed '1d;$d') <(words))
verdict "the completion and the program agree" "${findings:+make completions writes this:
$findings}"
finish
