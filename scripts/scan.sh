#!/usr/bin/env bash
# What Portal is built from: licences, bans and sources of every crate; known vulnerabilities of crates and of the npm packages that
# test and measure it, wherever their databases can be reached; and bills of materials (CycloneDX). All of it into target/proofs.
. "$(dirname "$0")/common.sh"
cd "$ROOT"
scripts/setup.sh scan
OUT=$ROOT/target/proofs
mkdir -p "$OUT"
# A scan that breaks off leaves no result; when each check passed last is carried over.
if [ -f "$OUT/scan.json" ]; then mv "$OUT/scan.json" "$OUT/scan.before.json"; fi
BEFORE=$(cat "$OUT/scan.before.json" 2>/dev/null || echo "{}")
WORK=$(mktemp -d "${TMPDIR:-/tmp}/portal-scan.XXXXXX")
trap 'rm -rf "$WORK"' EXIT

# verdict CHECK passed|failed|unreachable: a line of the result. What could not be reached is no pass.
verdict() {
  echo "$1 $2" >>"$WORK/verdicts"
  say "$1: $2"
}
# deny CHECK: one check of cargo-deny; what it finds stands on the screen.
deny() { if cargo deny --log-level warn check "$1"; then verdict "$1" passed; else verdict "$1" failed; fi; }

for check in licenses bans sources; do deny "$check"; done
if cargo deny fetch db >"$WORK/fetch" 2>&1; then deny advisories; else verdict advisories unreachable; fi

# npm answers with a report, or with why there is none.
for folder in end2end end2end/lighthouse end2end/observatory; do
  (cd "$folder" && npm audit --package-lock-only --json >"$WORK/npm-${folder//\//-}.json" 2>>"$WORK/npm.log") || true
done
verdict npm "$(python3 scripts/scan_result.py npm "$WORK"/npm-*.json)"

# cargo-cyclonedx writes beside each manifest, and takes the features of a whole workspace together: so it reads a copy of what
# is committed, of a workspace with one member.
bill() {
  local copy=$WORK/bill-of-$1
  mkdir "$copy" && git archive HEAD | tar -x -C "$copy"
  sed -i -e "s|^members = .*|members = [\"$1\"]|" -e '/^default-members/d' "$copy/Cargo.toml"
  cargo cyclonedx --manifest-path "$copy/$1/Cargo.toml" --target "$2" --format json --spec-version 1.5 --all --quiet
  sed "s|$copy/||g" "$copy/$1/"*.cdx.json >"$OUT/$1.cdx.json"
}
bill server x86_64-unknown-linux-gnu
bill frontend wasm32-unknown-unknown

python3 scripts/scan_result.py write "$OUT" "$WORK/verdicts" "$(commit)" "$BEFORE"
cat "$OUT/scan.json" && echo
! grep -q ' failed$' "$WORK/verdicts" || fail "this must not be shipped"
