"""Known weaknesses of what is pinned: `make audit`. More arguments are pip-audit's own.

Exit codes: 0 nothing but what is accepted here, 1 findings, 3 no advisory source can be reached: nothing is known then.
"""

import json
import subprocess
import sys
from typing import Any

from tests.checkout import ROOT

ACCEPTED = {
    "GHSA-h35f-9h28-mq5c": (
        "setuptools below 83, CVE-2026-59890: source distributions that are built on macOS. Nothing is built here, and"
        " scrapyd 1.6 needs setuptools below 81"
    ),
}
FINDINGS, NOT_AUDITED = 1, 3
COMMAND = (
    "-r",
    "requirements.txt",
    "--disable-pip",
    "--format",
    "json",
    "--aliases",
    "on",
    "--progress-spinner",
    "off",
)


def audit(options: list[str]) -> int:
    command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv", *COMMAND, *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        why = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        print(f"NOT AUDITED: no advisory source can be reached: {why}", file=sys.stderr)
        return NOT_AUDITED
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    found = [(package, weakness) for package in packages for weakness in package.get("vulns", ())]
    return report(len(packages), found, skipped)


def report(count: int, found: list[tuple[dict[str, Any], dict[str, Any]]], skipped: list[str]) -> int:
    """Print every finding and what we say to it; the exit code."""
    open_ones = 0
    for package, weakness in found:
        reason = next((ACCEPTED[name] for name in (weakness["id"], *weakness["aliases"]) if name in ACCEPTED), "")
        open_ones += not reason
        fixed = ", ".join(weakness["fix_versions"]) or "nothing yet"
        print(
            f"{package['name']} {package['version']}: {weakness['id']}, fixed in {fixed}: {reason or 'NOT EXPLAINED'}"
        )
    for name in skipped:
        print(f"{name}: NOT AUDITED")
    print(f"{count} packages audited, {open_ones} findings that are not explained")
    return FINDINGS if open_ones or skipped else 0


if __name__ == "__main__":
    sys.exit(audit(sys.argv[1:]))
