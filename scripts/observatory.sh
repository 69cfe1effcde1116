#!/usr/bin/env bash
# The score of Mozilla's HTTP Observatory for Portal behind TLS (SECURITY.md): red below 115.
. "$(dirname "$0")/common.sh"
cd "$ROOT"
. scripts/development-env.sh
scripts/setup.sh build
say "building the bundle and the server"
trunk build --quiet >"$CACHE/trunk.log" 2>&1 || { tail -n 40 "$CACHE/trunk.log" >&2; fail "the bundle was not built"; }
cargo build --quiet --bin portal

FOLDER=$CACHE/observatory
mkdir -p "$FOLDER"
cp end2end/observatory/* "$FOLDER/"
# Its own install scripts fetch lists that say nothing about this host.
[ -d "$FOLDER/node_modules" ] || { say "installing the scanner"; (cd "$FOLDER" && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) || fail "npm could not install it; see $FOLDER/npm.log"; }
DATA=$(mktemp -d "${TMPDIR:-/tmp}/portal-observatory.XXXXXX")
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
TLS=$(free_port) PORT=$(free_port)
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout "$DATA/key.pem" -out "$DATA/cert.pem" 2>/dev/null
PORTAL_PUBLIC_URL=https://localhost:$TLS PORTAL_LISTEN=127.0.0.1:$PORT PORTAL_METRICS_LISTEN=127.0.0.1:$(free_port) \
  PORTAL_DATA_DIR=$DATA PORTAL_MAIL__CAPTURE_DIR=$DATA/mail "$BIN" serve --migrate &
PORTAL=$!
trap 'kill -TERM $PORTAL 2>/dev/null; wait $PORTAL 2>/dev/null; rm -rf "$DATA"' EXIT
for _ in $(seq 100); do curl -fsS "http://127.0.0.1:$PORT/readyz" >/dev/null 2>&1 && break; sleep 0.1; done
curl -fsS "http://127.0.0.1:$PORT/readyz" >/dev/null || fail "Portal did not start"
(cd "$FOLDER" && NODE_EXTRA_CA_CERTS=$DATA/cert.pem node scan.mjs "$DATA/key.pem" "$DATA/cert.pem" "$PORT" "$TLS")
