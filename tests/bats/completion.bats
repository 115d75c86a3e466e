#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion on bash's command line. That its words are the program's is for lint to say.

# shellcheck disable=SC2317 # functions that the completion calls

load world

setup()
{
	# shellcheck source=/dev/null
	. "$SOURCE/completions/ipctop"
	COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
	# the shell's own is for functions that it called itself
	compopt() { COMPREPLY=("$2"); }
}

teardown()
{
	world_close
}

# complete_line LINE: what may stand at its end, each on a line.
complete_line()
{
	COMP_LINE=$1 COMP_POINT=${#1}
	_ipctop "${2-false}"
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
	offers 'ipctop unheard --' ''
}

@test "completion: the options of the command, and no other's" {
	offers 'ipctop rm --f' --force --filter
	offers 'ipctop list --f' --filter
	offers 'ipctop clean --yes --max' --max-remove
}

@test "completion: kinds, as words and in lists" {
	offers 'ipctop list posix-s' posix-shm posix-sem
	offers 'ipctop list -k mem' memfd
	offers 'ipctop list -nk mem' memfd
	offers 'ipctop list --kind shm,posix-sh' shm,posix-shm
	# '=' ends a word for the shell
	offers 'ipctop list --kind=shm,posix-sh' shm,posix-shm
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

@test "completion: a name is never run, neither when it is offered nor when it is taken" {
	world_open
	in_world sh -c ': >"/dev/shm/\$(touch x)\`touch y\`;z"'
	in_program() { ipctop "$@"; }
	COMP_LINE='ipctop rm posix-shm:' COMP_POINT=20
	cd "$BATS_TEST_TMPDIR"
	_ipctop in_program
	assert_equal "${#COMPREPLY[@]}" 1
	eval "run -0 ipctop list -n -o name -k posix-shm; set -- posix-shm:${COMPREPLY[0]}"
	assert [ ! -e x ]
	assert [ ! -e y ]
	assert_equal "$1" "$(ipctop list -nr -o name -k posix-shm)"
}
