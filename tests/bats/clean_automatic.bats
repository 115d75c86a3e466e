#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Cleaning that nobody watches: the example for Slurm, and the capabilities of the systemd unit.

load world

setup()
{
	world_open --steady
	world_public
	FAKES=$BATS_TEST_TMPDIR/fakes
	mkdir "$FAKES"
	chmod 755 "$BATS_TEST_TMPDIR" "$FAKES"
	ln -s "$IPCTOP" "$FAKES/ipctop"
	fake squeue '[ "$1" != --noheader ] || cat "${0%/*}/jobs"'
	fake logger 'shift 2; echo "$*" >>"${0%/*}/log"'
	echo 17 >"$FAKES/jobs"
	: >"$FAKES/log"
}

teardown()
{
	world_close
}

# fake NAME SCRIPT
fake()
{
	# not through a link to the program itself
	rm -f "$FAKES/$1"
	printf '#!/bin/sh\n%s\n' "$2" >"$FAKES/$1"
	chmod 755 "$FAKES/$1"
}

# The user of the jobs has a leak and something in use; another has a leak, too.
make_leaks()
{
	actor leak setuid uid=65534
	tell leak shm_open name=leak size=4096
	tell leak shmget
	kill_actor leak
	actor user setuid uid=65534
	tell user shm_open name=used size=4096
	tell user mmap
	actor other shm_open name=others size=4096
	kill_actor other
}

# epilog [NAME=VALUE…]: as slurmd runs it.
epilog()
{
	in_world env -i PATH="$FAKES" XDG_CONFIG_HOME="$CONFIG" SLURM_JOB_ID=17 SLURM_JOB_USER=nobody \
		SLURM_JOB_UID=65534 SLURMD_NODENAME=node1 "$@" /bin/sh "$SOURCE/src/share/slurm-epilog.sh"
}

# stays NAME…: just these are there.
stays()
{
	look
	assert_equal "$(names | sed 's/^shm:.*/shm/')" "$(printf '%s\n' "$@")"
}

@test "epilog: the leaks of the job's user go, what he uses and what others left stays" {
	make_leaks
	stays shm posix-shm:/leak posix-shm:/others posix-shm:/used
	run -0 epilog
	assert_output ''
	stays posix-shm:/others posix-shm:/used
	assert_equal "$(cat "$FAKES/log")" ''
}

@test "epilog: it asks for the jobs of that user on that node" {
	fake squeue 'printf "%s\n" "$@" >"${0%/*}/asked"; echo 17'
	make_leaks
	run -0 epilog
	assert_equal "$(grep -e user -e nodelist "$FAKES/asked" | tr '\n' ' ')" '--user=nobody --nodelist=node1 '
	stays posix-shm:/others posix-shm:/used
}

@test "epilog: nothing is done while the user has another job on the node" {
	printf '17\n18\n' >"$FAKES/jobs"
	make_leaks
	run -0 epilog
	stays shm posix-shm:/leak posix-shm:/others posix-shm:/used
}

@test "epilog: nothing is done where the jobs are not known, and the node stays in service" {
	fake squeue 'exit 1'
	make_leaks
	run -0 epilog
	stays shm posix-shm:/leak posix-shm:/others posix-shm:/used
	assert_equal "$(cat "$FAKES/log")" 'job 17: shared memory: squeue does not answer, nothing is cleaned'
}

@test "epilog: it does nothing to root, and nothing where Slurm did not call it" {
	make_leaks
	run -0 epilog SLURM_JOB_USER=root SLURM_JOB_UID=0
	run -0 epilog SLURM_JOB_USER=
	stays shm posix-shm:/leak posix-shm:/others posix-shm:/used
	assert_equal "$(cat "$FAKES/log")" 'job 17: shared memory: not called by Slurm'
}

@test "epilog: a failure of cleaning is logged, and the node stays in service" {
	fake ipctop 'exit 1'
	make_leaks
	run -0 epilog
	assert_equal "$(cat "$FAKES/log")" 'job 17: shared memory of nobody: not all that is stale could be removed'
}

# as_unit UNIT COMMAND…: with the capabilities of the unit, in a mount namespace of its own like it.
as_unit()
{
	local caps
	caps=$(sed -n 's/^CapabilityBoundingSet=//p' "$SOURCE/src/share/$1.service" | tr 'A-Z\n' 'a-z ' | sed 's/cap_/+/g; s/ *$//; s/ /,/g')
	in_world unshare --mount setpriv --no-new-privs --inh-caps=-all --ambient-caps=-all \
		--bounding-set="-all,$caps" env XDG_CONFIG_HOME="$CONFIG" "${@:2}"
}

@test "units: their capabilities suffice to see all and to clean for all" {
	# a holder that may be read by privilege alone, and one of a mapped file without a name
	actor held setuid uid=65534
	tell held shm_open name=held mode=0 size=4096
	tell held mmap
	actor lost setuid uid=65534
	tell lost shm_open name=lost size=4096
	tell lost mmap
	in_world rm /dev/shm/lost
	make_leaks
	actor mode setuid uid=65534
	tell mode shm_open name=unreadable mode=0 size=4096
	tell mode shmget mode=0
	tell mode semget mode=0
	tell mode msgget mode=0
	kill_actor mode

	look --older-than 0
	run -0 as_unit ipctop-clean "$IPCTOP" --json --older-than 0
	local same='del(.time, .duration, .memory, .mnt_ns, .objects[].age, .objects[].access_time, .objects[].reasons[].text,
		.objects[].holders[].start_time) | .objects |= sort_by(.name)'
	diff <(jq "$same" "$DOC") <(jq "$same" <<<"$output") || fail "it sees less"
	diff <(ipctop metrics | grep -v collect) <(as_unit ipctop-metrics "$IPCTOP" metrics | grep -v collect) || fail "its figures are others"
	run -0 as_unit ipctop-clean "$IPCTOP" clean --yes --older-than 0
	look
	assert_equal "$(names posix-shm | grep -v '/held\|/used\|:0:')" ''
	assert_equal "$(names shm)" ''
}
