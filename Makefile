# make run    Portal on this machine: gets what is missing, builds, starts, says where to go
# make demo   two Teams with weeks of history, while `make run` runs
# make test   everything: format, lints, unit and integration tests on both databases, browser journeys
# make lighthouse    Lighthouse over the pages of the demonstration
# make observatory   the score of Mozilla's HTTP Observatory
# make scan   dependencies: licences, sources, known vulnerabilities, bills of materials
# make figures   the figures of what is promised about people and access
# make bench  throughput of issuing beside a bare answer, as ratios
.PHONY: run demo test figures scan bench observatory lighthouse release setup fmt

run:
	@scripts/development.sh

demo:
	@scripts/demo.sh

test:
	@scripts/test.sh

figures:
	@scripts/figures.sh

bench:
	@scripts/bench.sh

scan:
	@scripts/scan.sh

observatory:
	@scripts/observatory.sh

lighthouse:
	@scripts/lighthouse.sh

release:
	@scripts/release.sh

setup:
	@scripts/setup.sh test

fmt:
	@cargo fmt --all
