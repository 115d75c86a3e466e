#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Inside the virtual machine (tests/vm/run): 32-bit programs that are made to let go of a segment, and 64-bit
# ones to compare. Prints TAP.

count=0 failed=0

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

# start PROGRAM MODE: $pid, $address of its segment
start()
{
	mkfifo input
	"$@" <input >output 2>&1 &
	pid=$!
	exec 3>input
	until grep -q ^shm: output; do sleep 0.1; done
	read -r _ _ address <output
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
	wait "$pid"
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

for program in target64 target32; do
	for mode in all busy; do
		start "$program" "$mode"
		check "$program $mode: its tracer dies at every step" abandon "$pid" 2
		check "$program $mode: it is mapped still" mapped s rw-
		check "$program $mode: nothing was wrong" finish
	done
done

echo "1..$count"
[ "$failed" = 0 ]
