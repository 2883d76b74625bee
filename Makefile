# meridian: plain GNU make.
#
#   make                          both programs, in build/
#   make check                    installs what is missing, then every test
#   make check-unit               the unit twins; `make unit T=zones/zone` for one
#   make check-blackbox           the real daemon, asked over the network
#   make compare                  random zones, answered by us and three other name servers
#   make oracle                   random maps, answered by us and by an independent oracle
#   make demo                     the main job as a story
#   make bench                    how fast, beside other name servers (tests/bench/README.md)
#   make install DESTDIR= PREFIX=/usr/local
#   make release                  both programs in build/release, optimized as a whole and for the
#                                 queries of tests/bench/train (gcc); RELEASE=install installs them
#
#   SAN=address,undefined         its own folder below $(BUILD), objects never mix
#   CI=1                          warnings stop the build
#   V=1                           whole commands instead of a line a file
#   BUILD=DIR                     where everything made goes (default: build)
#   ROOMS="dns/base geo"          only these rooms in the library, while another is half built

BUILD  ?= build
PREFIX ?= /usr/local
CFLAGS ?= -O2 -g

# ---- where things go ---------------------------------------------------------

comma := ,
ifdef SAN
OUT := $(BUILD)/san-$(subst $(comma),-,$(SAN))
BIN := $(OUT)/bin
else
OUT := $(BUILD)
BIN := $(BUILD)
endif

# ---- sources, found by wildcard ----------------------------------------------

ROOMS        ?= dns/base dns/proto geo health zones dns/server
LIB_SOURCES  := $(filter-out dns/server/main.c,$(sort $(wildcard $(addsuffix /*.c,$(ROOMS)))))
CLI_SOURCES  := $(sort $(wildcard tools/meridian_*.c))
CLI_MAIN     := $(wildcard tools/meridian.c)
DAEMON_MAIN  := $(wildcard dns/server/main.c)
LOAD_SOURCES := $(sort $(wildcard tools/load_*.c))
TOOL_SOURCES := $(filter-out tools/meridian% tools/load_%,$(sort $(wildcard tools/*.c)))
TEST_SOURCES := $(sort $(wildcard $(addsuffix /test_*.c,\
                  $(addprefix tests/,dns/base dns/proto geo health zones dns/server tools))))
SOURCES      := $(LIB_SOURCES) $(DAEMON_MAIN) $(CLI_MAIN) $(CLI_SOURCES) $(LOAD_SOURCES) \
                $(TOOL_SOURCES) $(TEST_SOURCES)

objects = $(patsubst %.c,$(OUT)/obj/%.o,$(1))

LIBRARY  := $(OUT)/libmeridian.a
PROGRAMS := $(if $(DAEMON_MAIN),$(BIN)/meridiand) $(if $(CLI_MAIN),$(BIN)/meridian)
TOOLS    := $(TOOL_SOURCES:tools/%.c=$(OUT)/tools/%)
TESTS    := $(TEST_SOURCES:%.c=$(OUT)/%)

# ---- flags -------------------------------------------------------------------

# pkg-config is asked at the first compilation and not before: `make check` and
# `make demo` install the libraries first.
PACKAGES := ldns libmaxminddb jansson liburcu libcurl libmicrohttpd libcrypto
PKG_CFLAGS  = $(eval PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES)))$(PKG_CFLAGS)
PKG_LIBS    = $(eval PKG_LIBS := $(shell pkg-config --libs $(PACKAGES)) -lev)$(PKG_LIBS)
CMOCKA_LIBS = $(eval CMOCKA_LIBS := $(shell pkg-config --libs cmocka))$(CMOCKA_LIBS)

WARNINGS := -Wall -Wextra -Wshadow -Wconversion $(if $(filter 1 true,$(CI)),-Werror)
ifdef SAN
HARDEN_CFLAGS  := -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined
HARDEN_LDFLAGS := -fsanitize=$(SAN)
else
HARDEN_CFLAGS  := -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fPIE
HARDEN_LDFLAGS := -pie -Wl,-z,relro -Wl,-z,now -Wl,--as-needed
endif

OUR_CFLAGS  := -std=c17 -D_GNU_SOURCE -I. -pthread $(WARNINGS)
ALL_CFLAGS   = $(OUR_CFLAGS) $(CPPFLAGS) $(CFLAGS) $(HARDEN_CFLAGS) $(PKG_CFLAGS)
ALL_LDFLAGS  = $(CFLAGS) -pthread $(HARDEN_LDFLAGS) $(LDFLAGS)
ALL_LIBS     = $(PKG_LIBS) -lm -lpthread $(LDLIBS)

# One line a file; V=1 shows the whole commands.
Q   = $(if $(V),,@)
say = $(if $(V),,@echo '  $(1)')

# ---- programs ----------------------------------------------------------------

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all tools check check-unit check-blackbox check-compare compare unit arrows demo install release lint clean FORCE \
        packages packages-demo packages-test

all: $(PROGRAMS)

tools: $(TOOLS)

# These files change when the flags or the list of modules do, and only then.
remember = @mkdir -p $(@D); printf '%s\n' '$(1)' | cmp -s - $@ || printf '%s\n' '$(1)' >$@
$(OUT)/flags: FORCE
	$(call remember,$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS))
$(OUT)/modules: FORCE
	$(call remember,$(LIB_SOURCES))

$(OUT)/obj/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,CC $<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(LIBRARY): $(call objects,$(LIB_SOURCES)) $(OUT)/modules
	@rm -f $@
	$(call say,AR $@)
	$(Q)$(AR) rcs $@ $(filter %.o,$^)

define link
	@mkdir -p $(@D)
	$(call say,LD $@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBRARY) $(1) $(ALL_LIBS)
endef

$(BIN)/meridiand: $(call objects,$(DAEMON_MAIN)) $(LIBRARY)
	$(call link)

$(BIN)/meridian: $(call objects,$(CLI_MAIN) $(CLI_SOURCES)) $(LIBRARY)
	$(call link)

# The tools may load as the operator's program does; one of them is the load generator.
$(OUT)/tools/bench_load: $(call objects,$(LOAD_SOURCES))
$(TOOLS): $(OUT)/tools/%: $(OUT)/obj/tools/%.o $(call objects,$(CLI_SOURCES)) $(LIBRARY)
	$(call link)

# ---- tests -------------------------------------------------------------------

$(filter $(OUT)/tests/tools/%,$(TESTS)): $(call objects,$(CLI_SOURCES) $(LOAD_SOURCES))
$(TESTS): $(OUT)/tests/%: $(OUT)/obj/tests/%.o $(LIBRARY)
	$(call link,$(CMOCKA_LIBS))

# What a test may want to know; unit twins and black-box tests run at the top.
TEST_ENV = MERIDIAN_BUILD='$(abspath $(BIN))' MERIDIAN_TOOLS='$(abspath $(OUT)/tools)' \
           MERIDIAN_SAN='$(SAN)' UBSAN_OPTIONS=print_stacktrace=1

# The libraries may be missing when `make check` is read, so what needs them is a second make.
check: packages-test
	+@$(MAKE) --no-print-directory arrows all tools
	+@$(MAKE) --no-print-directory check-unit
	+@$(MAKE) --no-print-directory check-blackbox
	+@$(MAKE) --no-print-directory check-compare
	+@$(MAKE) --no-print-directory check-oracle

arrows:
	@sh tests/arrows.sh

check-unit: $(TESTS)
	@failed=0; \
	for test in $(TESTS); do \
	    name=$${test#$(OUT)/tests/}; \
	    if $(TEST_ENV) timeout 300 $$test >$$test.log 2>&1; then \
	        echo "ok      $$name ($$(grep -c '^\[       OK \]' $$test.log) tests)"; \
	    else \
	        echo "FAILED  $$name"; cat $$test.log; failed=$$((failed + 1)); \
	    fi; \
	done; \
	echo "$(words $(TESTS)) unit programs, $$failed failed"; \
	test $$failed -eq 0

UNIT = $(OUT)/tests/$(dir $(T))test_$(notdir $(T))
unit: $(if $(T),$(UNIT))
	@$(if $(T),,echo "usage: make unit T=zones/zone" >&2; exit 2;) $(TEST_ENV) $(UNIT)

check-blackbox: $(PROGRAMS) $(OUT)/tools/bench_load
	$(TEST_ENV) tests/blackbox/run

# The whole proof, and the short one that belongs to every check.
PAIRS ?= 100000
compare: packages-test
	+@$(MAKE) --no-print-directory all
	$(TEST_ENV) tests/compare/run --pairs $(PAIRS)

check-compare: $(PROGRAMS)
	$(TEST_ENV) tests/compare/run --pairs 3000 --zones 50

demo: packages-demo
	+@$(MAKE) --no-print-directory all
	@MERIDIAN_BUILD='$(abspath $(BIN))' tools/demo.sh

# ---- packages ----------------------------------------------------------------

packages:
	@tools/install-packages.sh build

packages-demo:
	@tools/install-packages.sh build demo

packages-test:
	@tools/install-packages.sh build demo test

# ---- release -----------------------------------------------------------------

# Two builds in one folder: the first counts what is executed while it answers the training
# questions, and leaves that beside its objects; the second knows it. Flags that differ make
# everything anew. What the questions do not reach is compiled as ever.
RELEASE        ?= all
RELEASE_OUT    := $(BUILD)/release
RELEASE_CFLAGS := -O2 -g -flto=auto
RELEASE_MAKE    = +@$(MAKE) --no-print-directory BUILD='$(RELEASE_OUT)'
release:
	$(RELEASE_MAKE) CFLAGS='$(RELEASE_CFLAGS) -fprofile-generate -fprofile-update=single' \
	    '$(RELEASE_OUT)/tools/bench_query'
	@find '$(RELEASE_OUT)' -name '*.gcda' -delete
	tests/bench/train '$(RELEASE_OUT)/tools/bench_query'
	$(RELEASE_MAKE) CFLAGS='$(RELEASE_CFLAGS) -fprofile-use -fprofile-partial-training -Wno-missing-profile' \
	    $(RELEASE)

# ---- installation ------------------------------------------------------------

SHARE = $(DESTDIR)$(PREFIX)/share

install: $(PROGRAMS)
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin
	install -d $(SHARE)/doc/meridian $(SHARE)/meridian
	install -m 755 $(BIN)/meridiand $(DESTDIR)$(PREFIX)/sbin/meridiand
	install -m 755 $(BIN)/meridian $(DESTDIR)$(PREFIX)/bin/meridian
	for file in $(wildcard README.md CHANGELOG.md LICENSE docs/*.md docs/*.json); do \
	    install -m 644 $$file $(SHARE)/doc/meridian/ || exit 1; \
	done
	for file in $(wildcard geo/data/*); do \
	    install -m 644 $$file $(SHARE)/meridian/ || exit 1; \
	done
	find docs/example -type f | while read -r file; do \
	    install -D -m 644 "$$file" "$(SHARE)/doc/meridian/$${file#docs/}" || exit 1; \
	done
	sed -i 's|"geo-whois|"$(PREFIX)/share/meridian/geo-whois|' \
	    $(SHARE)/doc/meridian/example/meridian.json
	sed -i 's|/usr/local/|$(PREFIX)/|g' $(SHARE)/doc/meridian/example/meridiand.service

# ---- for editors and readers -------------------------------------------------

compile_commands.json: FORCE
	@{ printf '['; comma=; for file in $(SOURCES); do \
	    printf '%s\n  { "directory": "%s", "file": "%s", "command": "%s" }' \
	        "$$comma" '$(CURDIR)' "$$file" "$(CC) $(ALL_CFLAGS) -c $$file"; comma=,; \
	done; printf '\n]\n'; } >$@

lint: compile_commands.json
	clang-tidy --quiet -p . $(filter-out tests/%,$(SOURCES))

clean:
	rm -rf $(BUILD) compile_commands.json

FORCE:

-include $(patsubst %.o,%.d,$(call objects,$(SOURCES)))
-include tests/fuzz/fuzz.mk
-include tests/mutate/mutate.mk
-include tests/bench.mk
-include tests/oracle/oracle.mk
-include tests/geo.mk
