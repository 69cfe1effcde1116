# Sourced by every script: where things are, and how progress is told.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Tools that are built once for all checkouts of this machine.
CACHE=${PORTAL_CACHE:-$HOME/.cache/portal}
TOOLS=$CACHE/tools
TRUNK_VERSION=0.21.14
WASM_BINDGEN_VERSION=0.2.129
CARGO_DENY_VERSION=0.20.2
CARGO_CYCLONEDX_VERSION=0.5.9
mkdir -p "$TOOLS"
export PATH="$TOOLS/bin:$PATH"

# What is built, tested or scanned here: a commit, marked when something is changed beside it.
commit() { git describe --always --dirty --abbrev=40 --exclude '*'; }
say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() { printf '\033[31mstopped:\033[0m %s\n' "$*" >&2; exit 1; }

# apt_install PACKAGE...: installs what is missing, and says so. Needs root or sudo only when something is missing.
apt_install() {
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local sudo=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "these Debian packages are missing: ${missing[*]}. Install them as root, then come back."
    sudo=(sudo)
  fi
  say "installing Debian packages: ${missing[*]}"
  "${sudo[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$CACHE/apt.log" 2>&1 ||
    { tail -n 20 "$CACHE/apt.log" >&2; fail "apt-get could not install: ${missing[*]}"; }
}
