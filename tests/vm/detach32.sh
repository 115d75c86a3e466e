#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Inside the virtual machine (tests/vm/run): 32-bit programs that are made to let go of a segment, and 64-bit
# ones to compare. Prints TAP.

count=0 failed=0 user=root

# A command as $user.
as()
{
	if [ "$user" = root ]; then
		"$@"
	else
		su -s /bin/sh "$user" -c "$*"
	fi
}

# check WHAT COMMAND…: ok when it succeeds.
check()
{
	what=$1
	count=$((count + 1))
	shift
	if "$@" >said 2>&1; then
		echo "ok $count - $what"
	else
		failed=$((failed + 1))
		echo "not ok $count - $what: $*"
		sed 's/^/#   /' said
	fi
}

# start COMMAND…: $pid, $name and $address of its segment
start()
{
	mkfifo input
	as "$@" <input >output 2>&1 &
	job=$!
	exec 3>input
	until grep -q ^shm: output; do sleep 0.1; done
	read -r name pid address <output
	address=${address#0x}
	# into its waits
	sleep 0.5
}

# It has found no fault.
finish()
{
	# more waits begin and end
	sleep 1
	exec 3>&-
	wait "$job"
	finished=$?
	sed 's/^/#   /' output
	rm -f input
	return "$finished"
}

# Whether the segment is what the first mapping at its address is of: TYPE s or p, ACCESS rw- or ---
mapped()
{
	grep -q "^$address-[0-9a-f]* $2$1 " "/proc/$pid/maps"
}

# All of it is let go, and the kernel counts nobody any more.
detach()
{
	as ipctop detach "$name" --pid "$pid" --yes --json "$@" >act || return 1
	cat act
	grep '"result":"detached"' act | grep -q '"nattch":1,"new_nattch":0'
}

# Refused, in such words.
refuse()
{
	! ipctop detach "$name" --pid "$pid" --yes --json >act 2>&1 || return 1
	cat act
	grep -q "$1" act
}

# try PROGRAM NUMBER OTHER: those of mremap, its own and that of the other instruction set
try()
{
	for mode in all busy; do
		start "$1" "$mode"
		check "$1 $mode: its tracer dies at every step" abandon "$pid" 2
		check "$1 $mode: it is mapped still" mapped s rw-
		check "$1 $mode: it is detached" detach
		check "$1 $mode: a copy is there" mapped p rw-
		check "$1 $mode: nothing was wrong" finish
	done
	start "$1" fenced
	check "$1: it is fenced" detach --leave fence --force
	check "$1: no access is left" mapped p ---
	check "$1: a touch is SIGSEGV" finish

	user=nobody
	start "$1" all
	check "$1: its own user detaches it" detach
	check "$1: a copy is there" mapped p rw-
	check "$1: nothing was wrong" finish
	user=root

	start "$1" fenced
	kill -STOP "$pid"
	check "$1: it is detached while it is stopped" detach
	check "$1: a copy is there" mapped p rw-
	check "$1: it is stopped still" grep -q '^State:.*stopped' "/proc/$pid/status"
	kill -KILL "$pid"
	finish >said 2>&1

	start "$1" confined "$2"
	check "$1: a filter forbids it" refuse 'seccomp filter of .* forbids mremap (it would kill the process)'
	check "$1: it is mapped still" mapped s rw-
	check "$1: it lives" finish
	start "$1" confined "$3"
	check "$1: a filter forbids something else" detach
	check "$1: a copy is there" mapped p rw-
	check "$1: it lives" finish
}

try target64 25 163
try target32 163 25

echo "1..$count"
[ "$failed" = 0 ]
