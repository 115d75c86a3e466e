/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_AUDIT_H
#define IPCTOP_AUDIT_H

#include "ipctop/snapshot.h"

/*
 * The audit trail: each act and its result, to syslog (LOG_AUTHPRIV, LOG_NOTICE; LOG_WARNING for
 * what was refused or failed), and to a file of JSON lines where one is asked for.
 *
 * A syslog line is a fixed order of key=value words; a value with a blank, a quote, '=' or
 * nothing in it stands in double quotes; foreign bytes are \xHH (text.h):
 *
 *	action=remove object=shm:7 kind=shm result=removed verdict=stale code=abandoned
 *	uid=1000 owner=alice size=65536 freed=4096 command=clean by=0 login=1001 sudo=bob pid=4242
 *	saved=FILE why="…"
 *
 * (on one line; members that do not apply are left out). by: the real uid that asked, login: the
 * uid of the login (/proc/self/loginuid), sudo: SUDO_USER.
 */
struct audit;
/* @file NULL: syslog alone. 0, or -errno with a sentence when the file cannot be opened or written. */
int audit_open(const char *command, const char *file, struct audit **audit, struct buf *error) __must_check;
/*
 * One act and its result. Syslog that does not answer is no failure (syslog(3) cannot tell); a line
 * that the file does not take is: -errno, told once by audit_close too.
 */
int audit_act(struct audit *audit, const struct act *act) __must_check;
/* 0, or -errno of the first line that could not be written. */
int audit_close(struct audit *audit) __must_check;

#endif
