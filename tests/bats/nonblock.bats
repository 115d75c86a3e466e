#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A program that opens with O_NONBLOCK while leases are asked: how often it is turned away.

load world

setup()
{
	world_open
	PROGRAM=$BATS_TEST_TMPDIR/opener
	{
		echo "#!$PYTHON"
		cat <<-'END'
			import errno, os, sys

			def often(path, n, flags):
			    refused = 0
			    for i in range(n):
			        try:
			            os.close(os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC))
			        except OSError as e:
			            if e.errno not in (errno.EAGAIN, errno.EWOULDBLOCK):
			                raise
			            refused += 1
			    return refused

			words = sys.argv[1:]
			while words:
			    refused = often(words[0], int(words[1]), os.O_RDONLY) if len(words) > 1 else 0
			    print("pid=%d refused=%d" % (os.getpid(), refused), flush=True)
			    words = sys.stdin.readline().split()
		END
	} >"$PROGRAM"
	chmod +x "$PROGRAM"
}

teardown()
{
	world_close
}

# open_on PATH: the opener opens, 20000 times and on, for as long as it takes for thirty
# looks, one after the other without pause. How often it did and was refused is in OPENS and REFUSED.
open_on()
{
	local scans=$BATS_TEST_TMPDIR/scans on=$BATS_TEST_TMPDIR/on
	touch "$on" "$scans"
	(
		exec 3>&-
		while [ -e "$on" ] && ipctop --json >"$DOC"; do
			echo >>"$scans"
		done
	) &
	local looks=$!
	ACTOR=$PROGRAM actor opener nothing
	OPENS=0 REFUSED=0
	until [ "$(wc -l <"$scans")" -ge 30 ]; do
		tell opener "$1" 20000
		OPENS=$((OPENS + 20000))
		REFUSED=$((REFUSED + ${FACT[opener.refused]}))
		kill -0 $looks 2>/dev/null || fail "a look failed"
	done
	rm "$on"
	wait $looks
	echo "# $REFUSED of $OPENS opens refused, under $(wc -l <"$scans") scans without pause" >&3
}

@test "nonblock: a file that nobody has: refused in less than one open of a hundred, measured" {
	actor a shm_open name=free size=4096
	tell a close
	open_on /dev/shm/free
	[ $((REFUSED * 100)) -lt "$OPENS" ] || fail "refused $REFUSED times of $OPENS"
	look --older-than 0
	expect posix-shm:/free state=detached holders_complete=true
}

@test "nonblock: a file that is mapped, its descriptor closed: never refused" {
	actor a shm_open name=held size=4096
	tell a mmap
	tell a close
	open_on /dev/shm/held
	assert_equal "$REFUSED" 0
	look
	expect posix-shm:/held state=attached openers=0 verdict=live reasons=attached
}

@test "nonblock: a file that somebody unseen has: never refused" {
	actor_outside a shm_open name=outside size=4096
	open_on /dev/shm/outside
	assert_equal "$REFUSED" 0
	look
	expect posix-shm:/outside verdict=live reasons=in-use-unseen
}
