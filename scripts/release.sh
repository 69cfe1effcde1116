#!/usr/bin/env bash
# The optimised server and bundle: target/release/portal and target/site.
. "$(dirname "$0")/common.sh"
cd "$ROOT"
scripts/setup.sh build
scripts/scan.sh
say "building the bundle for size"
trunk build --release --quiet
say "building the server for speed"
BUILT_FROM=$(commit) cargo build --release --bin portal
say "${CARGO_TARGET_DIR:-target}/release/portal and target/site are ready"
