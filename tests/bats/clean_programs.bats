#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Real programs that crash are cleaned up after, while others of their kind work on and notice nothing.

load world
load postgres
load python

teardown()
{
	world_close
}

# A session of the second cluster that goes on asking, by several processes that share memory.
keep_asking()
{
	local answers=$BATS_TEST_TMPDIR/answers
	ask 'CREATE TABLE t AS SELECT generate_series(1, 20000) AS n; ANALYZE t'
	# shellcheck disable=SC2016 # the shell's in the world
	as_postgres sh -c 'while "$0" -X -q -A -t -v ON_ERROR_STOP=1 -c "SET parallel_setup_cost = 0;
			SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
			SELECT sum(n) FROM t"; do :; done' "$PG_BIN/psql" >"$answers" 2>&1 &
	until_true answered 0
}

# answered N: more than N times by now.
answered()
{
	[ "$(wc -l <"$BATS_TEST_TMPDIR/answers")" -gt "$1" ]
}

@test "programs: PostgreSQL, killed, cleaned and started again, beside one that runs" {
	local before type
	postgres_open
	make_cluster nobody
	start_postgres sysv
	keep_asking

	for type in sysv mmap; do
		use_cluster postgres
		start_postgres $type
		ask "CREATE TABLE kept_$type AS SELECT 42 AS n; CHECKPOINT"
		crash postgres
		look --older-than 0
		expect_doc '[.objects[] | select(.user == "postgres" and .verdict == "stale") | .kind] |
			unique == ["posix-shm", "shm"]'
		# young as it is, it stays
		run -0 ipctop clean --yes
		assert_output "nothing is stale"
		before=$(wc -l <"$BATS_TEST_TMPDIR/answers")
		run -0 --separate-stderr ipctop clean --yes --older-than 0 --json
		assert_equal "$(jq -r '[.acts[] | .user, .result] | unique | join(" ")' <<<"$output")" "postgres removed"
		look
		expect_doc '[.objects[] | select(.user == "postgres")] == []'
		until_true answered $((before + 2)) || fail "the other one does not answer any more"

		start_postgres $type
		assert_equal "$(ask "SELECT n FROM kept_$type")" 42
		look --older-than 0
		expect_doc '[.objects[] | select(.user == "postgres" and .verdict == "stale")] == []'
		crash postgres
		run -0 ipctop clean --yes --older-than 0
	done
	use_cluster nobody
	assert_equal "$(ask 'SELECT count(*) FROM t')" 20000
	assert_equal "$(sort -u "$BATS_TEST_TMPDIR/answers")" 200010000
}

@test "programs: Python's leaks are cleaned while other programs in Python share memory" {
	python_open
	# they share a block, a semaphore and a pool
	python a create 100000
	python b attach "${FACT[a.name]}"
	python pool pool 4
	python sem sem spawn
	local block=${FACT[a.name]} semaphore=${FACT[sem.name]}
	# these leak the like
	python dead1 create 50000
	python dead2 sem spawn
	tell dead2 give
	local leaks=("${FACT[dead1.name]}" "sem.${FACT[dead2.name]#/}") child=${FACT[dead2.child]}
	leak dead1
	leak dead2
	in_world kill -KILL "$child"

	run -0 --separate-stderr ipctop clean --yes --older-than 0 --json
	assert_equal "$(jq -r '.acts[] | "\(.name) \(.result)"' <<<"$output" | sort)" \
		"$(printf '%s\n' "posix-sem:/${leaks[1]#sem.} removed" "posix-shm:/${leaks[0]} removed" | sort)"
	in_world test ! -e "/dev/shm/${leaks[0]}"
	in_world test ! -e "/dev/shm/${leaks[1]}"
	# what is shared is, and can still be opened by name
	tell a holds
	tell b holds
	python c attach "$block"
	tell c holds
	in_world test -e "/dev/shm/sem.${semaphore#/}"
	tell sem acquire
	tell pool work
	tell c untrack
	tell b untrack
}
