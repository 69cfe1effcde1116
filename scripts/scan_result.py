"""The parts of `scripts/scan.sh` that read and write JSON.

scan_result.py npm REPORT...
    what `npm audit --json` found in one folder or several: passed, failed, or unreachable where one gives no report.
scan_result.py write OUT VERDICTS COMMIT BEFORE
    writes OUT/scan.json from lines `CHECK passed|failed|unreachable`; when each check passed last is carried over from BEFORE, the
    text of the result before this one.
"""

import datetime
import json
import sys


def npm(report):
    try:
        with open(report) as file:
            found = json.load(file)
        total = found["metadata"]["vulnerabilities"]["total"]
    except (ValueError, KeyError, TypeError):
        return "unreachable"
    if "auditReportVersion" not in found:
        return "unreachable"
    return "failed" if total else "passed"


def write(out, verdicts, commit, before):
    def many(name):
        with open(f"{out}/{name}.cdx.json") as file:
            return len(json.load(file)["components"])

    with open(verdicts) as file:
        checks = dict(line.split() for line in file)
    at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    passed = {check: at for check, verdict in checks.items() if verdict == "passed"}
    result = {
        "at": at,
        "commit": commit,
        "checks": checks,
        "passed_at": json.loads(before).get("passed_at", {}) | passed,
        "components": {name: many(name) for name in ("server", "frontend")},
    }
    with open(f"{out}/scan.json", "w") as file:
        json.dump(result, file, indent=2)


if sys.argv[1] == "npm":
    found = {npm(report) for report in sys.argv[2:]}
    print(next(verdict for verdict in ("failed", "unreachable", "passed") if verdict in found))
else:
    write(*sys.argv[2:])
