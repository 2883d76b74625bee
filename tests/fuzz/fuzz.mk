# Fuzzing with libFuzzer; included by the Makefile.
#
#   make fuzz                      every target, FUZZ_SECONDS each
#   make fuzz F=message            one of them
#   make check-replay              every seed and every past finding once, without libFuzzer;
#                                  a part of check-unit
#
# A target is a file fuzz_NAME.c with LLVMFuzzerTestOneInput(); its seeds are the
# files in seeds/NAME/. The other .c files here are helpers of all targets. A
# finding that was fixed is a folder tests/regress/WHAT/ with the `input` and the
# name of its `target`. All library sources are compiled again, with coverage and
# sanitizers, in a folder of their own. What a run finds to be new stays
# there for the next one; what breaks a target is kept in found/NAME-*.

FUZZ_SECONDS ?= 20
FUZZ_CC      ?= clang
FUZZ_FLAGS   ?= -timeout=10 -rss_limit_mb=2048 -print_final_stats=1

FUZZ_OUT     := $(BUILD)/fuzz
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_NAMES   := $(FUZZ_SOURCES:tests/fuzz/fuzz_%.c=%)
FUZZ_HELPERS := $(filter-out $(FUZZ_SOURCES) tests/fuzz/replay.c,$(sort $(wildcard tests/fuzz/*.c)))
FUZZ_BINS    := $(FUZZ_NAMES:%=$(FUZZ_OUT)/fuzz_%)
FUZZ_LIBRARY := $(FUZZ_OUT)/libmeridian.a

fuzz_objects = $(patsubst %.c,$(FUZZ_OUT)/obj/%.o,$(1))

FUZZ_CHECKS  := address,undefined
FUZZ_CFLAGS   = $(OUR_CFLAGS) $(CPPFLAGS) -O1 -g -fno-omit-frame-pointer $(PKG_CFLAGS) \
                -fsanitize=fuzzer-no-link,$(FUZZ_CHECKS) -fno-sanitize-recover=undefined

.PHONY: fuzz fuzz-build check-replay

fuzz: fuzz-build
	@failed=0; \
	for name in $(or $(F),$(FUZZ_NAMES)); do \
	    echo "== fuzz_$$name, $(FUZZ_SECONDS) s"; \
	    mkdir -p $(FUZZ_OUT)/corpus/$$name $(FUZZ_OUT)/found; \
	    words=; test ! -f tests/fuzz/$$name.dict || words=-dict=tests/fuzz/$$name.dict; \
	    $(FUZZ_OUT)/fuzz_$$name $(FUZZ_FLAGS) $$words -max_total_time=$(FUZZ_SECONDS) \
	        -artifact_prefix=$(FUZZ_OUT)/found/$$name- $(FUZZ_OUT)/corpus/$$name tests/fuzz/seeds/$$name \
	        >$(FUZZ_OUT)/fuzz_$$name.log 2>&1 || failed=$$((failed + 1)); \
	    grep -E '^(SUMMARY|stat::number_of_executed|#[0-9]+.*DONE)' \
	        $(FUZZ_OUT)/fuzz_$$name.log || tail -20 $(FUZZ_OUT)/fuzz_$$name.log; \
	done; \
	echo "$$failed fuzz targets failed"; \
	test $$failed -eq 0

fuzz-build: $(FUZZ_BINS)

$(FUZZ_OUT)/obj/%.o: %.c tests/fuzz/fuzz.mk
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

$(FUZZ_LIBRARY): $(call fuzz_objects,$(LIB_SOURCES))
	@rm -f $@
	$(AR) rcs $@ $^

$(FUZZ_BINS): $(FUZZ_OUT)/fuzz_%: $(FUZZ_OUT)/obj/tests/fuzz/fuzz_%.o \
              $(call fuzz_objects,$(FUZZ_HELPERS)) $(FUZZ_LIBRARY)
	$(FUZZ_CC) -g -pthread -fsanitize=fuzzer,$(FUZZ_CHECKS) -o $@ $^ $(ALL_LIBS)

# ---- the same targets as ordinary programs ----

REPLAYS := $(FUZZ_NAMES:%=$(OUT)/tests/fuzz/replay_%)

$(REPLAYS): $(OUT)/tests/fuzz/replay_%: $(OUT)/obj/tests/fuzz/fuzz_%.o \
            $(call objects,$(FUZZ_HELPERS) tests/fuzz/replay.c) $(LIBRARY)
	$(call link)

check-unit: check-replay
check-replay: $(REPLAYS)
	@failed=0; \
	for name in $(FUZZ_NAMES); do \
	    found=$$(grep -lxs $$name tests/regress/*/target | sed 's|target$$|input|'); \
	    replay=$(OUT)/tests/fuzz/replay_$$name; \
	    if $(TEST_ENV) timeout 300 $$replay tests/fuzz/seeds/$$name $$found >$$replay.log 2>&1; then \
	        echo "ok      replay $$name ($$(tail -1 $$replay.log))"; \
	    else \
	        echo "FAILED  replay $$name"; tail -40 $$replay.log; failed=$$((failed + 1)); \
	    fi; \
	done; \
	test $$failed -eq 0

-include $(patsubst %.o,%.d,$(call fuzz_objects,$(LIB_SOURCES) $(FUZZ_SOURCES) $(FUZZ_HELPERS)))
-include $(patsubst %.o,%.d,$(call objects,$(FUZZ_SOURCES) $(FUZZ_HELPERS) tests/fuzz/replay.c))
