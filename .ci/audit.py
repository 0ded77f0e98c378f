"""Asks the public service of known weaknesses about every package of requirements.txt.

Exit status 1 when it names one. Where it cannot be asked, this says why, and that nothing was audited.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PIP_AUDIT = Path(sys.executable).with_name("pip-audit")
ASK = (
    "-r",
    "requirements.txt",
    "--require-hashes",
    "--disable-pip",
    "--progress-spinner",
    "off",
    "--timeout",
    "10",
    "-f",
    "json",
)
SECONDS = 120


def main() -> int:
    """Return the exit status."""
    try:
        done = subprocess.run([PIP_AUDIT, *ASK], capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return _away(f"no end after {SECONDS} s")
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return _away((done.stderr.strip().splitlines() or ["it said nothing"])[-1])
    skipped = [package["skip_reason"] for package in packages if "skip_reason" in package]
    if len(skipped) == len(packages):
        return _away(skipped[0] if skipped else "there are no packages")
    weak = [package for package in packages if package.get("vulns")]
    for package in weak:
        print(f"{package['name']} {package['version']}: {', '.join(one['id'] for one in package['vulns'])}")
    print(f"{len(packages) - len(skipped)} packages audited, {len(skipped)} unknown there, {len(weak)} weak.")
    return 1 if weak else 0


def _away(why: str) -> int:
    print(f"Nothing was audited, for the service of known weaknesses cannot be asked from here: {why[:200]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
