# SPDX-License-Identifier: GPL-2.0-or-later
# Halts a program at a system call: for tests of what happens between two of them.

halt := $(O)/tests/halt/halt

$(halt): tests/halt/halt.c $(O)/flags
	$(say) TEST $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out $(sanitize),$(our_cflags)) $(CFLAGS) -o $@ $< \
		$(filter-out $(sanitize),$(our_ldflags)) $(LDFLAGS)
