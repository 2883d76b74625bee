# The compiled tables against libmaxminddb; included by the Makefile.
#
#   make check-table               a million random addresses of each family; with
#                                  MERIDIAN_CITY_V4 and MERIDIAN_CITY_V6 also in a city database
#
# `make check-unit` does the same with fewer addresses.

.PHONY: check-table

check-table: $(OUT)/tests/geo/test_policy_mmdb
	MERIDIAN_ADDRESSES=1000000 $<
