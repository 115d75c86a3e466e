#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ipctop metrics: figures for Prometheus, and the files that go with them.

load world

setup()
{
	world_open --steady
	PROM=$BATS_TEST_TMPDIR/ipctop.prom
}

teardown()
{
	world_close
}

# metric NAME{LABELS}: its value in $PROM
metric()
{
	awk -v name="$1" '$1 == name { print $2 }' "$PROM"
}

measure()
{
	ipctop metrics "$@" >"$PROM" || fail "ipctop metrics $*: status $?"
}

@test "metrics: objects, memory and what is stale, by kind and by owner" {
	actor a shmget size=64K
	tell a shmat
	tell a touch bytes=8192
	actor b shm_open name=left size=8K
	tell b fill size=8192
	in_world chown 65534:65534 /dev/shm/left
	kill_actor b
	actor c semget n=3

	measure --older-than 0
	assert_equal "$(metric 'ipctop_objects{kind="shm"}') $(metric 'ipctop_size_bytes{kind="shm"}')" "1 65536"
	assert_equal "$(metric 'ipctop_allocated_bytes{kind="shm"}')" 8192
	assert_equal "$(metric 'ipctop_stale_objects{kind="shm"}')" 0
	assert_equal "$(metric 'ipctop_stale_objects{kind="posix-shm"}')" 1
	assert_equal "$(metric 'ipctop_stale_allocated_bytes{kind="posix-shm"}')" 8192
	assert_equal "$(metric 'ipctop_user_stale_allocated_bytes{kind="posix-shm",user="nobody"}')" 8192
	assert_equal "$(metric 'ipctop_user_objects{kind="sem",user="root"}')" 1
	assert_equal "$(metric 'ipctop_limit_used_objects{limit="semmns"}')" 3
	assert_equal "$(metric 'ipctop_limit_objects{limit="shmmni"}')" "$(in_world cat /proc/sys/kernel/shmmni)"
	assert_equal "$(metric 'ipctop_limit_pages{limit="shmall"}')" "$(in_world cat /proc/sys/kernel/shmall)"
	# the same of a document, and of what is chosen
	look --older-than 0
	measure --snapshot "$DOC"
	assert_equal "$(metric 'ipctop_user_stale_allocated_bytes{kind="posix-shm",user="nobody"}')" 8192
	measure -u nobody --older-than 0
	assert_equal "$(metric 'ipctop_objects{kind="shm"}') $(metric 'ipctop_objects{kind="posix-shm"}')" "0 1"
}

@test "metrics: a full limit is 1, and what is not known has no sample" {
	in_world sysctl -q -w kernel.shmmni=3 kernel.msgmni=0
	actor a shmget
	in_world mount -t tmpfs -o size=0 shm /dev/shm
	measure -k shm
	assert_equal "$(metric 'ipctop_limit_used_ratio{limit="shmmni"}')" 0.333333
	assert_equal "$(metric 'ipctop_limit_used_ratio{limit="msgmni"}')" 1.000000
	assert_equal "$(metric ipctop_complete)" 1
	run ! grep -E 'tmpfs_size|kind="sem"' "$PROM"
}

@test "metrics: of thousands of users only those who have most are series of their own" {
	actor a shmget
	look -k shm
	jq '.objects = [range(3000) as $i | .objects[0] | .uid = $i | .user = "u\($i)" | .allocated = $i]' "$DOC" >"$DOC.many"
	measure --snapshot "$DOC.many"
	assert_equal "$(grep -c '^ipctop_user_objects' "$PROM")" 21
	assert_equal "$(metric 'ipctop_user_objects{kind="shm",user="other"}')" 2980
	assert_equal "$(metric 'ipctop_user_allocated_bytes{kind="shm",user="u2999"}')" 2999
	measure --snapshot "$DOC.many" --users 0
	assert_equal "$(grep '^ipctop_user_objects' "$PROM")" 'ipctop_user_objects{kind="shm",user="other"} 3000'
	run -2 ipctop metrics --users -1
	run -2 ipctop metrics word
}

@test "metrics: parsers of both formats take it, odd names included" {
	/usr/bin/python3 -c 'import prometheus_client' 2>/dev/null || skip "python3-prometheus-client is not installed"
	actor a shmget
	look
	jq '.objects[0].user = "a\"b\\x0Ac {}," | .objects[0].uid = 7' "$DOC" >"$DOC.odd"
	measure --snapshot "$DOC.odd"
	run -0 /usr/bin/python3 - "$PROM" <<-'END'
		import sys
		from prometheus_client.openmetrics import parser as new
		from prometheus_client import parser as old
		text = open(sys.argv[1]).read()
		for parser in new, old:
		    families = list(parser.text_string_to_metric_families(text))
		    samples = [s for f in families for s in f.samples]
		    assert all(f.documentation and f.type == "gauge" for f in families)
		    assert len({(s.name, tuple(s.labels.items())) for s in samples}) == len(samples)
		    print({s.labels["user"] for s in samples if s.name == "ipctop_user_objects"})
	END
	assert_output --partial 'a"b'
	assert_equal "$(sort <<<"$output" | uniq | wc -l)" 1
}

@test "metrics: promtool finds no fault with figures and rules" {
	need_command promtool
	measure
	run -0 promtool check metrics <"$PROM"
	assert_output ""
	run -0 promtool check rules "$SOURCE/src/share/prometheus/ipctop.rules.yml"
}

@test "metrics: rules and dashboard ask for nothing that is not written" {
	measure
	run -0 comm -23 <(grep -ohE 'ipctop_[a-z_]+' "$SOURCE"/src/share/prometheus/ipctop.rules.yml \
		"$SOURCE"/src/share/grafana/ipctop.json | sort -u) \
		<(sed -n 's/^# TYPE \(.*\) gauge$/\1/p' "$PROM" | sort)
	assert_output ""
	jq -e '.panels | length > 5' "$SOURCE/src/share/grafana/ipctop.json"
}

@test "metrics: --output is whole or the old one, readable for all, and replaces no device" {
	ipctop metrics --output "$PROM"
	assert_equal "$(stat -c %a "$PROM") $(tail -n 1 "$PROM")" "644 # EOF"
	cp "$PROM" "$PROM.before"
	# a full disk
	in_world mount -t tmpfs -o size=4k,mode=755 small /mnt
	in_world sh -c 'echo old >/mnt/x.prom'
	run -1 ipctop metrics --output /mnt/x.prom
	assert_output "ipctop: /mnt/x.prom: cannot be written: No space left on device"
	assert_equal "$(in_world cat /mnt/x.prom) $(in_world ls -A /mnt)" "old x.prom"
	# not the machine's own, should it fail
	in_world mount -t tmpfs -o mode=755 devices /mnt
	in_world mknod /mnt/null c 1 3
	run -1 ipctop metrics --output /mnt/null
	run -0 in_world test -c /mnt/null
	in_world ln -s "$PROM.before" /mnt/link
	run -1 ipctop metrics --output /mnt/link
	run -1 ipctop metrics --output /mnt/
	run -1 ipctop metrics --output /mnt/absent/x.prom
	cmp "$PROM" "$PROM.before"
}
