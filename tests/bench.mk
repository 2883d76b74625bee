# Benchmarks: figures for people, never a condition of a test.

.PHONY: bench-instructions

bench-instructions: $(OUT)/tools/bench_query
	MERIDIAN_TOOLS='$(abspath $(OUT)/tools)' tests/bench/instructions
