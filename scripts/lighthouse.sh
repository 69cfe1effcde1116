#!/usr/bin/env bash
# Lighthouse over the pages of the demonstration: red below 98 in any category.
. "$(dirname "$0")/common.sh"
cd "$ROOT"
scripts/setup.sh test
say "building the bundle and the server"
trunk build --release --quiet >"$CACHE/trunk.log" 2>&1 || { tail -n 40 "$CACHE/trunk.log" >&2; fail "the bundle was not built"; }
cargo build --quiet --bin portal
FOLDER=$CACHE/lighthouse
mkdir -p "$FOLDER"
cp end2end/lighthouse/* "$FOLDER/"
[ -d "$FOLDER/node_modules" ] || { say "installing Lighthouse"; (cd "$FOLDER" && npm ci --no-audit --no-fund >npm.log 2>&1) || fail "npm could not install it; see $FOLDER/npm.log"; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
PORT=$(free_port) AMAZON_PORT=$(free_port)
. scripts/development-env.sh
DATA=$(mktemp -d "${TMPDIR:-/tmp}/portal-lighthouse.XXXXXX")
export PORTAL_DATA_DIR=$DATA PORTAL_MAIL__CAPTURE_DIR=$DATA/mail PORTAL_METRICS_LISTEN=127.0.0.1:$(free_port)
"$BIN" simulate-amazon --listen "127.0.0.1:$AMAZON_PORT" >"$DATA/simulator.log" 2>&1 &
SIMULATOR=$!
"$BIN" serve --migrate &
PORTAL=$!
trap 'kill -TERM $PORTAL $SIMULATOR 2>/dev/null; wait $PORTAL $SIMULATOR 2>/dev/null; rm -rf "$DATA"' EXIT
for _ in $(seq 100); do curl -fsS "$URL/readyz" >/dev/null 2>&1 && break; sleep 0.1; done
curl -fsS "$URL/readyz" >/dev/null || fail "Portal did not start"
"$BIN" demo
(cd "$FOLDER" && node run.mjs "$URL" "$DATA/mail")
