/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_MODE_H
#define IPCTOP_MODE_H

#include <stdbool.h>
#include <stdint.h>
#include "ipctop/buf.h"

/*
 * Changes of the nine permission bits, as chmod(1) writes them: "600", "u=rw,go-rwx",
 * "g=u", "a+X". Pure; any thread.
 */
struct mode_step {
	char op;			/* '+', '-', '=' */
	uint32_t who;			/* bits that it may give or take */
	uint32_t clear;			/* bits that '=' takes before */
	uint32_t bits;			/* of all three classes; @who chooses */
	char copy;			/* 'u', 'g', 'o': the bits of that class instead; 0: none */
	bool maybe_x;			/* X: x where anybody has it already */
};
struct mode_change {
	bool absolute;			/* the bits are @mode, whatever they were */
	uint32_t mode;
	unsigned int count;
	struct mode_step steps[16];
};
/*
 * Read @text; where a step does not say whom it is for, @umask is kept off. 0, or -EINVAL with
 * a sentence.
 */
int mode_parse(const char *text, uint32_t umask, struct mode_change *change, struct buf *error) __must_check;
/* What @mode becomes; bits beyond the nine stay, unless the change is absolute. */
uint32_t mode_apply(const struct mode_change *change, uint32_t mode);

#endif
