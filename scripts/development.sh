#!/usr/bin/env bash
# Portal on this machine for development: SQLite and keys in ./data, captured mail, Amazon played by the simulator.
. "$(dirname "$0")/common.sh"
cd "$ROOT"

. scripts/development-env.sh

free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free "$PORT" || fail "something listens on port $PORT; choose another: make run PORT=8081"
free "$AMAZON_PORT" || fail "something listens on port $AMAZON_PORT; choose another: make run AMAZON_PORT=8091"

scripts/setup.sh build
say "building the browser bundle (the first time about a minute)"
trunk build --quiet >"$CACHE/trunk.log" 2>&1 || { tail -n 40 "$CACHE/trunk.log" >&2; fail "the bundle was not built"; }
say "building the server (the first time about three minutes)"
cargo build --quiet --bin portal

mkdir -p data
"$BIN" simulate-amazon --listen "127.0.0.1:$AMAZON_PORT" >data/simulator.log 2>&1 &
SIMULATOR=$!
"$BIN" serve --migrate &
PORTAL=$!
trap 'kill -TERM $PORTAL $SIMULATOR 2>/dev/null; wait' EXIT
for _ in $(seq 100); do
  curl -fsS "$URL/readyz" >/dev/null 2>&1 && break
  kill -0 $PORTAL 2>/dev/null || fail "Portal did not start"
  sleep 0.1
done

cat <<TEXT

  Portal runs at          $URL
  Sign in with any address, like ada@example.com; the code is in
  the captured mail at    $URL/dev/mailbox
  Amazon is played by     $AMAZON
  which lists the client ids, secrets, sellers and refresh tokens to paste.

  Two Teams with weeks of history: make demo, in another terminal.
  Stop with Ctrl-C. Everything is kept in ./data; delete it to begin anew.

TEXT
wait $PORTAL
