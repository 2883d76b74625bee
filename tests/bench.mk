# Benchmarks: figures for people, never a condition of a test.

.PHONY: bench-instructions bench-load

bench-instructions: $(OUT)/tools/bench_query
	MERIDIAN_TOOLS='$(abspath $(OUT)/tools)' tests/bench/instructions

bench-load: $(PROGRAMS)
	MERIDIAN_BUILD='$(abspath $(BIN))' tests/bench/load
