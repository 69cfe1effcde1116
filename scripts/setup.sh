#!/usr/bin/env bash
# Gets what building and testing need and this machine lacks. Safe to run again: what is there is left alone.
#   setup.sh build    to build and run Portal
#   setup.sh test     also what the tests need
#   setup.sh scan     what looks through the dependencies
. "$(dirname "$0")/common.sh"

command -v cargo >/dev/null || fail "Rust is missing. Install the stable toolchain, then come back."

# cargo_tool CRATE VERSION COMMAND...: installed once into the tools folder, skipped while the command's version fits.
cargo_tool() {
  local crate=$1 version=$2
  shift 2
  if [ -x "$TOOLS/bin/$1" ] && "$TOOLS/bin/$@" --version 2>/dev/null | grep -qF "$version"; then return 0; fi
  say "building $crate $version once for this machine (several minutes)"
  # Outside the workspace, so that neither its flags nor its target folder are used.
  (cd "$CACHE" && RUSTFLAGS='' cargo install --quiet --locked --root "$TOOLS" --target-dir "$CACHE/tools-target" "$crate@$version")
  rm -rf "$CACHE/tools-target"
}

if [ "${1:-build}" = scan ]; then
  command -v npm >/dev/null || apt_install nodejs npm
  cargo_tool cargo-deny "$CARGO_DENY_VERSION" cargo-deny
  cargo_tool cargo-cyclonedx "$CARGO_CYCLONEDX_VERSION" cargo-cyclonedx cyclonedx
  exit 0
fi

apt_install binaryen brotli build-essential ca-certificates curl pkg-config
"$ROOT/scripts/wasm-target.sh"
cargo_tool wasm-bindgen-cli "$WASM_BINDGEN_VERSION" wasm-bindgen
cargo_tool trunk "$TRUNK_VERSION" trunk

if [ "${1:-build}" = test ]; then
  command -v node >/dev/null || apt_install nodejs npm
  apt_install chromium postgresql python3 python3-venv
  if [ "$(cat "$CACHE/sdk/requirements.txt" 2>/dev/null)" != "$(cat "$ROOT/end2end/sdk/requirements.txt")" ]; then
    say "installing the SP-API SDK that the suite proves itself with"
    python3 -m venv "$CACHE/sdk"
    "$CACHE/sdk/bin/pip" install --quiet --disable-pip-version-check -r "$ROOT/end2end/sdk/requirements.txt"
    cp "$ROOT/end2end/sdk/requirements.txt" "$CACHE/sdk/"
  fi
  if ! cmp -s "$CACHE/key-services/requirements.txt" "$ROOT/scripts/key-services.txt"; then
    say "installing the key services that the suite proves itself with"
    python3 -m venv "$CACHE/key-services"
    "$CACHE/key-services/bin/pip" install --quiet --disable-pip-version-check -r "$ROOT/scripts/key-services.txt"
    cp "$ROOT/scripts/key-services.txt" "$CACHE/key-services/requirements.txt"
  fi
  if [ ! -d "$ROOT/end2end/node_modules" ] || [ "$ROOT/end2end/package-lock.json" -nt "$ROOT/end2end/node_modules/.stamp" ]; then
    say "installing the browser suite's packages"
    (cd "$ROOT/end2end" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-audit --no-fund && touch node_modules/.stamp)
  fi
fi
