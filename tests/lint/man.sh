#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual, all pages of it: well-formed, and it tells of just the commands, options, columns,
# states and reasons that the program has. man/ipctop.1 has every command; an option may stand there
# or in the page of its command.
. "$(dirname "$0")/lib.sh"

pages=(man/*.1)
ipctop=${IPCTOP:-${BUILD:-build}/ipctop}

if need mandoc "mandoc finds no fault"; then
	# Which other pages are installed here is no fault of this one.
	# One by one: two streams of a long output break each other's lines.
	verdict "mandoc finds no fault" "$(for page in "${pages[@]}" man/*.5; do mandoc -T lint "$page" 2>&1; done |
		grep -vE 'mandoc\.db|referenced manual not found')"
fi

if [ ! -x "$ipctop" ]; then
	skip "the manual and the program agree" "$ipctop is not built"
	finish
fi

commands=$("$ipctop" help | sed -n '/^Commands:/,/^$/p' |
	sed -nE 's/^  (-[A-Za-z], )?([-a-z]+).*/\2/p')

# Pages with what mdoc writes around words taken away.
plain()
{
	sed -E 's/\\-/-/g; s/\\&//g; s/\\e/\\/g' "$@"
}
plain=$(plain "${pages[@]}")
main=$(plain man/ipctop.1)

options_of() # COMMAND...
{
	local command
	for command; do
		"$ipctop" help "$command"
	done | sed -nE 's/^ +(-([A-Za-z]), )?--([a-z][-a-z]+).*/\2 \3/p' | tr -s ' ' '\n' | grep .
	echo help; echo h	# told once, for all commands
}
options_of_program()
{
	# shellcheck disable=SC2086 # words
	options_of $commands
	# Commands that look like options.
	grep '^--' <<<"$commands" | sed 's/^--//'
	"$ipctop" help | sed -nE 's/^  -([A-Za-z]), .*/\1/p'
}
options_of_page()
{
	grep -E '^\.It (Nm )?Fl ' | grep -oE '(Fl|,) ([A-Za-z]\b|-[a-z][-a-z]+)' |
		sed -E 's/^(Fl|,) -?//'
	echo help; echo h
}
says()
{
	comm "$1" <(sort -u <<<"$2") <(sort -u <<<"$3")
}

have=$(options_of_program)
told=$(options_of_page <<<"$plain")
verdict "every option is in the manual" "$(says -23 "$have" "$told")"
verdict "the manual tells of no option that is not there" "$(says -13 "$have" "$told")"

for command in $commands; do
	grep -qE "^\.It Nm (Cm|Fl) ([A-Za-z] , )?-*${command#--}( |$)|^\.Fl ([A-Za-z] , )?-${command#--}$" \
		<<<"$main" || echo "$command"
done | { missing=$(cat); verdict "every command is in the manual" "$missing"; exit "$lint_failed"; } ||
	lint_failed=1
lint_count=$((lint_count + 1))

# A page is held to the command that it is called after; one with several names, to all of them.
shared=$(options_of_page <<<"$main")
for page in man/ipctop-*.1; do
	[ ! -L "$page" ] || continue
	mine=()
	for command in $commands; do
		[ ! "man/ipctop-${command#--}.1" -ef "$page" ] || mine+=("$command")
	done
	have=$(options_of "${mine[@]}")
	told=$(plain "$page" | options_of_page)
	verdict "${page##*/} has the options of ${mine[*]}" \
		"$(says -13 "$have" "$told"; says -23 "$have" "$told"$'\n'"$shared")"
done

verdict "each command has a page, but for what ipctop(1) tells whole" "$(
	for command in $commands; do
		[ -e "man/ipctop-${command#--}.1" ] || echo "$command"
	done | grep -vxE -e '--(json|json-schema|help|version)|help')"

columns_of_program()
{
	"$ipctop" help "$1" | sed -n '/^Columns.*JSON members:/,/^$/p' |
		sed -nE 's/^  ([a-z_]+) .*/\1/p'
}
columns_of_page()
{
	sed -n "/^\.Ss $1/,/^\.S[sh] /p" <<<"$plain" | sed -nE '2,$s/^\.It Va ([a-z_]+)$/\1/p'
}
while read -r command section; do
	have=$(columns_of_program "$command")
	[ -n "$have" ] || have="(ipctop help $command names no columns)"
	told=$(columns_of_page "$section")
	verdict "the columns of $command are those of the manual" "$(says -3 "$have" "$told")"
done <<'END'
list Of objects
maps Of mappings
clean Of acts
rm Of acts
detach Of acts
limits Of limits
account Of the account
END

have=$("$ipctop" --json-schema | jq -r '."$defs".group.properties | keys_unsorted[]')
told=$(columns_of_page "Of sums")
verdict "the columns of list --by are those of the manual" "$(says -3 "$have" "$told")"

# What the schema says of each row of a document, and the page, section by section.
while read -r class section; do
	have=$("$ipctop" --json-schema | jq -r --arg c "$class" '."$defs"[$c].properties | keys_unsorted[]')
	told=$(sed -n "/^\.Ss $section\$/,/^\.S[sh] /p" man/ipctop-json.5 | sed -nE 's/^\.It Va ([a-z_]+)$/\1/p')
	verdict "the members of a $class are those of the manual" "$(diff <(echo "$have") <(echo "$told"))"
done <<'END'
document The document
gap Gaps
policy Policy
limits Limits
pool Huge pages
memory Memory
total Totals
object Objects
reason Reasons
semaphore Semaphores
holder Holders
mapping Mappings
fd Descriptors
END

# Keys of the monitor, as its help has them.
have=$("$ipctop" help monitor | sed -n '/^Keys in/,$p' | sed -nE 's/^  (.{16}) .*/\1/p' | sed 's/ *$//')
told=$(plain man/ipctop-monitor.1 | sed -n 's/^\.It Ic //p')
verdict "the keys of the monitor are those of the manual" "$(says -3 "$have" "$told")"

# Reason codes, states and verdicts, as the sources write them.
codes=$(sed -nE 's/.*\[REASON_[A-Z_]+\] = \{ "([-a-z]+)".*/\1/p' src/model/reason.c)
told=$(sed -n '/^\.Sh STATES AND VERDICTS/,/^\.Ss Families/p' <<<"$main" |
	sed -nE 's/^\.Pq Li ([-a-z ,]+) \.$/\1/p' | tr -d ' ' | tr ',' '\n')
verdict "the reasons are those of the manual" "$(says -3 "$codes" "$told")"

finish
