/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_AUDIT_H
#define IPCTOP_AUDIT_H

#include "ipctop/snapshot.h"

/*
 * The audit trail: each act, done, tried or refused, and its result, to syslog (LOG_AUTHPRIV, LOG_NOTICE; LOG_WARNING for
 * what was refused or failed), and to a file of JSON lines where one is asked for.
 *
 * A syslog line is a fixed order of key=value words; a value with a blank, a quote, '=' or
 * nothing in it stands in double quotes; foreign bytes are \xHH (text.h):
 *
 *	action=remove object=shm:7 kind=shm result=removed verdict=stale code=abandoned
 *	uid=1000 owner=alice size=65536 freed=4096 command=clean by=0 login=1001 sudo=bob pid=4242
 *	saved=FILE why="…"
 *
 * Behind owner, a change of mode tells mode=0666 new_mode=0600, one of owner gid=1000 new_uid=0
 * new_gid=0. Of a process that let go: process=4711 comm=worker leave=copy start=0x7f0000000000 length=65536
 * stopped=0.001412 (seconds) nattch=2 new_nattch=1.
 *
 * (on one line; members that do not apply are left out, '?' is unknown). by: the real uid that
 * asked, login: the uid of the login (/proc/self/loginuid), sudo: SUDO_USER, which whoever calls
 * without sudo can set. A very long value is cut and ends in "…"; the line stays below 8 KiB.
 *
 * A line of the file is an object with "time", all members of CLASS_ACT (but the "pid" of a process that is
 * to let go is called "process"), "command", "by", "login", "sudo" and "pid"; what does not apply or is
 * unknown is null.
 */
struct audit;
/*
 * @file NULL: syslog alone; it is made with mode 0600, and must be a regular file under its own name. 0, or
 * -errno with a sentence when it cannot be opened.
 */
int audit_open(const char *command, const char *file, struct audit **audit, struct buf *error) __must_check;
/*
 * One act and its result. A daemon of syslog that is missing or does not read is no failure: it is
 * waited for a second, then not until it reads again, and a last line "lost=N command=… by=…" tells
 * how many it missed. A line that the file does not take is one: -errno, told once by audit_close too.
 */
int audit_act(struct audit *audit, const struct act *act) __must_check;
/* 0, or -errno of the first line that could not be written, or of fsync(2). @audit may be NULL. */
int audit_close(struct audit *audit) __must_check;

#endif
