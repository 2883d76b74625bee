# The zone loader under random mutations; included by the Makefile.
#
#   make mutate                    a million mutants loaded under the sanitizers, MUTATE_COMPARE
#                                  of the accepted ones compared with named-compilezone
#   make check-mutate              a few seconds of it; a part of check-blackbox
#
# MUTATE_FIRST is the number of the first mutant: the same numbers are the same mutants.

MUTATE_COUNT   ?= 1000000
MUTATE_COMPARE ?= 30000
MUTATE_FIRST   ?= 1

MUTANTS        := $(OUT)/tests/mutate/mutants
MUTATE_SOURCES := tests/mutate/mutants.c tests/mutate/mutation.c

.PHONY: mutate check-mutate

$(MUTANTS): $(call objects,$(MUTATE_SOURCES)) $(LIBRARY)
	$(call link)

mutate:
	+@$(MAKE) --no-print-directory SAN=address,undefined mutate-run

.PHONY: mutate-run
mutate-run: $(MUTANTS)
	tests/mutate/run --program $(MUTANTS) --first $(MUTATE_FIRST) \
	    --count $(MUTATE_COUNT) --compare $(MUTATE_COMPARE)

check-mutate: $(MUTANTS)
	@if timeout 300 tests/mutate/run --program $(MUTANTS) --count 5000 --compare 150 \
	    >$(MUTANTS).log 2>&1; then \
	    echo "ok      mutate ($$(tail -1 $(MUTANTS).log))"; \
	else \
	    echo "FAILED  mutate"; tail -40 $(MUTANTS).log; exit 1; \
	fi

check-blackbox: check-mutate

-include $(patsubst %.o,%.d,$(call objects,$(MUTATE_SOURCES)))
