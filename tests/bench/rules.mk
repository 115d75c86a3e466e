# SPDX-License-Identifier: GPL-2.0-or-later
# make bench [POP=S,M,L] [ROUNDS=5] [ONLY=peers|monitor|doublings|impact|clean|save|detach|personalities]: figures as Markdown on stdout.

POP ?= M
ROUNDS ?= 5
bench_programs := $(patsubst tests/bench/%.c,$(O)/tests/bench/%,$(wildcard tests/bench/*.c))

$(O)/tests/bench/%: tests/bench/%.c $(O)/flags
	$(say) BENCH $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(our_cflags) $(CFLAGS) -MMD -MP -o $@ $< $(our_ldflags) $(LDFLAGS)

bench: $(O)/ipctop $(bench_programs) $(O)/tests/churn/crowd
	$(Q)tests/bench/run --build $(O) --pop $(POP) --rounds $(ROUNDS) $(if $(ONLY),--only $(ONLY)) $(if $(REFRESHES),--refreshes $(REFRESHES))
.PHONY: bench
