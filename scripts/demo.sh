#!/usr/bin/env bash
# Two Teams with weeks of history, for the Portal that `make run` has started in another terminal.
. "$(dirname "$0")/common.sh"
cd "$ROOT"
. scripts/development-env.sh
curl -fsS "$URL/readyz" >/dev/null 2>&1 || fail "no Portal answers at $URL; start it first, in another terminal: make run"
say "filling two Teams (about half a minute)"
"$BIN" demo --owner "${OWNER:-ada@example.com}"
echo "  at $URL, with the code from $URL/dev/mailbox"
