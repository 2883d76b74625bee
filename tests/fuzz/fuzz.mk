# Fuzzing with libFuzzer; included by the Makefile.
#
#   make fuzz                      every target, FUZZ_SECONDS each
#   make fuzz F=message            one of them
#
# A target is a file fuzz_NAME.c with LLVMFuzzerTestOneInput(); its seeds are the
# files in seeds/NAME/. All library sources are compiled again, with coverage and
# sanitizers, in a folder of their own. Runs grow a copy of the seeds that stays
# there for the next run; what breaks a target is kept in found/NAME-*.

FUZZ_SECONDS ?= 20
FUZZ_CC      ?= clang
FUZZ_FLAGS   ?= -timeout=10 -rss_limit_mb=2048 -print_final_stats=1

FUZZ_OUT     := $(BUILD)/fuzz
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_NAMES   := $(FUZZ_SOURCES:tests/fuzz/fuzz_%.c=%)
FUZZ_BINS    := $(FUZZ_NAMES:%=$(FUZZ_OUT)/fuzz_%)
FUZZ_LIBRARY := $(FUZZ_OUT)/libmeridian.a

fuzz_objects = $(patsubst %.c,$(FUZZ_OUT)/obj/%.o,$(1))

FUZZ_CHECKS  := address,undefined
FUZZ_CFLAGS   = $(OUR_CFLAGS) $(CPPFLAGS) -O1 -g -fno-omit-frame-pointer $(PKG_CFLAGS) \
                -fsanitize=fuzzer-no-link,$(FUZZ_CHECKS) -fno-sanitize-recover=undefined

.PHONY: fuzz fuzz-build

fuzz: fuzz-build
	@failed=0; \
	for name in $(or $(F),$(FUZZ_NAMES)); do \
	    echo "== fuzz_$$name, $(FUZZ_SECONDS) s"; \
	    mkdir -p $(FUZZ_OUT)/corpus/$$name $(FUZZ_OUT)/found; \
	    test ! -d tests/fuzz/seeds/$$name || \
	        cp -R tests/fuzz/seeds/$$name/. $(FUZZ_OUT)/corpus/$$name/; \
	    $(FUZZ_OUT)/fuzz_$$name $(FUZZ_FLAGS) -max_total_time=$(FUZZ_SECONDS) \
	        -artifact_prefix=$(FUZZ_OUT)/found/$$name- $(FUZZ_OUT)/corpus/$$name \
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

$(FUZZ_BINS): $(FUZZ_OUT)/fuzz_%: $(FUZZ_OUT)/obj/tests/fuzz/fuzz_%.o $(FUZZ_LIBRARY)
	$(FUZZ_CC) -g -pthread -fsanitize=fuzzer,$(FUZZ_CHECKS) -o $@ $< $(FUZZ_LIBRARY) $(ALL_LIBS)

-include $(patsubst %.o,%.d,$(call fuzz_objects,$(LIB_SOURCES) $(FUZZ_SOURCES)))
