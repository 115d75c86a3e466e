#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Danger from outside: systemd-logind's RemoveIPC= and kernel.shm_rmid_forced. Each world has a /run, /etc/systemd
# and list of lingering users of its own.

load world

setup()
{
	world_open
	# the user's own names; nobody of them but root need exist
	in_world sh -c 'mount -t tmpfs run /run && mount -t tmpfs etc /etc/systemd &&
		mount -t tmpfs var /var/lib/systemd && mkdir /var/lib/systemd/linger' ||
		skip "there are no folders of systemd to put others over"
	in_world sh -c 'cp /etc/passwd /run/passwd && echo "carol:x:1777:1777::/:/bin/sh" >>/run/passwd &&
		mount --bind /run/passwd /etc/passwd'
	in_world mkdir -p /run/systemd/system /run/systemd/seats
}

teardown()
{
	world_close
}

# of_carol COMMAND…: an actor who becomes carol and makes something.
of_carol()
{
	actor "$1" setuid uid=1777 dumpable=1
	tell "$@"
}

@test "danger: segments that nobody is attached to, and files even when they are mapped" {
	of_carol seg shmget
	of_carol held shmget
	tell held shmat
	of_carol file shm_open name=file
	tell file mmap
	of_carol sem sem_open name=sem
	of_carol mem memfd
	actor root shmget
	look
	expect "shm:${FACT[seg.id]}" user=carol logout=true
	expect "shm:${FACT[held.id]}" user=carol logout=false
	expect posix-shm:/file user=carol state=attached logout=true
	expect posix-sem:/sem logout=true
	expect "$(names memfd)" logout=null
	[[ $(member "$(names memfd)" unknown) != *logout* ]]
	expect "shm:${FACT[root.id]}" logout=false
	ipctop list -r -n -o name,logout -Q logout >"$BATS_TEST_TMPDIR/said"
	run sort "$BATS_TEST_TMPDIR/said"
	assert_output "posix-sem:/sem yes
posix-shm:/file yes
shm:${FACT[seg.id]} yes"
}

@test "danger: none without logind, with RemoveIPC=no, or for who lingers" {
	of_carol file shm_open name=file
	in_world rmdir /run/systemd/seats
	look
	expect posix-shm:/file logout=false
	in_world mkdir /run/systemd/seats
	look
	expect posix-shm:/file logout=true
	in_world sh -c 'mkdir /etc/systemd/logind.conf.d; printf "[Login]\nRemoveIPC=no\n" >/etc/systemd/logind.conf.d/a.conf'
	look
	expect posix-shm:/file logout=false
	in_world rm /etc/systemd/logind.conf.d/a.conf
	in_world touch /var/lib/systemd/linger/carol
	look
	expect posix-shm:/file logout=false
	in_world mv /var/lib/systemd/linger/carol /var/lib/systemd/linger/dave
	look
	expect posix-shm:/file logout=true
}

@test "danger: a setting that cannot be read is unknown, and a gap" {
	of_carol file shm_open name=file
	actor root shm_open name=root
	in_world mkdir -p /etc/systemd/logind.conf.d/a.conf
	look
	expect posix-shm:/file logout=null unknown=logout
	expect posix-shm:/root logout=false unknown=
	expect_doc 'any(.gaps[]; .source == "logind" and .error == "EISDIR")'
}

@test "danger: in folders of others nothing is removed" {
	in_world sh -c 'mkdir -p /dev/shm/roots /dev/shm/carols/deep && touch /dev/shm/roots/a /dev/shm/carols/deep/b /dev/shm/c &&
		ln /dev/shm/c /dev/shm/d && chown -R 1777 /dev/shm/roots/a /dev/shm/carols /dev/shm/c'
	look
	expect posix-shm:/roots/a uid=1777 logout=false
	expect posix-shm:/carols/deep/b uid=1777 logout=true
	in_world chown 0 /dev/shm/carols
	look
	expect posix-shm:/carols/deep/b uid=1777 logout=false
}

@test "danger: of what has another namespace nobody can tell" {
	actor other setuid uid=1777 dumpable=1
	actor apart unshare_ipc
	tell apart shmget
	actor mount own_shm
	tell mount shm_open name=apart
	look
	expect "$(names shm | grep @)" logout=null
	expect "$(names posix-shm | grep @)" logout=null
}

@test "danger: show says it in a sentence, clean in a line" {
	of_carol file shm_open name=file
	run -0 ipctop show posix-shm:/file
	assert_line 'systemd-logind removes it when its owner logs out (RemoveIPC=yes)'
	assert_line --regexp '^  logout +yes$'
	run -0 ipctop clean
	assert_line '1 object would go at its owner'\''s logout (RemoveIPC=yes)'
	of_carol more shm_open name=more
	run -0 ipctop clean
	assert_line '2 objects would go at their owners'\'' logout (RemoveIPC=yes)'
	run -0 ipctop clean --yes
	refute_output --partial logout
	run -0 ipctop clean -J
	refute_output --partial RemoveIPC
	in_world rmdir /run/systemd/seats
	run -0 ipctop clean
	refute_output --partial logout
	run -0 ipctop show posix-shm:/file
	refute_output --partial 'logs out'
	assert_line --regexp '^  logout +no$'
}

@test "danger: kernel.shm_rmid_forced" {
	actor seg shmget
	tell seg shmat
	actor file shm_open name=file
	in_world sh -c 'echo 1 >/proc/sys/kernel/shm_rmid_forced' || skip "the knob cannot be had"
	run -0 ipctop show "shm:${FACT[seg.id]}"
	assert_line 'kernel.shm_rmid_forced is on: it goes with its last attachment'
	run -0 ipctop show posix-shm:/file
	refute_output --partial shm_rmid_forced
	run -0 ipctop clean
	assert_line 'kernel.shm_rmid_forced is on: segments go with their last attachment'
	run -0 ipctop clean -k posix-shm
	refute_output --partial shm_rmid_forced
	run -0 ipctop --batch -n 1
	assert_output --partial '; kernel.shm_rmid_forced is on: segments go with their last attachment'
	in_world sh -c 'echo 0 >/proc/sys/kernel/shm_rmid_forced'
	run -0 ipctop clean
	refute_output --partial shm_rmid_forced
}

@test "danger: a recorded document tells the same" {
	of_carol file shm_open name=file
	look
	cp "$DOC" "$BATS_TEST_TMPDIR/recorded.json"
	run -0 ipctop show --snapshot "$BATS_TEST_TMPDIR/recorded.json" posix-shm:/file
	assert_line 'systemd-logind removes it when its owner logs out (RemoveIPC=yes)'
	ipctop --json --snapshot "$BATS_TEST_TMPDIR/recorded.json" >"$DOC"
	cmp "$DOC" "$BATS_TEST_TMPDIR/recorded.json"
}
