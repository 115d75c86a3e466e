# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that `ipctop detach` is tried on, and one that kills it at work. Never instrumented: a
# target does what sanitizers object to, and watches each of its own registers.

target_dir := $(O)/tests/target
target := $(target_dir)/target $(target_dir)/killer
target_sources := $(filter-out tests/target/killer.c,$(sort $(wildcard tests/target/*.c)))
target_build = $(CC) $(filter-out $(sanitize),$(our_cflags)) $(CFLAGS) -o $@ $(filter %.c,$^) \
	$(filter-out $(sanitize),$(our_ldflags)) $(LDFLAGS)

$(target_dir)/target: $(target_sources) tests/target/target.h $(O)/flags
	$(say) TARGET $@
	$(Q)mkdir -p $(@D)
	$(Q)$(target_build)

$(target_dir)/killer: tests/target/killer.c $(O)/flags
	$(say) TARGET $@
	$(Q)mkdir -p $(@D)
	$(Q)$(target_build)
