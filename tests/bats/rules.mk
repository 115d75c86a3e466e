# SPDX-License-Identifier: GPL-2.0-or-later
# make check [ONLY='list json']: all tests, or those bats files; make bats: those alone.

bats_files := $(if $(ONLY),$(ONLY:%=tests/bats/%.bats),$(sort $(wildcard tests/bats/*.bats)))

check: $(O)/ipctop $(actor) $(churn) $(halt) $(if $(ONLY),,$(unit_programs))
	$(Q)BUILD=$(abspath $(O)) tests/run $(if $(ONLY),,$(unit_programs)) $(bats_files)

bats: $(O)/ipctop $(actor) $(churn) $(halt)
	$(Q)BUILD=$(abspath $(O)) tests/run $(bats_files)
.PHONY: check bats
