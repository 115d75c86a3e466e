# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For the tests of save, restore and cat.
load world

SAVED=$BATS_TEST_TMPDIR/saved

saved_open()
{
	world_open
	mkdir -p "$SAVED"
}

segment()
{
	in_world "$PYTHON" "$SOURCE/tests/bats/segment.py" "$@"
}

# sysv ID COLUMN…: what the kernel's own table says of a segment.
sysv()
{
	# shellcheck disable=SC2016 # awk's own $
	in_world awk -v id="$1" -v columns="${*:2}" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(columns, wanted, " ") }
		NR > 1 && $at["shmid"] == id {
			for (i = 1; i <= n; i++) printf("%s%s", i > 1 ? " " : "", $at[wanted[i]])
			print ""
		}' /proc/sysvipc/shm
}

segments()
{
	in_world sh -c 'tail -n +2 /proc/sysvipc/shm | wc -l'
}

# shm_file NAME LENGTH: random bytes.
shm_file()
{
	in_world sh -c 'head -c "$2" /dev/urandom >"/dev/shm/$1"' - "$@"
}

sum_of()
{
	in_world sha256sum "$1" | cut -d' ' -f1
}

# nothing_left FOLDER: hidden files neither.
nothing_left()
{
	assert_equal "$(ls -A "$1")" ""
}

# saved_public: everybody may save there, and run the programs. Only the world sees it.
saved_public()
{
	world_public
	SAVED=$PUBLIC/saved
	in_world mkdir -m 777 "$SAVED"
}
