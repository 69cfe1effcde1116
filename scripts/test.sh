#!/usr/bin/env bash
# Everything that must hold. Ends with a line that counts the tests.
. "$(dirname "$0")/common.sh"
cd "$ROOT"
LOG=$(mktemp -d "${TMPDIR:-/tmp}/portal-test-logs.XXXXXX")
# `cargo test` prints a line a binary, Playwright one at its end. A word that never stands there counts 0: `awk`, unlike
# `grep`, does not call that a failure, which with `pipefail` would end a run whose tests all passed.
count() { awk -v word="$1" '{for (i = 2; i <= NF; i++) if ($i ~ "^" word "[;,.]?$" && $(i-1) ~ /^[0-9]+$/) n += $(i-1)} END {print n + 0}' "$LOG"/*; }
# What the page Promises shows of this run, however it ends.
FINISHED=false
tell() {
  mkdir -p target/proofs
  printf '{"at": "%s", "commit": "%s", "finished": %s, "passed": %s, "failed": %s}\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(commit)" \
    $FINISHED "$(count passed)" "$(count failed)" >target/proofs/tests.json
}
touch "$LOG/nothing"
trap 'tell; rm -rf "$LOG"' EXIT

scripts/setup.sh test
say "format"
cargo fmt --all --check
say "clippy"
cargo clippy --workspace --exclude frontend --all-targets --quiet -- -D warnings
cargo clippy --package frontend --target wasm32-unknown-unknown --quiet -- -D warnings
say "unit and integration tests, on SQLite and on a PostgreSQL of their own"
scripts/postgres.sh cargo test --workspace --exclude frontend 2>&1 | tee "$LOG/cargo"
say "the export for a SIEM, against OCSF's published schema"
scripts/ocsf.sh <target/ocsf/events.jsonl
say "the browser bundle"
trunk build --release --quiet
cargo build --quiet --bin portal
# Budgets, as browsers fetch them. The bundle's aim is 300,000; what is reached leaves room for what is to come.
within() {
  local size
  size=$(stat -c %s "$ROOT"/target/site/$1)
  [ "$size" -le "$2" ] || fail "$1 has $size bytes, more than $2"
  say "$1: $size bytes of $2"
}
within 'frontend-*_bg.wasm.br' 120000
within 'portal-*.css.br' 15000
say "browser journeys"
(cd end2end && npx playwright test) 2>&1 | tee "$LOG/browser"

FINISHED=true
echo "$(count passed) passed, $(count failed) failed"
