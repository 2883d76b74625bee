# Benchmarks: figures for people, never a condition of a test.
#
#   make bench                    queries, load and reload beside the peers that are installed;
#                                 tests/bench/run lists its knobs (BENCH_ROUNDS=3 BENCH_ONLY=...)
#   make bench-instructions       instructions a query, by callgrind
#   make bench-load               how large zones load, alone
#   make bench-health             how soon answers follow what happens to a region
#   make bench-probes             what watching thousands of targets costs; as root
#   make packages-bench           installs the peers

.PHONY: bench bench-instructions bench-load bench-health bench-probes packages-bench

bench: $(PROGRAMS) $(OUT)/tools/bench_load $(OUT)/tools/bench_echo
	@$(TEST_ENV) BENCH_OUT='$(or $(BENCH_OUT),$(abspath $(OUT)/bench))' tests/bench/run

bench-instructions: $(OUT)/tools/bench_query
	MERIDIAN_TOOLS='$(abspath $(OUT)/tools)' tests/bench/instructions

bench-load: $(PROGRAMS) $(OUT)/tools/bench_load
	MERIDIAN_BUILD='$(abspath $(BIN))' tests/bench/load

bench-health: $(PROGRAMS) $(OUT)/tools/bench_load
	$(TEST_ENV) MERIDIAN_TOOLS='$(abspath $(OUT)/tools)' tests/bench/flips

bench-probes: $(PROGRAMS)
	MERIDIAN_BUILD='$(abspath $(BIN))' tests/bench/probes

packages-bench:
	@tools/install-packages.sh build bench
