#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# chmod, chown and cat: another has the object's place between the look and the act.

load world
load halted

setup()
{
	world_open
	actor a shm_open name=f mode=0644 size=4096
	tell a leak
	stop a
}

teardown()
{
	world_close
}

in_shm()
{
	in_world sh -c "cd /dev/shm && $1"
}

# refused NAME WHY
refused()
{
	assert_equal "$status" 1
	assert_equal "$(jq -r --arg name "$1" '.acts[] | select(.name == $name) | .result' <<<"$output")" refused
	assert_equal "$(jq -r --arg name "$1" '.acts[] | select(.name == $name) | .why' <<<"$output")" "$2"
}

@test "change: nothing happens: it is changed" {
	halted_at path 1 chmod -J 600 posix-shm:/f
	go_on
	assert_equal "$status" 0
	assert_equal "$(in_shm 'stat -c %a f')" 600
}

@test "change: another file has the name" {
	halted_at path 1 chmod -J 600 posix-shm:/f
	in_shm 'mv f old; echo >f; chmod 644 f'
	go_on
	refused posix-shm:/f "it changed since it was looked at"
	assert_equal "$(in_shm 'stat -c %a f old | paste -s -d " "')" "644 644"
}

@test "change: the name is a symbolic link now, or its folder is" {
	in_shm 'mkdir sub other; echo >sub/f; echo >other/f; echo >g; chmod 644 g other/f sub/f'
	halted_at path 1 chown -J 77 posix-shm:/f
	in_shm 'mv f old; ln -s g f'
	go_on
	refused posix-shm:/f "it changed since it was looked at"
	assert_equal "$(in_shm 'stat -c %u g old | paste -s -d " "')" "0 0"

	halted_at path 1 chmod -J 600 posix-shm:/sub/f
	in_shm 'mv sub old2; ln -s other sub'
	go_on
	refused posix-shm:/sub/f "it changed since it was looked at"
	assert_equal "$(in_shm 'stat -c %a other/f old2/f | paste -s -d " "')" "644 644"
}

@test "change: a segment that somebody changed meanwhile" {
	actor seg shmget mode=0666
	local name=shm:${FACT[seg.id]} made=$EPOCHSECONDS
	halted_at stat 1 chmod -J 600 "$name"
	# its change time has seconds
	until_true seconds_after "$made"
	in_world env XDG_CONFIG_HOME="$CONFIG" "$IPCTOP" chmod 644 "$name"
	go_on
	refused "$name" "it changed since it was looked at"
	look
	expect "$name" mode=0644
}

@test "change: a segment that somebody changes right after: told, and not called changed" {
	actor seg shmget mode=0666
	local name=shm:${FACT[seg.id]}
	halted_at stat 2 chmod -J 600 "$name"
	in_world env XDG_CONFIG_HOME="$CONFIG" "$IPCTOP" chmod 644 "$name"
	go_on
	assert_equal "$status" 1
	assert_equal "$(jq -r '.acts[0] | .result, .why' <<<"$output" | paste -s -d :)" \
		"failed:somebody else changed it at the same moment"
}

@test "change: cat does not show another that has the name" {
	halted_at open 2 cat posix-shm:/f
	in_shm 'mv f old; echo secret >f'
	go_on
	assert_equal "$status" 1
	assert_equal "$output" "ipctop: posix-shm:/f: it changed since it was looked at, or it is gone"
}
