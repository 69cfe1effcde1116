#!/usr/bin/env bash
# Before a bundle: one style sheet from the partials, in the order of their numbers.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p target/style
cat style/*.css >target/style/portal.css
