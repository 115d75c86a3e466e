# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# PostgreSQL, the real one, in a world of its own.

# A steady world with one cluster, of the user postgres.
postgres_open()
{
	PG_BIN=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
	[ -x "$PG_BIN/postgres" ] || PG_BIN=$(dirname "$(command -v postgres || echo /)")
	if [ ! -x "$PG_BIN/postgres" ] || [ ! -x "$PG_BIN/initdb" ]; then
		skip "PostgreSQL is not installed"
	fi
	id postgres >/dev/null 2>&1 || skip "there is no user postgres"
	world_open --steady
	in_world mount -t tmpfs -o mode=755 data /mnt
	make_cluster postgres
}

# use_cluster USER: what follows is about that one.
use_cluster()
{
	PG_USER=$1 PG_DATA=/mnt/$1/pg PG_SOCKET=/mnt/$1/socket
}

# make_cluster USER: its files once for all tests, which takes longer than all the rest.
make_cluster()
{
	local made=$BATS_FILE_TMPDIR/cluster.tar

	use_cluster "$1"
	in_world install -d -o "$1" -m 700 "/mnt/$1" "$PG_DATA" "$PG_SOCKET"
	if [ -e "$made" ]; then
		in_world tar -C "/mnt/$1" --no-same-owner -xpf "$made"
		in_world chown -R "$1" "$PG_DATA"
		return
	fi
	as_postgres "$PG_BIN/initdb" -D "$PG_DATA" -U postgres --no-sync -A trust --no-locale -E UTF8 >/dev/null
	in_world tar -C "/mnt/$1" -cf "$made" pg
}

as_postgres()
{
	in_world setpriv --reuid "$PG_USER" --regid "$(id -g "$PG_USER")" --clear-groups --no-new-privs \
		env HOME=/mnt PGHOST="$PG_SOCKET" PGUSER=postgres PGDATABASE=postgres "$@"
}

# start_postgres TYPE: with the main memory as mmap or sysv.
start_postgres()
{
	as_postgres "$PG_BIN/postgres" -D "$PG_DATA" -c "shared_memory_type=$1" \
		-c dynamic_shared_memory_type=posix -c shared_buffers=1MB -c max_connections=10 \
		-c huge_pages=off -c fsync=off -c autovacuum=off -c listen_addresses= \
		-c unix_socket_directories="$PG_SOCKET" >"$BATS_TEST_TMPDIR/postgres.log" 2>&1 &
	# shellcheck disable=SC2034 # for tests
	PG_JOB=$!
	until_true as_postgres "$PG_BIN/pg_isready" -q ||
		fail "PostgreSQL did not start: $(cat "$BATS_TEST_TMPDIR/postgres.log")"
	# shellcheck disable=SC2034
	POSTMASTER=$(in_world head -n 1 "$PG_DATA/postmaster.pid")
}

none_runs_of()
{
	[ -z "$(in_world pgrep -u "$1" -x postgres)" ]
}

# crash USER: all of that cluster at once. A backend may be about to end by itself.
crash()
{
	in_world pkill -KILL -u "$1" -x postgres
	wait "$PG_JOB" || :
	until_true none_runs_of "$1" || fail "still there: $(in_world pgrep -u "$1" -xa postgres)"
}

ask()
{
	as_postgres "$PG_BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 -c "$1"
}
