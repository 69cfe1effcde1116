#!/usr/bin/env bash
# Makes the wasm32-unknown-unknown target available to the installed rustc.
# Three ways, in order: it is there; rustup can fetch it; std is built from Debian's source package of the same version.
. "$(dirname "$0")/common.sh"

TARGET=wasm32-unknown-unknown
SYSROOT=$(rustc --print sysroot)
HAVE=$SYSROOT/lib/rustlib/$TARGET/lib

has_target() { compgen -G "$HAVE/libstd-*.rlib" >/dev/null || compgen -G "$HAVE/libstd.rlib" >/dev/null; }

has_target && exit 0
if command -v rustup >/dev/null; then
  say "asking rustup for $TARGET"
  timeout 120 rustup target add "$TARGET" >"$CACHE/rustup.log" 2>&1 && has_target && exit 0
fi

VERSION=$(rustc --version | cut -d' ' -f2)
say "rustup could not; building std $VERSION for $TARGET from Debian's rust-src (about a minute)"
apt_install ca-certificates debian-archive-keyring

# The mirror is whatever this machine's own apt uses; a private apt state leaves its configuration alone.
MIRROR=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -E '/debian/?$' | head -n 1)
[ -n "$MIRROR" ] || fail "no Debian mirror in this machine's apt configuration"
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
mkdir -p "$WORK/lists/partial"
: >"$WORK/sources.list"
for suite in trixie-backports trixie sid; do
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $MIRROR $suite main" >>"$WORK/sources.list"
done
APT=(-o "Dir::Etc::sourcelist=$WORK/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$WORK/lists"
  -o APT::Sandbox::User=root -o APT::Get::List-Cleanup=0 -o "Dir::Cache::pkgcache=" -o "Dir::Cache::srcpkgcache=")
apt-get "${APT[@]}" update -qq >"$CACHE/apt-private.log" 2>&1 || true
PACKAGE=$(apt-cache "${APT[@]}" madison rust-src 2>/dev/null | awk -F'|' '{gsub(/ /,"",$2); print $2}' | grep -E "^${VERSION//./\\.}\+" | head -n 1 || true)
[ -n "$PACKAGE" ] || fail "Debian has no rust-src $VERSION; install the wasm target with: rustup target add $TARGET"
cd "$WORK"
apt-get "${APT[@]}" download -qq "rust-src=$PACKAGE" >>"$CACHE/apt-private.log" 2>&1
dpkg -x rust-src_*.deb unpacked
LIBRARY=$(find unpacked -type d -path '*/library/std' | head -n 1)
[ -n "$LIBRARY" ] || fail "the package rust-src $PACKAGE holds no standard library"
mkdir -p "$SYSROOT/lib/rustlib/src/rust"
rm -rf "$SYSROOT/lib/rustlib/src/rust/library"
cp -rL "$(dirname "$LIBRARY")" "$SYSROOT/lib/rustlib/src/rust/library"

mkdir -p empty/src
printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n' >empty/Cargo.toml
: >empty/src/lib.rs
# LTO of the bundle needs the bitcode of std as well.
(cd empty && RUSTC_BOOTSTRAP=1 RUSTFLAGS="-C embed-bitcode=yes" cargo build --release --quiet \
  -Z build-std=std,panic_abort,panic_unwind --target "$TARGET" --target-dir "$WORK/out")
mkdir -p "$HAVE"
find "$WORK/out/$TARGET/release/deps" -name '*.rlib' ! -name 'libempty*' -exec cp {} "$HAVE/" \;
has_target || fail "std was built but is not where rustc looks: $HAVE"
say "wasm target ready"
