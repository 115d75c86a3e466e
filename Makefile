# SPDX-License-Identifier: GPL-2.0-or-later
#
# make                     build
# make run                 build and list what is shared here
# make check               all tests
# make check-vm            tests of 32-bit programs in a virtual machine (qemu; some minutes)
# make check-long          more of what needs many tries
# make lint                the rules that a machine can check
# make fuzz                fuzzers, a bounded time each
# make bench [POP=S,M,L]   measure beside other tools
# make picture             the screen that README shows, anew
# make screens             the screens that tests compare with, anew; git diff shows what differs
# make deps                install what is missing to build and test (Debian, Ubuntu);
#                          `make deps run` and `make deps check` go on from there
# make install [PREFIX=/usr/local] [DESTDIR=] [SYSCONFDIR=/etc] [WITH_IPCS_LINKS=1]
#                          with links, ipctop stands in the place of ipcs, ipcrm and ipcmk, too
# make uninstall           take the same files away again, the links in any case
# make clean               remove what was built
#
# O=DIR builds elsewhere, V=1 shows commands, SANITIZE=address,undefined instruments
# (in build-san), CC=clang changes the compiler.

VERSION := 0.1
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
WITH_IPCS_LINKS ?=
SANITIZE ?=
O ?= $(if $(SANITIZE),build-san,build)
CC ?= cc
INSTALL ?= install
PKG_CONFIG ?= pkg-config

.DEFAULT_GOAL := all

# Goals that need no libraries must work where there are none yet.
BUILDLESS := deps clean uninstall help
ifneq ($(filter deps,$(MAKECMDGOALS)),)
# `make deps run` in one call: what deps installs is looked for only afterwards.
ifneq ($(filter-out $(BUILDLESS),$(MAKECMDGOALS)),)
DEFERRED := $(filter-out deps,$(MAKECMDGOALS))
endif
endif

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-7s %s\n'
MAKEFLAGS += --no-print-directory
endif

# Building needs less than testing.
deps_for := $(if $(filter-out all run install,$(or $(DEFERRED),check)),build test,build)
deps:
	$(Q)sh tests/deps $(deps_for)
.PHONY: deps

ifdef DEFERRED
.PHONY: $(DEFERRED)
$(firstword $(DEFERRED)): deps
	$(Q)$(MAKE) $(DEFERRED)
$(wordlist 2,99,$(DEFERRED)): $(firstword $(DEFERRED))
	@:
else

packages := libproc2 smartcols json-c libzstd ncursesw
READELF ?= readelf
ifneq ($(filter-out $(BUILDLESS),$(or $(MAKECMDGOALS),all)),)
missing := $(shell for p in $(packages); do $(PKG_CONFIG) --exists $$p || echo $$p; done 2>/dev/null)
$(if $(missing),$(error $(PKG_CONFIG) does not find $(missing): `make deps` installs what is needed))
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(packages))
# All of them are opened only when they are needed (src/lib/library.c), so not linked.
PKG_LIBS := -ldl
# The name by which a program that is linked with package $(1) asks for it, before what that needs.
soname = $(shell f=$$(mktemp) && \
	$(CC) -shared -nostdlib -Wl,--no-as-needed -o $$f $$($(PKG_CONFIG) --libs $(1)) && \
	LC_ALL=C $(READELF) -d $$f | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p' | sed q; rm -f $$f)
# smartcols: -DLIBSMARTCOLS='"libsmartcols.so.1"'
macro_of = LIB$(shell echo '$(1:lib%=%)' | tr a-z- A-Z_)
soname_flag = $(or $(patsubst %,-D$(call macro_of,$(1))='"%"',$(call soname,$(1))), \
	$(error no shared library is found for $(1)))
SONAMES := $(foreach p,$(packages),$(call soname_flag,$(p)))
endif

CFLAGS ?= -O2 -g
warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
	-Wvla -Wno-unused-parameter -Wno-missing-field-initializers
hardening := -fPIE -fstack-protector-strong -fstack-clash-protection
ifeq ($(SANITIZE),)
hardening += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
else
sanitize := -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined
endif
our_cflags := -std=gnu11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -DSYSCONFDIR='"$(SYSCONFDIR)"' \
	$(SONAMES) -Iinclude -I$(O)/gen -include ipctop/banned.h $(warnings) $(hardening) $(sanitize) $(PKG_CFLAGS) -pthread
our_ldflags := -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(sanitize) -pthread

sources := $(sort $(wildcard src/*/*.c src/act/*/*.c))
grammar := $(sort $(wildcard src/*/*.l src/*/*.y))
generated := $(patsubst src/%.l,$(O)/gen/%_lex.c,$(filter %.l,$(grammar))) \
	$(patsubst src/%.y,$(O)/gen/%_parse.c,$(filter %.y,$(grammar)))
objects := $(sources:src/%.c=$(O)/%.o) $(generated:$(O)/gen/%.c=$(O)/gen/%.o)
library := $(O)/libipctop.a

all: $(O)/ipctop

$(O)/ipctop: $(O)/main.o $(library) $(O)/flags
	$(say) LD $@
	$(Q)$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $(O)/main.o $(library) $(PKG_LIBS)

$(library): $(objects)
	$(say) AR $@
	$(Q)rm -f $@ && ar rcs $@ $^

$(O)/%.o: src/%.c $(O)/flags | $(generated)
	$(say) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(our_cflags) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/gen/%.o: $(O)/gen/%.c $(O)/flags
	$(say) CC $<
	$(Q)$(CC) $(our_cflags) $(CFLAGS) -Wno-unused-function -Wno-missing-prototypes -Wno-sign-compare \
		-Isrc/$(dir $*) -MMD -MP -c -o $@ $<

$(O)/gen/%_lex.c: src/%.l $(O)/gen/%_parse.c
	$(say) LEX $<
	$(Q)mkdir -p $(@D)
	$(Q)flex --header-file=$(@:.c=.h) -o $@ $<

$(O)/gen/%_parse.c: src/%.y
	$(say) YACC $<
	$(Q)mkdir -p $(@D)
	$(Q)bison -Wall -Werror --defines=$(@:.c=.h) -o $@ $<

# Not intermediate: what depends on them stands in .d files.
.SECONDARY: $(generated)

# A change of compiler or flags rebuilds.
flags_now := $(CC) $(our_cflags) $(CFLAGS) $(our_ldflags) $(LDFLAGS) $(PKG_LIBS)
$(O)/flags: FORCE
	$(Q)mkdir -p $(O)
	$(Q)printf '%s\n' '$(subst ','\'',$(flags_now))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(flags_now))' > $@

-include $(shell find $(O) -name '*.d' 2>/dev/null)

include tests/Makefile tests/lint/rules.mk tests/bench/rules.mk tests/picture/rules.mk

run: $(O)/ipctop
	$(Q)$(O)/ipctop list

schema := $(O)/ipctop-1.schema.json
$(schema): $(O)/ipctop
	$(say) GEN $@
	$(Q)$(O)/ipctop --json-schema > $@.new && mv $@.new $@

bindir := $(DESTDIR)$(PREFIX)/bin
man1dir := $(DESTDIR)$(PREFIX)/share/man/man1
man5dir := $(DESTDIR)$(PREFIX)/share/man/man5
datadir := $(DESTDIR)$(PREFIX)/share/ipctop
unitdir := $(DESTDIR)$(PREFIX)/lib/systemd/system
share := $(DESTDIR)$(PREFIX)/share
# In completions/, by the names that each shell looks for.
completions := $(share)/bash-completion/completions/ipctop $(share)/zsh/site-functions/_ipctop \
	$(share)/fish/vendor_completions.d/ipctop.fish

pages := $(wildcard man/*.1)
formats := $(wildcard man/*.5)
units := $(wildcard src/share/*.service src/share/*.timer)
examples := $(filter-out $(units),$(wildcard src/share/*.*))
# For Prometheus and Grafana, in folders of their own.
fleet := $(wildcard src/share/*/*)

# Programs that ipctop can stand in the place of. A link that leads elsewhere, or a file, is not ours.
links := ipcs ipcrm ipcmk
page_of_links := ipctop-ipcs.1
remove_link = if [ "$$(readlink $(1))" = $(2) ]; then rm -f $(1); fi
each_link = $(foreach l,$(links),$(call $(1),$(bindir)/$(l),ipctop) && \
	$(call $(1),$(man1dir)/$(l).1,$(page_of_links)) &&) :
make_link = ln -sf $(2) $(1)

# What names the place of the program names the one of the installed one; scripts can be run.
install_naming = sed 's|/usr/local/bin|$(PREFIX)/bin|' $(1) > $(2)/$(notdir $(1)) && \
	chmod $(if $(filter %.sh,$(1)),755,644) $(2)/$(notdir $(1))

install: $(O)/ipctop $(schema)
	$(say) INSTALL $(DESTDIR)$(PREFIX)
	$(Q)$(INSTALL) -d $(bindir) $(man1dir) $(man5dir) $(datadir) $(unitdir)
	$(Q)$(INSTALL) -m 755 $(O)/ipctop $(bindir)/ipctop
	$(Q)$(INSTALL) -m 644 $(pages) $(man1dir)
	$(Q)$(INSTALL) -m 644 $(formats) $(man5dir)
	$(Q)$(INSTALL) -m 644 $(schema) $(datadir)/ipctop-1.schema.json
	$(Q)$(foreach f,$(completions),$(INSTALL) -D -m 644 completions/$(notdir $(f)) $(f) &&) :
	$(Q)$(foreach f,$(fleet),$(INSTALL) -D -m 644 $(f) $(patsubst src/share/%,$(datadir)/%,$(f)) &&) :
	$(Q)$(foreach f,$(examples),$(call install_naming,$(f),$(datadir)) &&) :
	$(Q)$(foreach f,$(units),$(call install_naming,$(f),$(unitdir)) &&) :
	$(Q)$(if $(filter 1,$(WITH_IPCS_LINKS)),$(call each_link,make_link),:)

uninstall:
	$(say) REMOVE $(DESTDIR)$(PREFIX)
	$(Q)$(call each_link,remove_link)
	$(Q)rm -f $(bindir)/ipctop $(completions)
	$(Q)rm -f $(patsubst man/%,$(man1dir)/%,$(pages)) $(patsubst man/%,$(man5dir)/%,$(formats)) $(patsubst src/share/%,$(unitdir)/%,$(units))
	$(Q)rm -rf $(datadir)

# Only a folder that this Makefile made.
clean:
	$(say) CLEAN $(O)
	$(Q)if [ -e $(O)/flags ]; then rm -rf $(O); fi

help:
	@sed -n '3,/^$$/s/^# \{0,1\}//p' Makefile

.PHONY: all run install uninstall clean help FORCE
endif
