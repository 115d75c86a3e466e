# SPDX-License-Identifier: GPL-2.0-or-later
# make check [ONLY='list json']: all tests, or those bats files; make bats: those alone.
# make check-long: what takes longer than one wants to wait for each time.
# make screens: the golden screens of tests/bats/screens anew, all of them. As root, with tmux. Look at
# what git diff says: that is what somebody sees.

bats_files := $(if $(ONLY),$(ONLY:%=tests/bats/%.bats),$(sort $(wildcard tests/bats/*.bats)))

check: $(O)/ipctop $(actor) $(churn) $(halt) $(target) $(if $(ONLY),,$(unit_programs))
	$(Q)BUILD=$(abspath $(O)) tests/run $(if $(ONLY),,$(unit_programs)) $(bats_files)

bats: $(O)/ipctop $(actor) $(churn) $(halt) $(target)
	$(Q)BUILD=$(abspath $(O)) tests/run $(bats_files)

screens: $(O)/ipctop $(actor)
	$(say) SCREENS tests/bats/screens
	$(Q)rm -rf tests/bats/screens
	$(Q)SCREENS_ANEW=1 BUILD=$(abspath $(O)) tests/run tests/bats/monitor_screens.bats

# What takes too long for each time: detaching is killed 2000 times.
check-long: $(O)/ipctop $(actor) $(target)
	$(Q)DETACH_KILLS=2000 BUILD=$(abspath $(O)) tests/run tests/bats/detach_killed.bats
.PHONY: check bats screens check-long
