"""What a journey should reach, and what it reached: on test, which no choice has seen; choices are made on dev.

A student is the mean of its seeds, draw by draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from nlg.headline.figures import Numbers
from nlg.headline.found import Found
from nlg.headline.resampling import PERPLEXITY, Drawn, Resampled, combined
from nlg.headline.stages import ALONE, DISTILLED

BLEU, ROUGE, SLOTS = "bleu", "rouge_l", "slot_error_rate"
LUCK = 0.05
NOTHING = 1e-9
TIMES, PERCENT, DIFFERENCE = "{:.1f}x", "{:.1f}%", "{:+.2f}"


@dataclass(frozen=True, slots=True)
class Target:
    """A line to reach, what was reached, and between what that lies on 95% of draws; None where nothing was drawn.

    `this` and `other` are the systems that it is about, `rule` says when it is met, `shape` how numbers are written.
    """

    name: str
    target: float
    value: float
    low: float | None
    high: float | None
    met: bool
    shape: str
    rule: str
    this: str
    other: str = ""
    p: float | None = None

    @property
    def row(self) -> dict[str, str | float | bool | None]:
        """What `headline.json` promises."""
        return {name: getattr(self, name) for name in ("name", "target", "value", "low", "high", "met")}


def targets(found: Found) -> list[Target]:
    """All that a task can be held to, A to F; F only where acts tell which slots are wanted.

    Models that are only compared with each other are held to nothing.
    """
    if not found.task.fused:
        return []
    drawn = Resampled(found.test)
    made = [*_fused(found, drawn), *_student(found, drawn), *_distilled(found, drawn), *_smaller(found)]
    return [*made, *_faster(found), *_slots(found, drawn)]


def best(found: Found, names: Iterable[str], figure: str) -> str:
    """The best of some systems, as dev has it."""
    sign = -1 if figure == PERPLEXITY else 1
    return max(names, key=lambda name: sign * found.dev[name].figures[figure])


def _fused(found: Found, drawn: Resampled) -> Iterator[Target]:
    name = f"{found.name} A: fused against its best teacher"
    other = best(found, (f"{teacher}.beam" for teacher in found.task.fused), BLEU)
    more = combined(_less, drawn.figure(BLEU, "fused.beam"), drawn.figure(BLEU, other))
    yield _certain(f"{name}, BLEU", 1.0, more, DIFFERENCE, "fused.beam", other)
    other = best(found, found.task.fused, PERPLEXITY)
    pair = drawn.figure(PERPLEXITY, "fused"), drawn.figure(PERPLEXITY, other)
    yield _certain(f"{name}, % less perplexity", 5.0, combined(_below, *pair), PERCENT, "fused", other)


def _certain(name: str, target: float, reached: Drawn, shape: str, this: str, other: str) -> Target:
    met = reached.value >= target and reached.p < LUCK
    rule = f"at least {shape.format(target)}, p < {LUCK}"
    return Target(name, target, reached.value, *reached.interval, met, shape, rule, this, other, reached.p)


def _student(found: Found, drawn: Resampled) -> Iterator[Target]:
    this, seeds = f"{found.student}.{DISTILLED}", found.seeds(found.student, DISTILLED)
    for figure, title in ((BLEU, "BLEU"), (ROUGE, "ROUGE-L")):
        other = best(found, found.task.teachers, figure)
        more = combined(_less, drawn.figure(figure, *seeds), drawn.figure(figure, other))
        met, rule = more.interval[1] >= 0, "the interval reaches 0"
        name = f"{found.name} B: student against the best teacher, {title}"
        yield Target(name, 0.0, more.value, *more.interval, met, DIFFERENCE, rule, this, other, more.p)
    share = combined(_percent, drawn.figure(BLEU, *seeds), drawn.figure(BLEU, "fused.beam"))
    name = f"{found.name} B: student to fused with beams, % of BLEU"
    yield _least(name, 97.0, share, PERCENT, this, "fused.beam")


def _distilled(found: Found, drawn: Resampled) -> Iterator[Target]:
    ways = [drawn.figure(BLEU, *found.seeds(found.student, way)) for way in (DISTILLED, ALONE)]
    this, other = (f"{found.student}.{way}" for way in (DISTILLED, ALONE))
    more = combined(_less, *ways)
    yield _least(f"{found.name} C: student against itself undistilled, BLEU", 1.5, more, DIFFERENCE, this, other)


def _smaller(found: Found) -> Iterator[Target]:
    this = found.seeds(found.student, DISTILLED)[0]
    ratio = found.test["fused"].parameters / found.test[this].parameters
    name = f"{found.name} D: fused to student, times the parameters"
    yield _plain(name, 25.0, ratio, f"{found.student}.{DISTILLED}", "fused")


def _faster(found: Found) -> Iterator[Target]:
    for target, slow, title in (
        (8.0, "largest_teacher", "largest teacher"),
        (20.0, f"fused_beam_{found.task.beams}", "fused with beams"),
    ):
        ratio = found.speed[slow] / found.speed["student_int8"]
        yield _plain(f"{found.name} E: {title} to int8 student, times as slow", target, ratio, "student_int8", slow)


def _slots(found: Found, drawn: Resampled) -> Iterator[Target]:
    seeds, covered = found.seeds(found.student, DISTILLED), f"{found.student}.covered"
    if SLOTS not in found.test[covered].figures:
        return
    for target, title, this, systems in (
        (5.0, "student, % of slots wrong", f"{found.student}.{DISTILLED}", seeds),
        (1.0, "student with coverage, % of slots wrong", covered, [covered]),
    ):
        wrong = combined(lambda share: 100 * share, drawn.figure(SLOTS, *systems))
        met, rule = wrong.value <= target, f"at most {PERCENT.format(target)}"
        yield Target(f"{found.name} F: {title}", target, wrong.value, *wrong.interval, met, PERCENT, rule, this)


def _least(name: str, target: float, reached: Drawn, shape: str, this: str, other: str) -> Target:
    met, rule = reached.value >= target, f"at least {shape.format(target)}"
    return Target(name, target, reached.value, *reached.interval, met, shape, rule, this, other)


def _plain(name: str, target: float, ratio: float, this: str, other: str) -> Target:
    """Nothing is drawn by chance here, so there is no interval."""
    return Target(
        name, target, ratio, None, None, ratio >= target, TIMES, f"at least {TIMES.format(target)}", this, other
    )


def _less(one: Numbers, other: Numbers) -> Numbers:
    return one - other


def _below(one: Numbers, other: Numbers) -> Numbers:
    return 100 * (1 - one / other)


def _percent(one: Numbers, other: Numbers) -> Numbers:
    """Of a model that says nothing right, everything is a large share."""
    return 100 * one / np.maximum(other, NOTHING)
