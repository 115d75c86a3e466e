#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Example of an Epilog for Slurm (slurm.conf: Epilog=/etc/slurm/epilog.d/*): when a user's last job on
# a node has ended, remove the shared memory that his jobs left behind; see ipctop-clean(1).
#
# No grace time is needed then: what his jobs made, nobody will come back for. What a process of his
# outside of jobs holds, or made and may use again, stays all the same, and so does all that is on the
# keep list. Where another job of his runs, or where that is not known, nothing is done; what is left
# then goes with his next job, or by ipctop-clean.timer.
#
# It asks the controller once for each job. Where jobs are many and short, use the timer alone. With
# job_container/tmpfs each job has a /dev/shm of its own, and only segments are left to clean.

# Slurm sets none.
PATH=${PATH:+$PATH:}/usr/local/bin:/usr/bin:/bin
export PATH

# An epilog that fails takes the node out of service, which this is not worth: the log tells.
say()
{
	logger -t slurm-epilog "job ${SLURM_JOB_ID:-?}: $*"
	exit 0
}

if [ -z "${SLURM_JOB_USER-}" ] || [ -z "${SLURM_JOB_ID-}" ]; then
	say "shared memory: not called by Slurm"
fi
# What belongs to root is the system's.
if [ "${SLURM_JOB_UID-}" = 0 ] || [ "$SLURM_JOB_USER" = root ]; then
	exit 0
fi

jobs=$(timeout 20 squeue --noheader --format=%A --user="$SLURM_JOB_USER" \
	--nodelist="${SLURMD_NODENAME:-$(hostname -s)}" --states=RUNNING,SUSPENDED,CONFIGURING) ||
	say "shared memory: squeue does not answer, nothing is cleaned"
for job in $jobs; do
	[ "$job" = "$SLURM_JOB_ID" ] || exit 0
done

timeout 60 ipctop clean --yes --user "$SLURM_JOB_USER" --older-than 0 >/dev/null 2>&1 ||
	say "shared memory of $SLURM_JOB_USER: not all that is stale could be removed"
exit 0
