# An independent opinion on who should be answered what: tests/oracle/run.

.PHONY: oracle check-oracle

# The whole proof, and the short one that belongs to every check.
TRIPLES ?= 1000000
oracle: packages-test
	+@$(MAKE) --no-print-directory all
	$(TEST_ENV) tests/oracle/run --triples $(TRIPLES)

check-oracle: $(PROGRAMS)
	$(TEST_ENV) tests/oracle/run --triples 20000 --per-state 2500 --seed 7871
