"""What was found as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nlg.contract import Role
from nlg.evaluation import tables
from nlg.evaluation.findings import Findings
from nlg.evaluation.page import sentences
from nlg.evaluation.report import Report
from nlg.evaluation.samples import Sample

SPEAKERS = {Role.USER: "Customer", Role.ASSISTANT: "Assistant"}


def summary(report: Report) -> str:
    """The figures of one model, a column a group, and how fast it is."""
    head = ["", *(tables.title(group.language, group.turns) for group in report.groups)]
    counts = ["examples", *(f"{group.examples:,}" for group in report.groups)]
    figures = [[row.figure.title, *(cell for (cell,) in row.cells)] for row in tables.rows([report])]
    quickness = "" if report.rule else f"\n{sentences.quickness(report.speed)}\n"
    return _table(head, [counts, *figures]) + quickness


def figures(findings: Findings) -> str:
    """The figures of all models, and how they compare."""
    parts = [f"## {report.model}\n\n{sentences.asked(report)}\n\n{summary(report)}" for report in findings.reports]
    if findings.comparison:
        one, other = (report.model for report in findings.reports)
        head = ("", "figure", "difference", "p", one, other)
        table = _table(head, tables.compared(findings.comparison))
        parts.append(f"## {one} against {other}\n\n{sentences.COMPARISON}\n\n{table}")
    return "\n".join([*parts, "".join(_signatures(findings.reports[0]))])


def page(findings: Findings, plots: Sequence[tuple[str, str]]) -> str:
    """All of it. `plots` are the files of the pictures, each with its description."""
    pictures = "\n\n".join(f"![{said}]({name})" for name, said in plots)
    return "\n".join(["# Evaluation\n", figures(findings), f"{pictures}\n", *_how(findings), *_samples(findings)])


def sample(shown: Sample, models: Sequence[str], references: bool) -> str:
    """One sample; it shows who said what, and if wanted what people said."""
    said = [f"{SPEAKERS[line.role]}: {plain(line.text)}" for line in shown.lines]
    said += [f"**{name}: {plain(reply)}**" for name, reply in zip(models, shown.replies, strict=True)]
    said += [f"*People: {plain(text)}*" for text in shown.references if references]
    return "  \n   ".join(said)


def plain(text: str) -> str:
    """Text that Markdown leaves alone, on one line."""
    text = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in r"\`*_[]<>#|" else sign for sign in text)


def _how(findings: Findings) -> Iterator[str]:
    yield f"## How it was measured\n\n{sentences.TURNS} {sentences.WORDS}\n"
    yield "".join(f"* **{row.figure.title}**: {row.figure.says}\n" for row in tables.rows(findings.reports))


def _signatures(report: Report) -> Iterator[str]:
    """A line for each way in which a metric was computed, with the groups in which it was computed so."""
    found: dict[tuple[str, str], list[str]] = {}
    for group in report.groups:
        for computed in group.signatures.items():
            found.setdefault(computed, []).append(tables.title(group.language, group.turns))
    for (name, signature), groups in sorted(found.items()):
        yield f"* {name} (" + "; ".join(groups) + f"): `{signature}`\n"


def _samples(findings: Findings) -> Iterator[str]:
    yield f"\n## Samples\n\nDrawn by chance (seed {findings.seed}), none picked or left out.\n"
    models = [report.model for report in findings.reports]
    for number, shown in enumerate(findings.samples, start=1):
        yield f"{number}. {sample(shown, models, references=True)}\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
