#!/usr/bin/env bash
# Issuing beside a bare JSON answer of axum, on SQLite and on a PostgreSQL of its own, as ratios within this run.
. "$(dirname "$0")/common.sh"
cd "$ROOT"
apt_install wrk postgresql python3
say "building the benches (the first time about ten minutes)"
cargo bench --quiet --package server --bench issue --no-run
# Durable means durable: the cluster of the tests has fsync off, this one has it on.
PORTAL_POSTGRES_FSYNC=on scripts/postgres.sh cargo bench --quiet --package server --bench issue
say "the log's page over a million events of one Team, on both"
scripts/postgres.sh cargo test --quiet --package server --test it -- --ignored --nocapture a_million_events
