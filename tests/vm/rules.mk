# SPDX-License-Identifier: GPL-2.0-or-later
# make check-vm: what needs another kernel than the one that runs here; see tests/vm/run. Not part of `make check`.

vm_targets := $(O)/tests/vm/target32 $(O)/tests/vm/target64
vm_programs := $(vm_targets) $(O)/tests/vm/abandon

# Static and never instrumented: the machine has no libraries for 32 bits.
$(vm_targets): $(O)/tests/vm/target%: tests/vm/target32.c $(O)/flags
	$(say) TEST $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -m$* -static -std=gnu11 -D_GNU_SOURCE $(warnings) $(CFLAGS) -pthread -o $@ $<

$(O)/tests/vm/abandon: tests/vm/abandon.c $(library) $(O)/flags
	$(say) TEST $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(our_cflags) $(CFLAGS) -MMD -MP -Isrc -o $@ $< $(our_ldflags) $(LDFLAGS) $(library) $(PKG_LIBS)

check-vm: $(O)/ipctop $(vm_programs)
	$(Q)VM_SECONDS=$${VM_SECONDS:-900} tests/vm/run tests/vm/detach32.sh $(O)/ipctop $(vm_programs)
.PHONY: check-vm
