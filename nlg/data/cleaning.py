"""Leaves out rows that should not be learnt from.

Each row that is left out is counted and listed with its reasons; the others are written as they stood.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from nlg.data import packing, reading
from nlg.data.rows import Row
from nlg.data.rules import Finding, Rule, findings
from nlg.data.showing import cell, shown
from nlg.errors import DataError

EXAMPLES = 3
ENDING = ".jsonl"
PART = ".part"


@dataclass(slots=True)
class Cleaning:
    """What was done. A row may have several reasons, so they add up to more than `dropped`."""

    source: str
    kept: int = 0
    dropped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    """A few of each reason, with the line and without personal data."""

    def add(self, row: Row, found: Sequence[Finding]) -> None:
        self.kept, self.dropped = self.kept + (not found), self.dropped + bool(found)
        for finding in found:
            self.reasons[finding.reason] += 1
            examples = self.examples.setdefault(finding.reason, [])
            if len(examples) < EXAMPLES:
                examples.append(f"line {row.number}: {shown(finding.text)}")

    def to_json(self) -> str:
        told = {"source": self.source, "read": self.kept + self.dropped, "kept": self.kept, "dropped": self.dropped}
        return json.dumps({**told, "reasons": self.reasons, "examples": self.examples}, ensure_ascii=False, indent=2)

    def to_markdown(self) -> str:
        """A page for people."""
        head = f"# Cleaning of {cell(self.source)}\n\n{self.kept + self.dropped:,} rows read, {self.kept:,} kept, "
        rows = "".join(f"| {cell(reason)} | {count:,} |\n" for reason, count in self.reasons.most_common())
        table = f"\n| reason | rows |\n|---|---:|\n{rows}" if rows else "\n"
        texts = "".join(_examples(reason, self.examples[reason]) for reason, _ in self.reasons.most_common())
        return f"{head}{self.dropped:,} left out. A row may have several reasons.\n{table}{texts}"


def _examples(reason: str, examples: Iterable[str]) -> str:
    return f"\n## {cell(reason)}\n\n" + "".join(f"* {cell(example)}\n" for example in examples)


@dataclass(frozen=True, slots=True)
class Outputs:
    """The files of a run: the rows kept, a line for each row left out, and what was done as JSON and Markdown."""

    kept: Path
    dropped: Path
    figures: Path
    page: Path

    @classmethod
    def beside(cls, out: Path) -> Outputs:
        """Name the files after OUT; raise `DataError` when OUT exists or is not called `.jsonl` (packed or not)."""
        if packing.ending(out) != ENDING:
            raise DataError(f"{out}: what is kept is written as JSON lines. Call it .jsonl, .jsonl.xz or .jsonl.gz.")
        if out.exists():
            raise DataError(f"{out} is there already. Remove it or choose another --out.")
        stem = out.name[: out.name.lower().rindex(ENDING)]
        beside = (out.with_name(stem + rest) for rest in (".dropped.jsonl", ".cleaning.json", ".cleaning.md"))
        return cls(out, *beside)


def clean(path: Path, outputs: Outputs, rules: Sequence[Rule], watch: reading.Watch = lambda _: None) -> Cleaning:
    """Write the rows against which no rule says anything, as they stood, and list the others.

    Raises `DataError`, and leaves nothing half-written behind.
    """
    done = Cleaning(path.name)
    with _written(outputs.dropped) as dropped, _written(outputs.kept) as kept:
        for row in reading.rows(path, watch):
            found = findings(row, rules)
            done.add(row, found)
            _write(dropped if found else kept, _dropped(row, found) if found else row.record)
    for place, text in ((outputs.figures, done.to_json() + "\n"), (outputs.page, done.to_markdown())):
        with _written(place) as file:
            file.write(text.encode("utf-8"))
    return done


def _dropped(row: Row, found: Iterable[Finding]) -> dict[str, object]:
    reasons = [finding.reason for finding in found]
    return {"line": row.number, "id": shown(row.content.dialogue.id), "reasons": reasons}


def _write(file: IO[bytes], record: object) -> None:
    file.write(json.dumps(record, ensure_ascii=False, default=str).encode("utf-8") + b"\n")


@contextmanager
def _written(path: Path) -> Iterator[IO[bytes]]:
    """A file, packed as its name says, that gets its name when all went well and is gone otherwise."""
    part = path.with_name(path.name + PART)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            raw = stack.enter_context(part.open("wb"))
            yield stack.enter_context(packing.open_packed(raw, path.suffix, "wb"))
        part.replace(path)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)
