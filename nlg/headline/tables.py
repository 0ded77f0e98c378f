"""What a journey found as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from nlg.evaluation import tables
from nlg.evaluation.comparing import RESAMPLES
from nlg.evaluation.metric import Figure
from nlg.evaluation.page.drawing import Plot
from nlg.evaluation.page.markdown import plain
from nlg.evaluation.tables import NOTHING
from nlg.headline.found import Found, Measured
from nlg.headline.resampling import PERPLEXITY
from nlg.headline.stages import ALONE, DISTILLED
from nlg.headline.targets import Target

TITLES = {"dev": "On dev, by which everything was chosen", "test": "On test"}
SAYS = f"""\
All targets are measured on test; the best teacher is the one that is best on dev. Intervals hold 95% of {RESAMPLES:,}
draws of the examples (paired bootstrap), the same draws for both systems; a student is the mean of its seeds on each
draw. `.beam` is searched by beams, `.mbr` takes of what beams find the reply that is most like the others, `.covered`
the one that says what the acts want. All others write greedily."""


HEAD = ("target", "reached", "95% of draws", "p", "met when", "met", "of", "against")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of Markdown; all columns but the first stand to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def summary(targets: Sequence[Target]) -> str:
    """The targets, short enough for a terminal."""
    return table(("target", "reached", "95% of draws", "met when", "met"), [_short(one) for one in targets])


def page(found: Sequence[tuple[Found, Sequence[Target], Sequence[Plot]]]) -> str:
    """All of it, task by task. Plots lie beside the page under their names."""
    return "\n".join(["# The whole journey\n", f"{SAYS}\n", *(part for one in found for part in _task(*one))])


def rows(systems: Mapping[str, Measured]) -> list[list[str]]:
    """A row a system: its name, its size in millions, and its figures; the first row is the head."""
    shown = [one for one in _figures() if any(one.name in system.figures for system in systems.values())]
    head = ["system", "M parameters", *(one.title for one in shown)]
    return [head, *(_row(name, system, shown) for name, system in systems.items())]


def _task(found: Found, targets: Sequence[Target], plots: Sequence[Plot]) -> Iterator[str]:
    yield f"## {plain(found.name)}\n"
    if targets:
        yield table(HEAD, [_long(one) for one in targets])
    yield from (f"![{plain(one.says)}]({one.name}.png)\n" for one in plots)
    if found.fusion:
        yield f"Fusion: {plain(found.fusion)}\n"
    for split in ("test", "dev"):
        head, *body = rows(found.splits[split])
        asked = len(next(iter(found.splits[split].values())).counts.surprise)
        yield f"### {TITLES[split]}\n\n{asked:,} examples of {', '.join(map(plain, found.task.measured))}.\n"
        yield table(head, [*body, *_means(found, split)])
    if found.speed:
        yield from _times(found)


def _times(found: Found) -> Iterator[str]:
    yield "### Time of a reply\n\nMedians on one thread of a CPU, one reply at a time, in turns.\n"
    yield table(("system", "ms"), [(plain(name), f"{ms:.1f}") for name, ms in found.speed.items()])


def _means(found: Found, split: str) -> Iterator[list[str]]:
    """Students again, as the mean of their seeds."""
    systems = found.splits[split]
    shown = [one for one in _figures() if any(one.name in system.figures for system in systems.values())]
    several = [
        (student, way) for student in found.task.students for way in (DISTILLED, ALONE) if len(found.task.seeds) > 1
    ]
    for student, way in several:
        seeds = [systems[name] for name in found.seeds(student, way)]
        known = [one for one in shown if all(one.name in seed.figures for seed in seeds)]
        means = {one.name: float(np.mean([seed.figures[one.name] for seed in seeds])) for one in known}
        yield _row(
            f"{student}.{way}, mean of {len(seeds)}", Measured(seeds[0].parameters, seeds[0].counts, means), shown
        )


def _row(name: str, system: Measured, shown: Sequence[Figure]) -> list[str]:
    known = system.figures
    cells = (one.shape.format(known[one.name]) if one.name in known else NOTHING for one in shown)
    return [plain(name), f"{system.parameters / 1e6:.2f}", *cells]


def _figures() -> list[Figure]:
    """Those of all reports; perplexity is of tokens, as all systems have one tokenizer."""
    token, byte = tables.named("perplexity_token"), tables.named("perplexity_byte")
    scores = [one for one in tables.figures() if one not in tables.GENERAL]
    return [*scores, Figure(PERPLEXITY, token.title, token.says, token.shape), byte]


def _short(one: Target) -> tuple[str, ...]:
    return plain(one.name), one.shape.format(one.value), _between(one), one.rule, "yes" if one.met else "no"


def _long(one: Target) -> tuple[str, ...]:
    name, value, between, rule, met = _short(one)
    return (
        name,
        value,
        between,
        NOTHING if one.p is None else f"{one.p:.3f}",
        rule,
        met,
        plain(one.this),
        plain(one.other),
    )


def _between(one: Target) -> str:
    if one.low is None or one.high is None:
        return NOTHING
    return f"{one.shape.format(one.low)} to {one.shape.format(one.high)}"
