"""Draws what was found."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from nlg.evaluation import tables
from nlg.evaluation.comparing import Comparison
from nlg.evaluation.findings import Findings
from nlg.evaluation.page.drawing import INK, MODELS, PEOPLE, Plot, plot
from nlg.evaluation.words import is_chinese, units

SHOWN = ("bleu", "chrf", "rouge_l", "f1")
BINS = 24
MOST = 0.99
"""The longest hundredth is left out of the picture, as it would squeeze the rest."""


def plots(findings: Findings) -> Iterator[Plot]:
    """All pictures of what was found, one after another."""
    for at, group in enumerate(findings.reports[0].groups):
        name = tables.title(group.language, group.turns)
        yield plot(f"scores-{at}", f"Scores, {name} turns", 1.9, partial(_scores, findings=findings, at=at))
    for at, language in enumerate(sorted({group.language for group in findings.reports[0].groups})):
        says = f"Length of replies, {language}"
        yield plot(f"lengths-{at}", says, 2.4, partial(_lengths, findings=findings, language=language))
    yield plot("times", "Time of a reply, alone on one thread", 2.4, partial(_times, findings=findings))
    if findings.comparison:
        height = 0.7 + 0.25 * len(findings.comparison)
        yield plot(
            "differences", "Differences, with 95% of the draws", height, partial(_differences, findings=findings)
        )


def _scores(axes: Axes, findings: Findings, at: int) -> None:
    figures = [tables.named(name) for name in SHOWN]
    height = 0.76 / len(findings.models)
    for number, report in enumerate(findings.reports):
        values = [tables.value(figure, report.groups[at]) or 0.0 for figure in figures]
        places = [place + (number - (len(findings.models) - 1) / 2) * height for place in range(len(figures))]
        bars = axes.barh(places, values, height * 0.9, color=MODELS[number], label=report.model)
        axes.bar_label(bars, fmt="%.1f", padding=3, fontsize=8)
    axes.set_yticks(range(len(figures)), [figure.title for figure in figures])
    axes.set_xlim(0, 100)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")


def _lengths(axes: Axes, findings: Findings, language: str) -> None:
    kinds = [kind for kind in findings.models[0].places if kind[0] == language]
    said = [[answer for kind in kinds for answer in model.said(kind)] for model in findings.models]
    real = [len(units(text)) for answer in said[0] for text in answer.references]
    models = [[len(units(answer.reply)) for answer in answers] for answers in said]
    longest = max(
        1.0, float(np.quantile([*real, *(length for own in models for length in own)], MOST, method="higher"))
    )
    edges = np.linspace(0, longest, BINS).tolist()
    axes.hist(real, edges, density=True, color=PEOPLE, alpha=0.45, label="people")
    for at, (own, report) in enumerate(zip(models, findings.reports, strict=True)):
        axes.hist(own, edges, density=True, histtype="step", linewidth=1.6, color=MODELS[at], label=report.model)
    axes.set(xlabel="characters" if is_chinese(language) else "words and signs", ylabel="share of replies", yticks=[])
    axes.legend(frameon=False, fontsize=8)


def _times(axes: Axes, findings: Findings) -> None:
    for at, report in enumerate(report for report in findings.reports if not report.rule):
        times = report.speed.reply_ms
        shares = [100 * (place + 1) / len(times) for place in range(len(times))]
        axes.step(times, shares, where="post", color=MODELS[at], label=report.model)
        axes.axvline(report.speed.reply_ms_p95, color=MODELS[at], linestyle=":", linewidth=1)
    axes.set(xlabel="milliseconds (dotted: 95% within)", ylabel="% of replies", ylim=(0, 101), xlim=(0, None))
    axes.legend(frameon=False, fontsize=8)


def _differences(axes: Axes, findings: Findings) -> None:
    for at, one in enumerate(findings.comparison):
        found, colour = one.difference, MODELS[0] if one.difference.value >= 0 else MODELS[1]
        axes.plot([found.low, found.high], [at, at], color=colour, linewidth=1.6, alpha=1 if one.certain else 0.45)
        axes.plot(found.value, at, "o", color=colour, markersize=4)
    names = [f"{tables.title(*kind)}  {tables.named(name).title}" for *kind, name in map(_whose, findings.comparison)]
    axes.set_yticks(range(len(names)), names)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set(xlabel="better to the right: the first model")
    axes.invert_yaxis()


def _whose(one: Comparison) -> tuple[str, str, str]:
    return one.language, one.turns, one.figure
