// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All registers with known values, while time passes or over a system call; afterwards they are looked
 * at. What else happens to the process in between shows here.
 */
#include "target.h"

#include <stddef.h>

/* The arithmetic flags and DF set, TF not; what of them is compared. */
#define FLAGS	   0xcd5
#define FLAGS_MASK 0xdd5

_Static_assert(offsetof(struct registers, out) == 128 && offsetof(struct registers, vector_in) == 256 &&
	       offsetof(struct registers, vector_out) == 768 && offsetof(struct registers, flags) == 1280 &&
	       offsetof(struct registers, wide) == 1288, "as the assembler has it");

/* The image is at 8(%rsp), the count at (%rsp), while all others have values of the image. */
__asm__(".text\n"
	".macro load_all\n"
	"pushq %rbx; pushq %rbp; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n"
	"pushq %rdi\n"
	"pushq %rsi\n"
	"cmpq $0, 1288(%rdi)\n"
	"je 1f\n"
	".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
	"vmovdqu 256 + \\n * 32(%rdi), %ymm\\n\n"
	".endr\n"
	"jmp 2f\n"
	"1:\n"
	".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
	"movdqu 256 + \\n * 32(%rdi), %xmm\\n\n"
	".endr\n"
	"2:\n"
	"movq 0(%rdi), %rax; movq 8(%rdi), %rbx; movq 16(%rdi), %rcx; movq 24(%rdi), %rdx\n"
	"movq 32(%rdi), %rsi; movq 48(%rdi), %rbp; movq 56(%rdi), %r8; movq 64(%rdi), %r9\n"
	"movq 72(%rdi), %r10; movq 80(%rdi), %r11; movq 88(%rdi), %r12; movq 96(%rdi), %r13\n"
	"movq 104(%rdi), %r14; movq 112(%rdi), %r15; movq 40(%rdi), %rdi\n"
	".endm\n"

	".macro store_all\n"
	"pushq %rax\n"
	"movq 16(%rsp), %rax\n"
	"popq 128(%rax)\n"
	"movq %rbx, 136(%rax); movq %rcx, 144(%rax); movq %rdx, 152(%rax); movq %rsi, 160(%rax)\n"
	"movq %rdi, 168(%rax); movq %rbp, 176(%rax); movq %r8, 184(%rax); movq %r9, 192(%rax)\n"
	"movq %r10, 200(%rax); movq %r11, 208(%rax); movq %r12, 216(%rax); movq %r13, 224(%rax)\n"
	"movq %r14, 232(%rax); movq %r15, 240(%rax)\n"
	"cmpq $0, 1288(%rax)\n"
	"je 3f\n"
	".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
	"vmovdqu %ymm\\n, 768 + \\n * 32(%rax)\n"
	".endr\n"
	"vzeroupper\n"
	"jmp 4f\n"
	"3:\n"
	".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
	"movdqu %xmm\\n, 768 + \\n * 32(%rax)\n"
	".endr\n"
	"4:\n"
	"addq $16, %rsp\n"
	"popq %r15; popq %r14; popq %r13; popq %r12; popq %rbp; popq %rbx\n"
	"ret\n"
	".endm\n"

	/* first a count in memory, then rcx runs down: `loop` leaves the flags alone */
	".type spin_with_all, @function\n"
	"spin_with_all:\n"
	"load_all\n"
	"5: decq (%rsp)\n"
	"jnz 5b\n"
	"pushq $0xcd5\n"
	"popfq\n"
	"6: loop 6b\n"
	"pushfq\n"
	"cld\n"
	"pushq %rax\n"
	"movq 24(%rsp), %rax\n"
	"popq 128(%rax)\n"
	"popq 1280(%rax)\n"
	"movq 128(%rax), %rax\n"
	"store_all\n"

	".type call_with_all, @function\n"
	"call_with_all:\n"
	"load_all\n"
	"syscall\n"
	"store_all\n");

void spin_with_all(struct registers *r, uint64_t count);
void call_with_all(struct registers *r, uint64_t unused);

enum { RAX, RBX, RCX, RDX, RSI, RDI, RBP, R8, R9, R10, R11, NR_SAME = 15 };

static void fill(struct registers *r, uint64_t *state)
{
	for (unsigned int i = 0; i < NR_SAME; i++)
		r->in[i] = any_number(state);
	for (unsigned int i = 0; i < sizeof(r->vector_in); i += sizeof(uint64_t)) {
		uint64_t n = any_number(state);

		memcpy((unsigned char *)r->vector_in + i, &n, sizeof(n));
	}
	r->wide = __builtin_cpu_supports("avx") != 0;
}

/* @may: a bit for each register that may differ. */
static void compare(const struct registers *r, unsigned int may, const char *over)
{
	for (unsigned int i = 0; i < NR_SAME; i++)
		if (!(may & 1U << i) && r->in[i] != r->out[i])
			broken("register %u over %s: %#llx became %#llx", i, over,
			       (unsigned long long)r->in[i], (unsigned long long)r->out[i]);
	for (unsigned int i = 0; i < 16; i++)
		if (memcmp(r->vector_in[i], r->vector_out[i], r->wide ? 32 : 16))
			broken("vector register %u over %s", i, over);
}

void registers_spin(uint64_t n, uint64_t *state)
{
	struct registers r;

	fill(&r, state);
	r.in[RCX] = n;
	spin_with_all(&r, n);
	compare(&r, 1U << RCX, "a computation");
	if (r.out[RCX] || (r.flags & FLAGS_MASK) != FLAGS)
		broken("after a computation rcx is %#llx, the flags are %#llx",
		       (unsigned long long)r.out[RCX], (unsigned long long)r.flags);
}

long registers_call(long call, const long args[6], uint64_t *state)
{
	static const int places[6] = { RDI, RSI, RDX, R10, R8, R9 };
	struct registers r;

	fill(&r, state);
	r.in[RAX] = (uint64_t)call;
	for (unsigned int i = 0; i < 6; i++)
		r.in[places[i]] = (uint64_t)args[i];
	call_with_all(&r, 0);
	/* the kernel puts the flags and the place of the call into these */
	compare(&r, 1U << RAX | 1U << RCX | 1U << R11, "a system call");
	return (long)r.out[RAX];
}
