#!/usr/bin/env bash
# Holds OCSF events, one a line on the standard input, against the schema that OCSF publishes:
#   portal audit export --format ocsf | scripts/ocsf.sh
. "$(dirname "$0")/common.sh"
OCSF=$CACHE/ocsf
if [ ! -x "$OCSF/bin/python" ]; then
  apt_install python3-venv
  python3 -m venv "$OCSF"
fi
"$OCSF/bin/python" -c 'import ocsf_json_schema, jsonschema' 2>/dev/null ||
  "$OCSF/bin/pip" install --quiet --disable-pip-version-check ocsf-json-schema==1.2.0 jsonschema==4.26.0
"$OCSF/bin/python" "$ROOT/scripts/ocsf-check.py"
