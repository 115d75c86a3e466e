# SPDX-License-Identifier: GPL-2.0-or-later
# make lint: what a machine can check of the sources, the scripts and the manual. The program is
# needed for what it says of itself, the generated sources for the headers that include them.

lint_scripts := $(filter-out %/lib.sh,$(sort $(wildcard tests/lint/*.sh)))

lint: $(O)/ipctop $(generated)
	$(Q)CC='$(CC)' BUILD=$(abspath $(O)) tests/run $(lint_scripts)
.PHONY: lint
