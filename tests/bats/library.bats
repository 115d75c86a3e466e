#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Libraries are opened only when something of them is needed. libproc2, for facts about processes, may be
# missing then.

load world

setup()
{
	world_open --steady
	actor a shmget size=4096
	actor b shmget size=4096
	tell b shmat
	LIBRARY=$(grep -aom1 'libproc2\.so[.0-9]*' "$IPCTOP")
}

teardown()
{
	world_close
}

# Which libraries the dynamic loader opens for ipctop with these words.
loaded()
{
	LD_DEBUG=files LD_DEBUG_OUTPUT="$BATS_TEST_TMPDIR/loader" in_world "$IPCTOP" "$@" >/dev/null 2>&1
	cat "$BATS_TEST_TMPDIR"/loader.* >"$BATS_TEST_TMPDIR/loaded"
	rm -f "$BATS_TEST_TMPDIR"/loader.*
	# on a system without such a loader there is nothing to see
	grep -q 'file=libc\.so' "$BATS_TEST_TMPDIR/loaded" || skip "the loader does not tell"
}

# Which libraries of those that may be missing were opened.
others()
{
	sed -nE 's/.*file=lib(smartcols|json-c|zstd|ncursesw)\.so.*/\1/p' "$BATS_TEST_TMPDIR/loaded" | sort -u | xargs
}

# A library of the name in LIBRARY that is none.
broken()
{
	mkdir -p "$BATS_TEST_TMPDIR/lib"
	: >"$BATS_TEST_TMPDIR/lib/$LIBRARY"
	in_world env LD_LIBRARY_PATH="$BATS_TEST_TMPDIR/lib" "$IPCTOP" "$@"
}

@test "library: what needs none opens none, and a table or a saved object just its own" {
	local words
	for words in "--version" "ipcs -m" "ipcrm -v" "list shm"; do
		# shellcheck disable=SC2086 # several words
		loaded $words
		assert_equal "$(others)" ""
	done
	loaded list shm --color=always
	assert_equal "$(others)" smartcols
	loaded save "shm:${FACT[a.id]}" --to "$BATS_TEST_TMPDIR"
	assert_equal "$(others)" zstd
}

@test "library: one that is needed and missing is told, and ends it" {
	LIBRARY=$(grep -aom1 'libsmartcols\.so[.0-9]*' "$IPCTOP")
	run -127 --separate-stderr broken list shm --color=always
	assert_output ""
	assert_equal "$stderr" "ipctop: $LIBRARY: the library cannot be opened"
	run -0 broken ipcs -m
}

@test "library: a list of segments and their verdicts does without libproc2" {
	local words
	for words in "--version" "list shm" "list shm -r -o NAME,VERDICT,CREATOR_ALIVE"; do
		# shellcheck disable=SC2086 # several words
		loaded $words
		run grep -c 'libproc2\|libsystemd' "$BATS_TEST_TMPDIR/loaded"
		assert_output 0
	done
}

@test "library: who holds what is told by libproc2" {
	[ -n "$LIBRARY" ]
	loaded list shm -o NAME,HOLDERS -J
	grep -q "file=$LIBRARY" "$BATS_TEST_TMPDIR/loaded"
}

@test "library: without it facts about processes are unknown, and a gap says so" {
	run --separate-stderr broken --json
	assert_success
	run jq -c '[.gaps[] | select(.error == "ELIBACC") | .source] | sort' <<<"$output"
	assert_output '["meminfo","processes"]'
	run --separate-stderr broken list shm -J -o NAME,HOLDERS,NATTCH,CREATOR_ALIVE
	assert_success
	run jq -c --arg name "shm:${FACT[b.id]}" --argjson pid "${FACT[b.pid]}" '
		.objects[] | select(.name == $name) | [.nattch, .creator_alive, (.holders[] |
		[.pid == $pid, .comm, .uid, (.mappings | length)])]' <<<"$output"
	assert_output '[1,true,[true,null,null,1]]'
}
