#!/usr/bin/env bash
# A PostgreSQL cluster of our own, for one run: postgres.sh COMMAND [ARG...] runs the command with
# PORTAL_TEST_POSTGRES naming the cluster, and stops it afterwards by its own process id.
. "$(dirname "$0")/common.sh"

BIN=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$BIN" ] || fail "PostgreSQL is not installed; run: make setup"
DATA=$(mktemp -d "${TMPDIR:-/tmp}/portal-postgres.XXXXXX")
PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# PostgreSQL refuses to run as root.
AS=()
if [ "$(id -u)" = 0 ]; then
  AS=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  chown postgres "$DATA"
fi
SERVER=
stop() {
  if [ -n "$SERVER" ]; then
    kill -INT "$SERVER" 2>/dev/null || true
    wait "$SERVER" 2>/dev/null || true
  fi
  rm -rf "$DATA"
}
trap stop EXIT

"${AS[@]}" "$BIN/initdb" -D "$DATA/cluster" -U postgres --auth=trust --encoding=UTF8 --no-sync >"$CACHE/initdb.log" 2>&1 || { cat "$CACHE/initdb.log" >&2; fail "initdb failed"; }
# fsync is off for tests: these databases live for one run only. What must be durable is proved on its own.
FSYNC=${PORTAL_POSTGRES_FSYNC:-off}
"${AS[@]}" "$BIN/postgres" -D "$DATA/cluster" -p "$PORT" -k "$DATA" -c listen_addresses=127.0.0.1 -c fsync="$FSYNC" \
  -c full_page_writes="$FSYNC" -c max_connections=600 >"$CACHE/postgres.log" 2>&1 &
SERVER=$!
for _ in $(seq 100); do
  "$BIN/pg_isready" -q -h 127.0.0.1 -p "$PORT" && break
  kill -0 "$SERVER" 2>/dev/null || { tail "$CACHE/postgres.log" >&2; fail "PostgreSQL did not start"; }
  sleep 0.1
done
# Whoever owns the databases is no superuser: row-level security would not be there for one.
"$BIN/psql" -q -h 127.0.0.1 -p "$PORT" -U postgres -c "CREATE ROLE portal LOGIN CREATEDB CREATEROLE" postgres
# Be sure that it is ours that answers.
[ "$("$BIN/psql" -h 127.0.0.1 -p "$PORT" -U postgres -Atc 'show data_directory' postgres)" = "$DATA/cluster" ] || fail "another PostgreSQL answers on port $PORT"
export PORTAL_TEST_KEY_SERVICES="$CACHE/key-services/bin"
export PORTAL_TEST_POSTGRES="postgres://portal@127.0.0.1:$PORT"
"$@"
