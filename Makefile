# SPDX-License-Identifier: GPL-2.0-or-later
#
# make                     build
# make run                 build and list what is shared here
# make check               all tests
# make deps                install what is missing to build and test (Debian)
# make install [PREFIX=/usr/local] [DESTDIR=]
#
# O=DIR builds elsewhere, V=1 shows commands, SANITIZE=address,undefined instruments,
# CC=clang changes the compiler.

VERSION := 0.1
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
O ?= build
CC ?= cc
INSTALL ?= install
PKG_CONFIG ?= pkg-config

# Goals that need no libraries must work where there are none yet.
BUILDLESS := deps clean distclean uninstall help
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

ifdef DEFERRED
.PHONY: deps $(DEFERRED)
deps:
	$(Q)sh tests/deps
$(firstword $(DEFERRED)): deps
	$(Q)$(MAKE) $(DEFERRED)
$(wordlist 2,99,$(DEFERRED)): $(firstword $(DEFERRED))
	@:
else

LIBS := libproc2 ncursesw smartcols json-c libzstd
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags libproc2 json-c smartcols 2>/dev/null)
PKG_LIBS := $(shell $(PKG_CONFIG) --libs libproc2 json-c smartcols 2>/dev/null)

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
	-Iinclude -I$(O)/gen -include ipctop/banned.h $(warnings) $(hardening) $(sanitize) $(PKG_CFLAGS) -pthread
our_ldflags := -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(sanitize) -pthread

sources := $(sort $(wildcard src/*/*.c))
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

# A change of compiler or flags rebuilds.
flags_now := $(CC) $(our_cflags) $(CFLAGS) $(our_ldflags) $(LDFLAGS) $(PKG_LIBS)
$(O)/flags: FORCE
	$(Q)mkdir -p $(O)
	$(Q)printf '%s\n' '$(subst ','\'',$(flags_now))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(flags_now))' > $@

-include $(shell find $(O) -name '*.d' 2>/dev/null)

include tests/Makefile

.PHONY: all run deps install uninstall clean FORCE
endif
