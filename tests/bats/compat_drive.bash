# shellcheck shell=bash disable=SC2317 # lines of the table call nobody
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Command lines, each run by two sets of programs, and what they said compared: stdout, stderr and
# status. Run in a world of a test, with a table on stdin:
#
#	compat_drive.bash same OURS THEIRS	both in the one IPC namespace that is there
#	compat_drive.bash apart OURS THEIRS	each in one of its own, where objects 0 and 1 of each kind are
#						there before each line; what it leaves is compared, too
#
# OURS and THEIRS are folders. A line is shell and finds its programs in PATH; nobody is a prefix. Of
# what is apart, the keys of the objects 0 are in KM, KQ and KS. Gives 1 when anything differed, and
# shows it.

set -u
mode=$1 ours=$2 theirs=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
base_path=$PATH

nobody()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

# said FOLDER LINE: into $said
said()
{
	local err
	PATH=$1:$base_path
	said=$(eval "$2" 2>"$scratch/err" </dev/null; echo "status $?")
	read -r -d '' err <"$scratch/err"
	said+=$'\n'$err
}

# left: what is there, without keys and times, into $left; the keys of the objects 0 into KM, KQ, KS.
left()
{
	local kind key id perms size
	left=
	for kind in shm msg sem; do
		while read -r key id perms size _; do
			[ "$key" != key ] || continue
			left+="$kind $id $perms $size"$'\n'
			[ "$id" != 0 ] || printf -v "key_$kind" '0x%08x' $((key & 0xffffffff))
		done <"/proc/sysvipc/$kind"
	done
	KM=${key_shm-} KQ=${key_msg-} KS=${key_sem-}
}

# anew: objects 0 and 1, and nothing else.
anew()
{
	local id knob
	PATH=$theirs:$base_path
	ipcrm -a
	for id in 0 1; do
		for knob in shm msg sem; do echo $id >/proc/sys/kernel/${knob}_next_id; done
		ipcmk -M $((5000 - id)) -Q -S $((3 - id)) -p $((600 + 44 * id)) >/dev/null
	done
	left
	fresh=$left
}

if [ "$mode" = one ]; then
	anew
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		said "$ours" "$line"
		said=${said//$KM/KEY-M}
		said=${said//$KQ/KEY-Q}
		printf '== %s\n%s\n' "$line" "${said//$KS/KEY-S}"
		left
		[ "$left" != "$fresh" ] || continue
		printf '%s' "$left"
		anew
	done
	exit 0
fi

failed=0 n=0
if [ "$mode" = apart ]; then
	cat >"$scratch/table"
	for side in ours theirs; do
		unshare --ipc bash "$0" one "${!side}" "$theirs" <"$scratch/table" >"$scratch/$side"
	done
	diff -U 5 "$scratch/theirs" "$scratch/ours" || failed=1
	n=$(grep -c '^== ' "$scratch/theirs")
else
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		said "$ours" "$line"
		first=$said
		said "$theirs" "$line"
		n=$((n + 1))
		[ "$first" != "$said" ] || continue
		failed=1
		echo "== $line"
		diff <(cat -A <<<"$said") <(cat -A <<<"$first")
	done
fi
echo "compared $n"
exit $failed
