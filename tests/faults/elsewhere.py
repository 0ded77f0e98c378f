"""Runs the tests that hold a row of the matrix, so that its result stands beside those of the cases."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.faults.matrix import ELSEWHERE
from tests.faults.report import Row

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of the tests of a row."""

    passed: int
    failed: int
    skipped: int

    def row(self, name: str) -> Row:
        value = f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"
        return Row(f"{name}: its tests", "all pass", value, self.passed > 0 and self.failed == 0)


def try_tests(name: str, folder: Path) -> list[Row]:
    """Run the tests of a row; empty where there are none, or where none could run here. `folder` gets their report."""
    if name not in ELSEWHERE:
        return []
    report = folder / f"{name}.xml"
    asyncio.run(_run(ELSEWHERE[name], report))
    counted = count(report)
    return [counted.row(name)] if counted.passed or counted.failed else []


def count(report: Path) -> Counted:
    """Read a report in JUnit's format. A run that left none has failed."""
    if not report.exists():
        return Counted(0, 1, 0)
    suite = next(ElementTree.parse(report).getroot().iter("testsuite"))  # written by our own pytest a moment ago
    tests, failures, errors, skipped = (int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped"))
    return Counted(tests - failures - errors - skipped, failures + errors, skipped)


async def _run(tests: tuple[str, ...], report: Path) -> None:
    program = (sys.executable, "-m", "pytest", "-q", "-n", "0", f"--junitxml={report}", *tests)
    await (await asyncio.create_subprocess_exec(*program, cwd=ROOT)).wait()
