# SPDX-License-Identifier: GPL-2.0-or-later
# The churn test: its program over the library, and the processes that it moves. Those are never
# instrumented, for they do what sanitizers object to.

churn_dir := $(O)/tests/churn
churn := $(churn_dir)/churn $(churn_dir)/mover $(churn_dir)/rivals $(churn_dir)/crowd

$(churn_dir)/churn: tests/churn/churn.c tests/churn/document.c tests/churn/churn.h tests/churn/document.h \
		$(library) $(O)/flags
	$(say) TEST $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(our_cflags) $(CFLAGS) -Isrc -o $@ $(filter %.c,$^) $(our_ldflags) $(LDFLAGS) \
		$(library) $(PKG_LIBS)

$(churn_dir)/mover: tests/churn/mover.c tests/churn/churn.h $(O)/flags
	$(say) TEST $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out $(sanitize),$(our_cflags)) $(CFLAGS) -o $@ $< \
		$(filter-out $(sanitize),$(our_ldflags)) $(LDFLAGS)

$(churn_dir)/rivals $(churn_dir)/crowd: $(churn_dir)/%: tests/churn/%.c $(O)/flags
	$(say) TEST $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out $(sanitize),$(our_cflags)) $(CFLAGS) -o $@ $< \
		$(filter-out $(sanitize),$(our_ldflags)) $(LDFLAGS)
