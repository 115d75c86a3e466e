#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion on the command lines of bash, zsh and fish. What the words are is tested in bash, and that
# the others offer the same.

# shellcheck disable=SC2317 # functions that the completion calls

load monitor

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	# shellcheck source=/dev/null
	. "$SOURCE/completions/ipctop"
	COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
	# the shell's own is for functions that it called itself
	compopt() { COMPREPLY=("$2"); }
}

teardown()
{
	monitor_close
	world_close
}

# complete_line LINE: what may stand at its end, each on a line.
complete_line()
{
	COMP_LINE=$1 COMP_POINT=${#1}
	_ipctop "${2-$IPCTOP}"
	printf '%s\n' "${COMPREPLY[@]}" | sort
}

# offers LINE WORD…: just these.
offers()
{
	assert_equal "$(complete_line "$1")" "$(printf '%s\n' "${@:2}" | sort)"
}

@test "completion: commands" {
	offers 'ipctop cl' clean
	offers 'ipctop --js' --json --json-schema
	offers 'ipctop help sh' show
	offers 'ipctop --comp' ''
	offers 'ipctop unheard --' ''
}

@test "completion: the options of the command, and no other's" {
	offers 'ipctop rm --f' --force --filter
	offers 'ipctop list --f' --filter
	offers 'ipctop clean --yes --max' --max-remove
	# options alone are the monitor's
	offers 'ipctop -b --n' --no-color --no-config --no-lease --no-mouse --no-procmap-query \
		--no-unicode --numeric
}

@test "completion: kinds, as words and in lists" {
	offers 'ipctop list posix-s' posix-shm posix-sem
	offers 'ipctop list -k mem' memfd
	offers 'ipctop list -nk mem' memfd
	offers 'ipctop list --kind shm,posix-sh' shm,posix-shm
	# '=' ends a word for the shell
	offers 'ipctop list --kind=shm,posix-sh' shm,posix-shm
	# of which there is no making
	offers 'ipctop mk mem' ''
}

@test "completion: what is left at an address" {
	offers 'ipctop detach --leave ' copy fence
	offers 'ipctop detach --leave=f' fence
}

@test "completion: columns are those of the rows that are shown" {
	offers 'ipctop list -o creator_p' creator_pid
	offers 'ipctop list -o +creator_p' +creator_pid
	offers 'ipctop list -o name,nat' name,nattch
	offers 'ipctop maps -o ps' pss
	offers 'ipctop clean -o re' reason result
	offers 'ipctop list --by user -o stale_' stale_allocated
	offers 'ipctop list -x siz' size
	# ':' ends a word for the shell
	offers 'ipctop list -x name,size:d' desc
}

@test "completion: what is offered is taken" {
	need_root
	local word
	world_open
	assert_equal "$(complete_line 'ipctop list --by ' | wc -l)" 6
	for word in $(complete_line 'ipctop list --by '); do
		run -0 ipctop list --by "$word"
	done
	for word in $(complete_line 'ipctop list --time-format '); do
		run -0 ipctop list --time-format "$word"
	done
	COMP_WORDBREAKS=' '
	for word in $(complete_line 'ipctop list --color='); do
		run -0 ipctop list "$word"
	done
	for word in $(complete_line 'ipctop list -x size:'); do
		run -0 ipctop list -x "$word"
	done
}

@test "completion: each word has its own" {
	offers 'ipctop account --by ' kind user cgroup
	offers 'ipctop chmod rel' ''
	offers 'ipctop chown nobod' nobody
	offers 'ipctop chown -y --time-format iso nobod' nobody
	offers 'ipctop list --time-format i' iso
	offers 'ipctop list --limit ' ''
}

@test "completion: users" {
	offers 'ipctop clean -u nobod' nobody
	offers 'ipctop clean --user=root,nobod' root,nobody
}

@test "completion: files and folders are left to the shell" {
	offers 'ipctop list --snapshot ' default
	offers 'ipctop clean --save ' dirnames
}

@test "completion: an option that may stand alone takes no word" {
	offers 'ipctop list --color mem' memfd
	offers 'ipctop list --color=ne' never
}

@test "completion: names of objects" {
	world_open
	actor seg shmget
	actor file shm_open name=some-file
	actor blank shm_open 'name=a\x20b'
	actor memfd memfd
	in_program() { ipctop "$@"; }

	COMP_LINE='ipctop rm posix-shm:/some' COMP_POINT=25
	_ipctop in_program
	assert_equal "${COMPREPLY[*]}" /some-file
	COMP_LINE='ipctop rm posix-shm:/a' COMP_POINT=22
	_ipctop in_program
	# as the shell reads it
	assert_equal "${COMPREPLY[*]}" '/a\\x20b'
	COMP_LINE='ipctop rm memf' COMP_POINT=14
	_ipctop in_program
	assert_equal "${COMPREPLY[*]}" ''
	COMP_LINE='ipctop show memf' COMP_POINT=16
	_ipctop in_program
	assert_regex "${COMPREPLY[*]}" '^memfd:[0-9:]+$'
	COMP_LINE='ipctop show shm: behind' COMP_POINT=16
	_ipctop in_program
	assert_equal "${COMPREPLY[*]}" "${FACT[seg.id]}"
}

@test "completion: kinds of which a command can do nothing are not offered" {
	world_open
	actor memfd memfd
	actor sem semget
	in_program() { ipctop "$@"; }
	assert_equal "$(complete_line 'ipctop rm ' in_program)" "sem:${FACT[sem.id]}"
	assert_regex "$(complete_line 'ipctop detach ' in_program)" '^memfd:[^ ]*$'
	assert_equal "$(complete_line 'ipctop mk --name ' in_program)" ''
}

@test "completion: processes, by what they are called; of an object those that hold it" {
	world_open
	actor a shmget
	tell a shmat
	actor other memfd
	in_program() { ipctop "$@"; }
	assert_equal "$(complete_line 'ipctop maps ' in_program | grep -cx "${FACT[a.pid]}\|${FACT[other.pid]}")" 2
	assert_equal "$(complete_line "ipctop detach shm:${FACT[a.id]} --pid=" in_program)" "${FACT[a.pid]}"
	assert_equal "$(ipctop --complete detach "shm:${FACT[a.id]}" -p '')" "${FACT[a.pid]}"$'\tactor'
	# they chose that themselves
	cp "$ACTOR" $'e\e[7m\nX\tY'
	ACTOR=$PWD/$'e\e[7m\nX\tY' actor sly shmget
	tell sly shmat
	assert_equal "$(ipctop --complete detach "shm:${FACT[sly.id]}" -p '')" "${FACT[sly.pid]}"$'\te\\x1B[7m\\x0AX\\x09Y'
}


# in_shell SHELL [LINE…]: on a terminal in the world, with these lines of its own at its start. What
# `ipctop` is given there stands in ./taken.
in_shell()
{
	local home=$BATS_TEST_TMPDIR/home start
	local -a command
	need_command "$1"
	mkdir "$home"
	case $1 in
	bash)	start=$home/start command=(bash --rcfile "$start" -i) ;;
	zsh)	start=$home/.zshrc command=(zsh -d -i) ;;
	fish)	start=$home/start command=(fish --no-config --init-command "source $start") ;;
	esac
	case $1 in
	bash)	echo ". '$SOURCE/completions/ipctop'" ;;
	zsh)	echo "fpath=('$SOURCE/completions' \$fpath); autoload -Uz compinit"
		echo "compinit -u -C -d '$BATS_FILE_TMPDIR/dump'" ;;
	fish)	echo "source '$SOURCE/completions/ipctop.fish'"
		cat <<-'END' ;;
			function ipctop
				test "$argv[1]" = --complete && command ipctop $argv || printf "%s\n" $argv >taken
			end
		END
	esac >"$start"
	[ "$1" = fish ] || cat >>"$start" <<-'END'
		ipctop() { [ "$1" = --complete ] && command ipctop "$@" || printf "%s\n" "$@" >taken; }
	END
	printf '%s\n' "cd '$BATS_TEST_TMPDIR'" "${@:2}" >>"$start"
	terminal_open 120 40 nsenter -t "$WORLD_PID" "${WORLD_ENTER[@]}" -- env HOME="$home" ZDOTDIR="$home" \
		XDG_CONFIG_HOME="$home" XDG_DATA_HOME="$home" XDG_CACHE_HOME="$home" PATH="${IPCTOP%/*}:$PATH" \
		PS1='$ ' "${command[@]}"
}

# taken_in SHELL: the name of the only file is what one gets that presses Tab, whatever it is.
taken_in()
{
	local name
	world_open
	in_world sh -c ': >"/dev/shm/$1"' sh $'$(touch x)`touch y`;z\e[31m"q\'\\ \t\n:=,@{a,b}[c]*?~#!&|<>%\xc3\xa9\xff'
	name=$(ipctop list -nr -o name -k posix-shm)
	in_shell "$1"
	type 'ipctop rm posix-shm:'
	press Tab Enter
	until_seen test -s taken || fail "nothing was taken: $(screen; echo "$SCREEN")"
	assert_equal "$(cat taken)" rm$'\n'"$name"
	assert [ ! -e x ]
	assert [ ! -e y ]
}

@test "completion: a name is never run, and is taken as it is: bash" {
	taken_in bash
}

@test "completion: a name is never run, and is taken as it is: zsh" {
	taken_in zsh
}

@test "completion: a name is never run, and is taken as it is: fish" {
	taken_in fish
}

LINES_TO_COMPLETE=('ipctop ' 'ipctop cl' 'ipctop rm -' 'ipctop list posix-' 'ipctop list -k shm,posix-'
	'ipctop list --kind=s' 'ipctop list -o +c' 'ipctop list -o name,' 'ipctop list -x size:'
	'ipctop clean -u root,nobod' 'ipctop rm posix-shm:/' 'ipctop unheard ' 'ipctop list --limit ')

@test "completion: fish and zsh offer the same words as bash, and files" {
	! sanitized || skip "the program is the same for all three"
	local i
	local -a fish
	world_open
	shm_files one two
	in_program() { ipctop "$@"; }
	COMP_WORDBREAKS=' '
	for i in "${!LINES_TO_COMPLETE[@]}"; do
		complete_line "${LINES_TO_COMPLETE[i]}" in_program | sed "/./!d; s/^/$i /"
	done | sort -u >offered.bash
	assert [ "$(wc -l <offered.bash)" -gt 150 ]

	need_command fish
	fish=(in_world env PATH="${IPCTOP%/*}:$PATH" HOME="$BATS_TEST_TMPDIR" fish --no-config -c
		"source '$SOURCE/completions/ipctop.fish'; for i in (seq (count \$argv)); complete -C \$argv[\$i] |
		string replace -r '^' (math \$i - 1)' '; end")
	"${fish[@]}" "${LINES_TO_COMPLETE[@]}" | sed 's/\t.*//' | sort -u >offered.fish
	diff offered.bash offered.fish
	run -0 "${fish[@]}" 'ipctop rm posix-shm:/o' "ipctop list --snapshot=$PWD/offered.b" \
		"ipctop list --snapshot $PWD/offered.b"
	assert_regex "${lines[0]}" $'^0 posix-shm:/one\t0B root [0-9]+s$'
	assert_equal "${lines[1]} ${lines[2]}" "1 --snapshot=$PWD/offered.bash 2 $PWD/offered.bash"

	printf '%s\n' "${LINES_TO_COMPLETE[@]}" >lines
	# what is added for good, and not only compared
	in_shell zsh 'compadd() { local -a got
		[[ -n ${(M)@:#-[DO]} ]] || { builtin compadd -O got "$@"; print -rl -- "$line_nr "${^got} >>words; }
		builtin compadd "$@"; }
		offer() { local line_nr=0; for BUFFER in ${(f)"$(<lines)"}; do CURSOR=$#BUFFER; zle list-choices; ((++line_nr)); done
		BUFFER=; : >listed; }
		zle -N offer; bindkey "^T" offer'
	press Ctrl-t
	until_seen test -e listed || fail "zsh never came to an end: $(screen; echo "$SCREEN")"
	diff offered.bash <(grep ' .' words | sort -u)
	type "ipctop list --snapshot=$PWD/offered.b"
	press Tab Enter
	until_seen test -s taken
	assert_equal "$(cat taken)" "list"$'\n'"--snapshot=$PWD/offered.bash"
	type 'ipctop rm posix-shm:/'
	press Tab
	wait_screen -e 'posix-shm:/one +(posix-shm:/two +)?-- 0B root [0-9]+s'
}

@test "completion: bash tells beside a name what it is, and it is no part of the line" {
	world_open
	shm_files one two
	in_shell bash
	type 'ipctop rm posix-shm:/'
	press Tab Tab
	wait_screen -e '/one  \(0B root [0-9]+s\) +/two  \(0B'
	press o Tab Enter
	until_seen test -s taken
	assert_equal "$(cat taken)" $'rm\nposix-shm:/one'
}
