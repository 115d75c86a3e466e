#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The JSON contract: schema, types, round trip, documents that are not whole.

load world

setup()
{
	world_open
	actor seg shmget key=0xa76098 size=64K
	tell seg shmat n=2
	tell seg touch bytes=4096
	actor gone shmget
	kill_actor gone
	actor file shm_open name='a\x0ab\xff' size=8K
	tell file mmap
	tell file fork n=2
	actor sem sem_open name=/turn
	actor frames memfd name=frames
	actor anon anon
	actor disk create path="$BATS_TEST_TMPDIR/disk"
	tell disk mmap
	actor nobody setuid uid=65534
	tell nobody shm_open name=n
	actor_outside unseen shm_open name=unseen
}

teardown()
{
	world_close
}

# valid FILE: against the schema that the program prints.
valid()
{
	ipctop --json-schema >"$BATS_TEST_TMPDIR/schema"
	"$PYTHON" -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is not installed"
	"$PYTHON" - "$BATS_TEST_TMPDIR/schema" "$1" <<-'END'
		import json, sys, jsonschema
		schema, document = (json.load(open(path)) for path in sys.argv[1:])
		cls = jsonschema.validators.validator_for(schema)
		cls.check_schema(schema)
		errors = list(cls(schema).iter_errors(document))
		for e in errors[:10]:
		    print("/".join(map(str, e.absolute_path)), e.message[:300])
		sys.exit(bool(errors))
	END
}

# invalid JQ: the document, changed so, does not pass.
invalid()
{
	jq "$1" "$DOC" >"$BATS_TEST_TMPDIR/changed"
	! valid "$BATS_TEST_TMPDIR/changed" >/dev/null || fail "the schema lets this pass: $1"
}

@test "json: every kind of output is valid against the schema" {
	look
	valid "$DOC"
	local file=$BATS_TEST_TMPDIR/output
	ipctop list -J >"$file" && valid "$file"
	ipctop list -J --output-all >"$file" && valid "$file"
	ipctop list -J --by user >"$file" && valid "$file"
	ipctop list -J --by kind >"$file" && valid "$file"
	ipctop account -J >"$file" && valid "$file"
	ipctop account -J --by user --output-all >"$file" && valid "$file"
	ipctop show -J "shm:${FACT[seg.id]}" posix-shm:/n >"$file" && valid "$file"
	ipctop maps -J >"$file" && valid "$file"
	ipctop maps -J -X "${FACT[seg.pid]}" >"$file" && valid "$file"
	ipctop limits -J >"$file" && valid "$file"
	ipctop limits -J --output-all --interval 0.01 >"$file" && valid "$file"
	ipctop --json --no-lease --no-procmap-query >"$file" && valid "$file"
	ipctop chmod -J --dry-run 644 "shm:${FACT[seg.id]}" posix-shm:/n >"$file" && valid "$file"
	ipctop chown -J 12:34 "shm:${FACT[seg.id]}" >"$file" && valid "$file"
	ipctop clean --json >"$file" && valid "$file"
	assert_equal "$(jq -c .acts "$file")" '[]'
	ipctop clean --json -o name,why --older-than 0 >"$file" && valid "$file"
	# an act that is planned, one that is refused, and both with their results
	run -1 --separate-stderr ipctop rm --json -k shm,posix-shm
	echo "$output" >"$file" && valid "$file"
	assert_equal "$(jq -c '[.acts[].result] | unique' "$file")" '["planned","refused"]'
	run -1 --separate-stderr ipctop rm --json --yes -k shm,posix-shm
	echo "$output" >"$file" && valid "$file"
	assert_equal "$(jq -c '[.acts[].result] | unique' "$file")" '["refused","removed"]'
}

@test "json: as nobody it is valid, and unknown is null, never 0 or left out" {
	world_public
	ipctop_as_nobody --json >"$DOC"
	valid "$DOC"
	expect_doc '[.objects[] | keys] | unique | length == 1'
	expect_doc '.complete == (.gaps == [])'
	expect_doc 'all(.objects[]; . as $o | all(.unknown[]; . as $k | $o | has($k) and .[$k] == null))'
}

@test "json: the schema is strict enough to notice wrong documents" {
	look
	invalid 'del(.schema)'
	invalid '.schema = "ipctop/2"'
	invalid '.time = "now"'
	invalid '.objects[0].size = "64K"'
	invalid '.objects[0].size = -1'
	invalid '.objects[0].kind = "semaphore"'
	invalid '.objects[0].mode = 600'
	invalid '.objects[0].key = 42'
	invalid '.objects[0].verdict = "dead"'
	invalid '.objects[0].state = ""'
	invalid 'del(.objects[0].name)'
	invalid '.objects = {}'
	invalid '.gaps[0] = {"source": 1}'
}

@test "json: the members of the contract, all of them, in every object" {
	look
	expect_doc '[.schema, .version, .hostname, .kernel, .boot_id] | all(type == "string")'
	expect_doc '[.time, .duration, .uid, .ipc_ns, .pid_ns, .mnt_ns] | all(type == "number")'
	expect_doc '.policy == { grace: 600, long_grace: 172800, keep: [] }'
	expect_doc '.limits | has("shmmni", "shmall", "shmmax", "shm_rmid_forced")'
	expect_doc '.memory | has("total", "available", "shmem")'
	expect_doc '.totals.shm | has("objects", "size", "allocated", "stale", "stale_allocated")'
	expect_doc '["name","kind","id","key","label","path","ipc_ns","device","inode","links","size",
		"allocated","rss","swap","page_size","mode","uid","user","gid","group","creator_uid",
		"creator_user","creator_gid","creator_group","creator_pid","creator_alive","last_pid",
		"last_alive","attach_time","detach_time","change_time","modify_time","access_time",
		"birth_time","age","nattch","mappings","processes","openers","holders_complete","state",
		"flags","logout","family","unknown","verdict","reasons","semaphores",
		"values","waiters","operation_time","messages","bytes","max_bytes",
		"max_messages","message_size","notify","notify_signal","notify_pid","send_pid","receive_pid",
		"send_time","receive_time","holders"] as $wanted |
		all(.objects[]; keys_unsorted == $wanted)'
	expect_doc '["pid","start_time","uid","user","comm","cmdline","cgroup","unit","container","pid_ns",
		"mappings","fds"] as $wanted | all(.objects[].holders[]; keys_unsorted == $wanted)'
	expect_doc 'all(.objects[].holders[].mappings[]; keys_unsorted == ["start","length","prot","offset"])'
	expect_doc 'all(.objects[].holders[].fds[]; keys_unsorted == ["fd","access"])'
}

@test "json: types: numbers are numbers, modes octal strings, keys and addresses hex strings" {
	look
	local name=shm:${FACT[seg.id]}
	expect_doc ".objects[] | select(.name == \"$name\") | .key == \"0x00a76098\" and .mode == \"0600\" and
		.size == 65536 and .id == ${FACT[seg.id]} and .device == \"0:1\" and .nattch == 2 and
		.inode == .id and (.holders[0].mappings[0].start | test(\"^0x[0-9a-f]{12}$\"))"
	expect_doc 'all(.objects[]; (.reasons | length) > 0 and all(.reasons[]; (.code | test("^[a-z-]+$")) and
		(.text | length) > 0))'
}

@test "json: totals are the sums of the objects" {
	look
	expect_doc '. as $d | all(.totals | to_entries[]; . as $t | [$d.objects[] | select(.kind == $t.key)] |
		length == $t.value.objects and ([.[].size // 0] | add // 0) == $t.value.size and
		([.[].allocated // 0] | add // 0) == $t.value.allocated and
		([.[] | select(.verdict == "stale")] | length) == $t.value.stale)'
	look --older-than 0
	expect_doc '.totals.shm.stale == 1'
}

@test "json: nobody is counted twice" {
	look
	expect_doc '[.objects[].name] | length == (unique | length)'
	expect_doc 'all(.objects[]; [.holders[].pid] | length == (unique | length))'
	expect_doc 'all(.objects[]; .mappings == ([.holders[].mappings[]] | length))'
	expect_doc 'all(.objects[]; .processes == ([.holders[] | select(.mappings != [])] | length))'
	expect_doc 'all(.objects[]; .openers == ([.holders[] | select(.fds != [])] | length))'
}

# given_back: the document, read from a file and from a pipe, comes out the same.
given_back()
{
	local back=$BATS_TEST_TMPDIR/back
	ipctop --json --snapshot "$DOC" >"$back" && cmp "$back" "$DOC"
	ipctop --json --snapshot - <"$DOC" >"$back" && cmp "$back" "$DOC"
}

@test "json: a document is given back byte for byte" {
	look
	given_back
	look --older-than 0 --no-lease
	given_back
}

@test "json: so is one that an ordinary user wrote, with its gaps" {
	world_public
	ipctop_as_nobody --json >"$DOC"
	given_back
}

@test "json: views of a document show what it says, not this machine" {
	look --older-than 0
	stop seg
	stop file

	run -0 ipctop list shm -n -o name,state --snapshot "$DOC" -x id
	assert_line --index 0 --regexp "^shm:${FACT[seg.id]} +attached$"
	run -0 ipctop show "shm:${FACT[seg.id]}" --snapshot "$DOC"
	assert_output --partial "${FACT[seg.address]}"
	run -0 ipctop list -n -o name -Q 'verdict == stale && kind == shm' --snapshot "$DOC"
	assert_output "shm:${FACT[gone.id]}"
	run -0 ipctop list --by kind -n -o value,objects --snapshot "$DOC" -Q 'kind == shm'
	assert_output --regexp '^shm +2$'
	run -0 ipctop --batch -n 1 --snapshot "$DOC"
	run -0 ipctop list -u nobody -n -o name --snapshot "$DOC"
	assert_output posix-shm:/n
}

@test "json: verdicts of a document are not judged again" {
	look --older-than 0
	run -0 ipctop list shm -n -o verdict -Q "id == ${FACT[gone.id]}" --snapshot "$DOC"
	assert_output stale
	run -2 ipctop list --older-than 1h --snapshot "$DOC"
	configure "keep shm:${FACT[gone.id]}"
	run -0 ipctop list shm -n -o verdict -Q "id == ${FACT[gone.id]}" --snapshot "$DOC"
	assert_output stale
}

@test "json: a document that was cut off is shown as far as it is whole, with a gap" {
	look
	local size at
	size=$(stat -c %s "$DOC")
	for at in 10 200 $((size / 2)) $((size - 200)) $((size - 3)); do
		head -c $at "$DOC" >"$BATS_TEST_TMPDIR/cut"
		run --separate-stderr ipctop --json --snapshot "$BATS_TEST_TMPDIR/cut"
		if [ "$status" = 0 ]; then
			jq -e '.complete == false and any(.gaps[]; .source == "snapshot" and .error == "ENODATA")' \
				<<<"$output" >/dev/null || fail "cut at $at and not a word"
			# whatever is there was in the document
			jq -e --slurpfile whole "$DOC" '[.objects[].name] - [$whole[0].objects[].name] == []' \
				<<<"$output" >/dev/null || fail "cut at $at: other objects"
		else
			assert_equal "$status" 1
			assert_regex "$stderr" '^ipctop: '
		fi
	done
	head -c $((size / 2)) "$DOC" >"$BATS_TEST_TMPDIR/cut"
	run -0 ipctop --json --snapshot "$BATS_TEST_TMPDIR/cut"
	refute [ "$(jq '.objects | length' <<<"$output")" = 0 ]
	run -0 --separate-stderr ipctop list --snapshot "$BATS_TEST_TMPDIR/cut"
}

@test "json: what is no document is refused with a sentence" {
	local text
	for text in '' 'hello' '[]' '{}' '{"schema":"ipctop/2","objects":[]}' '{"schema":1}' 'null' \
		'{"schema":"ipctop/1","time":1,"complete":true,"gaps":[],"objects":[]} trailing' \
		'{"schema":"ipctop/1","objects":{}}' '{"schema":"ipctop/1","schema":"ipctop/1"' \
		$'\xff\xfe' '{"schema":"ipctop/1","objects":[{"name":7}]}'; do
		printf '%s' "$text" >"$BATS_TEST_TMPDIR/bad"
		run --separate-stderr ipctop --json --snapshot "$BATS_TEST_TMPDIR/bad"
		if [ "$status" = 0 ]; then
			jq -e '.complete == false' <<<"$output" >/dev/null || fail "passes for whole: $text"
		else
			assert_equal "$status" 1
			assert_regex "$stderr" '^ipctop: .*bad: .'
		fi
	done
	run -1 ipctop --json --snapshot "$BATS_TEST_TMPDIR/missing"
	assert_output --partial "No such file or directory"
	run -1 ipctop --json --snapshot "$BATS_TEST_TMPDIR"
	printf '{"schema":"ipctop/2","objects":[]}' >"$BATS_TEST_TMPDIR/other"
	run -1 ipctop --json --snapshot "$BATS_TEST_TMPDIR/other"
	assert_output --partial "ipctop/2"
}

@test "json: members that a newer version added are passed over" {
	look
	jq '. + {"new": {"a": [1, {"b": null}]}} | .objects[0].later = "x"' "$DOC" >"$BATS_TEST_TMPDIR/newer"
	run -0 ipctop list -n -o name --snapshot "$BATS_TEST_TMPDIR/newer"
	assert_equal "${#lines[@]}" "$(names | wc -l)"
}

@test "json: escape sequences in a document do not reach a terminal" {
	look
	jq '.objects[0].name = "shm:1\u001b[2J" | .objects[0].user = "\u001b]0;x\u0007" |
		.objects[0].holders[0].comm = "\u009b2J" | .hostname = "\u001b[1m"' "$DOC" >"$BATS_TEST_TMPDIR/evil"
	local words
	for words in list "list --output-all" "list -r" "list -P" "--batch -n 1" "list --by user" --json; do
		# shellcheck disable=SC2086 # words
		run ipctop $words --snapshot "$BATS_TEST_TMPDIR/evil"
		refute_output --partial $'\e'
		refute_output --partial $'\u009b'
	done
}

@test "json: two looks at a population at rest agree but for times" {
	look
	cp "$DOC" "$BATS_TEST_TMPDIR/first"
	look
	local rest='del(.time, .duration, .memory, .objects[].age, .objects[].reasons, .objects[].access_time,
		.objects[].holders[].start_time)'
	assert_equal "$(jq "$rest" "$DOC")" "$(jq "$rest" "$BATS_TEST_TMPDIR/first")"
}

@test "json: the start of a process is the same in every look" {
	local starts=()
	for _ in 1 2 3 4 5 6 7 8; do
		look
		starts+=("$(jq --argjson pid "${FACT[seg.pid]}" 'first(.objects[].holders[] | select(.pid == $pid)) | .start_time' "$DOC")")
	done
	assert_equal "$(printf '%s\n' "${starts[@]}" | sort -u | wc -l)" 1
}
