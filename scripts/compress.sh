#!/usr/bin/env bash
# After a bundle: .br and .gz beside every file that is served often. Debug bundles go as they are.
set -euo pipefail
rm -f "$TRUNK_STAGING_DIR/index.html"
[ "${TRUNK_PROFILE:-}" = debug ] && exit 0
for file in "$TRUNK_STAGING_DIR"/*.wasm "$TRUNK_STAGING_DIR"/*.js "$TRUNK_STAGING_DIR"/*.css; do
  brotli -q 11 -k -f "$file"
  gzip -9 -k -f "$file"
done
