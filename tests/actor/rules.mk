# SPDX-License-Identifier: GPL-2.0-or-later
# The test actor. Never instrumented: it does what sanitizers object to, such as ending its
# first thread.

actor := $(O)/tests/actor/actor
actor_sources := $(sort $(wildcard tests/actor/*.c))

$(actor): $(actor_sources) tests/actor/actor.h $(O)/flags
	$(say) ACTOR $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out $(sanitize),$(our_cflags)) $(CFLAGS) -o $@ $(actor_sources) \
		$(filter-out $(sanitize),$(our_ldflags)) $(LDFLAGS)
