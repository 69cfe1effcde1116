# make run    Portal on this machine: gets what is missing, builds, starts, says where to go
# make test   everything: format, lints, unit and integration tests on both databases, browser journeys
# make bench  throughput of issuing beside a bare answer, as ratios
.PHONY: run test bench release setup fmt

run:
	@scripts/development.sh

test:
	@scripts/test.sh

bench:
	@scripts/bench.sh

release:
	@scripts/release.sh

setup:
	@scripts/setup.sh test

fmt:
	@cargo fmt --all
