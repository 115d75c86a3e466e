# SPDX-License-Identifier: GPL-2.0-or-later
# make fuzz [FUZZ_SECONDS=60]: every tests/fuzz/fuzz_NAME.c over a library of its own, built by clang
# with the fuzzer's instrumentation. The seconds are shared by all; ONLY='filter maps' chooses.
# Seeds lie in tests/fuzz/corpus/NAME, words in tests/fuzz/NAME.dict, the longest input is what
# "max_len=N" in the source says. What crashes is left in $(O)/fuzz/crashes.

FUZZ_SECONDS ?= 60
FUZZ_CC ?= clang
FUZZ_SANITIZE := fuzzer-no-link,address,undefined

fuzz_sources := $(if $(ONLY),$(ONLY:%=tests/fuzz/fuzz_%.c),$(sort $(wildcard tests/fuzz/fuzz_*.c)))
fuzz_programs := $(fuzz_sources:tests/fuzz/%.c=$(O)/tests/fuzz/%)

$(O)/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(library) $(O)/flags
	$(say) FUZZ $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(our_cflags) $(CFLAGS) -MMD -MP -Isrc -fsanitize=fuzzer -o $@ $< $(our_ldflags) $(LDFLAGS) \
		$(library) $(PKG_LIBS)

# The same Makefile once more, with other flags and an output folder of its own.
fuzz:
	$(Q)if ! tests/fuzz/run --probe '$(FUZZ_CC)'; then exit 0; fi; \
	$(MAKE) O=$(O)/fuzz CC='$(FUZZ_CC)' SANITIZE=$(FUZZ_SANITIZE) CFLAGS='-O1 -g' fuzz-programs && \
	tests/fuzz/run '$(FUZZ_SECONDS)' $(O)/fuzz $(fuzz_programs:$(O)/%=$(O)/fuzz/%)

fuzz-programs: $(fuzz_programs)
.PHONY: fuzz fuzz-programs
