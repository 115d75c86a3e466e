/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACT_DETACH_ARCH_NONE_H
#define ACT_DETACH_ARCH_NONE_H

/* A processor for which there is no header yet: detach_foresee refuses, so that nothing here is ever asked. */
#include "arch.h"

#include <errno.h>

#ifndef ARCH_NAME
struct arch_regs {
	char none;
};
static const int arch_futexes[NR_ISAS][NR_FUTEXES];
static const uint32_t arch_audit[NR_ISAS];
static const int arch_numbers[NR_ISAS][NR_SYS_CALLS];
static const struct arch_wait arch_waits[NR_ISAS][8] = { { { -1 } }, { { -1 } } };

static inline int arch_get(pid_t tid, struct arch_regs *r)
{
	return -EOPNOTSUPP;
}

static inline int arch_set(pid_t tid, const struct arch_regs *r)
{
	return -EOPNOTSUPP;
}

static inline enum arch_isa arch_isa(const struct arch_regs *r)
{
	return ISA_WIDE;
}

static inline uint64_t arch_ip(const struct arch_regs *r)
{
	return 0;
}

static inline int arch_syscall(const struct arch_regs *r, uint64_t args[6])
{
	return -1;
}

static inline int64_t arch_result(const struct arch_regs *r)
{
	return -EOPNOTSUPP;
}

static inline bool arch_restarts(const struct arch_regs *r)
{
	return false;
}

static inline bool arch_ended_early(const struct arch_regs *r)
{
	return false;
}

static inline void arch_again(struct arch_regs *r)
{
}

static inline void arch_args(struct arch_regs *r, const uint64_t args[6])
{
}

static inline void arch_call(struct arch_regs *r, uint64_t blob, enum arch_sys call, const uint64_t args[6])
{
}

static inline void arch_jump(struct arch_regs *r, uint64_t ip)
{
}

static inline void arch_blob(const struct arch_regs *saved, uint64_t at, uint64_t gate, unsigned char *out,
			     size_t size)
{
}

#endif /* ARCH_NAME */

#endif
