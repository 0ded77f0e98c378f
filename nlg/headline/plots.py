"""Draws what a journey found, for pages as narrow as a telephone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from nlg.evaluation.page.drawing import INK, LINE, MODELS, PEOPLE, WIDTH, Plot, plot, style
from nlg.headline.found import Found
from nlg.headline.resampling import PERPLEXITY
from nlg.headline.stages import ALONE, DISTILLED
from nlg.headline.targets import BLEU, Target

COLOURS = {DISTILLED: MODELS[0], ALONE: MODELS[1]}
MARKERS = {"greedy": "o", "beam": "s", "mbr": "D", "covered": "^"}
DASHES = ("-", "--", ":", "-.")
"""Of the first student, the second and so on."""
SMALL = 7.5
APART = 0.06
"""Share of the height of a picture that two labels are apart, at least."""
ASIDE = 0.04
"""Share of the width between a label and what it names."""
LEFT, RIGHT = 0.5, 0.16
"""Shares of the width that are left free for labels."""


@dataclass(frozen=True, slots=True)
class Group:
    """Systems of one size: joined points with one label. The labels of a `column` stand below each other."""

    label: str
    column: str
    systems: Sequence[str]
    colour: str


def plots(found: Found, targets: Sequence[Target]) -> list[Plot]:
    """All pictures of a task, one after another; that of sizes alone where nothing was fused."""
    name = f"headline-{found.name}"
    sizes = plot(f"{name}-size", f"{found.name}: BLEU on test against size", 3.6, partial(_sizes, found=found))
    if not found.task.fused:
        return [sizes]
    taught = f"{found.name}: students' loss on dev after each epoch, beside those who taught them"
    return [
        sizes,
        _bars(f"{name}-targets", f"{found.name}: what was reached, 95% of draws, and the line to reach", targets),
        plot(f"{name}-curves", taught, 3.4, partial(_curves, found=found)),
    ]


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Move places apart to at least `gap`, in their order, with the least squares of moves.

    That is isotonic regression once the gaps are taken away, by pooling neighbours (Ayer et al. 1955).
    """
    order = sorted(range(len(places)), key=lambda at: places[at])
    pools: list[list[float]] = []
    for rank, at in enumerate(order):
        pools.append([places[at] - gap * rank])
        while len(pools) > 1 and _mean(pools[-2]) >= _mean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    flat = [_mean(pool) for pool in pools for _ in pool]
    moved = {at: place + gap * rank for rank, (at, place) in enumerate(zip(order, flat, strict=True))}
    return [moved[at] for at in range(len(places))]


def _mean(pool: Sequence[float]) -> float:
    return sum(pool) / len(pool)


def _groups(found: Found) -> Iterator[Group]:
    for name in found.task.teachers:
        beams = [f"{name}.beam"] if name in found.task.fused else []
        yield Group(name, "teachers", [name, *beams], PEOPLE)
    if found.task.fused:
        yield from _taught(found)


def _taught(found: Found) -> Iterator[Group]:
    yield Group("fused", "fused", ["fused", "fused.beam", "fused.mbr"], INK)
    for student in found.task.students:
        for way, colour in COLOURS.items():
            yield Group(f"{student} {way}", "students", found.seeds(student, way), colour)
    yield Group(f"{found.student} covered", "students", [f"{found.student}.covered"], MODELS[0])


def _sizes(axes: Axes, found: Found) -> None:
    groups = list(_groups(found))
    axes.set_xscale("log")
    for group in groups:
        axes.plot(*_points(found, group), color=group.colour, linewidth=1)
        for name, size, score in zip(group.systems, *_points(found, group), strict=True):
            axes.plot(size, score, _marker(name), color=group.colour, markersize=5, markeredgecolor="white")
    _room(axes, [size for group in groups for size in _points(found, group)[0]])
    for column in dict.fromkeys(group.column for group in groups):
        _label(axes, found, [group for group in groups if group.column == column])
    axes.set(xlabel="parameters", ylabel="BLEU on test")
    _explain(axes, found)


def _points(found: Found, group: Group) -> tuple[list[int], list[float]]:
    systems = [found.test[name] for name in group.systems]
    return [system.parameters for system in systems], [system.figures[BLEU] for system in systems]


def _marker(system: str) -> str:
    return MARKERS.get(system.rsplit(".", 1)[-1], MARKERS["greedy"])


def _room(axes: Axes, sizes: Sequence[int]) -> None:
    """Leave room for labels: those of the smallest stand left of them, those of the largest right."""
    low, high = math.log10(min(sizes)), math.log10(max(sizes))
    wide = max(high - low, 0.5)
    axes.set_xlim(10 ** (low - LEFT * wide), 10 ** (high + RIGHT * wide))
    axes.margins(y=0.08)
    axes.autoscale_view(scalex=False)


def _label(axes: Axes, found: Found, groups: Sequence[Group]) -> None:
    """Write labels beside a column of points, far enough apart, each with a thin line to its own."""
    points = [_points(found, group) for group in groups]
    left = groups[0].column != "fused"
    bottom, top = axes.get_ylim()
    middles = [_mean(scores) for _, scores in points]
    sizes = [size for own, _ in points for size in own]
    place = _aside(axes, min(sizes) if left else max(sizes), -ASIDE if left else ASIDE)
    for group, (own, _), middle, height in zip(
        groups, points, middles, spread(middles, APART * (top - bottom)), strict=True
    ):
        axes.plot([place, own[0]], [height, middle], color=LINE, linewidth=0.7, zorder=0.5)
        axes.text(
            place, height, group.label, color=group.colour, fontsize=SMALL, ha="right" if left else "left", va="center"
        )


def _aside(axes: Axes, size: float, share: float) -> float:
    """The place that is so far beside another on a logarithmic axis."""
    low, high = (math.log10(limit) for limit in axes.get_xlim())
    return float(10 ** (math.log10(size) + share * (high - low)))


def _explain(axes: Axes, found: Found) -> None:
    used = {_marker(name) for group in _groups(found) for name in group.systems}
    signs = {name: sign for name, sign in MARKERS.items() if sign in used}
    handles = [
        Line2D([], [], color=PEOPLE, marker=sign, linestyle="", markersize=5, label=name)
        for name, sign in signs.items()
    ]
    axes.figure.legend(handles=handles, loc="outside upper center", ncols=4, frameon=False, fontsize=SMALL)


def _bars(name: str, says: str, targets: Sequence[Target]) -> Plot:
    """A row a target, each on a scale of its own."""
    with style():
        figure = Figure(figsize=(WIDTH, 0.25 + 0.5 * len(targets)), layout="constrained")
        for axes, target in zip(figure.subplots(len(targets), 1, squeeze=False)[:, 0], targets, strict=True):
            _bar(axes, target)
    return Plot(name, says, figure)


def _bar(axes: Axes, one: Target) -> None:
    colour = MODELS[0] if one.met else MODELS[1]
    ends = [end for end in (0.0, one.value, one.target, one.low, one.high) if end is not None]
    low, high = min(ends), max(ends)
    edge = 0.03 * (high - low or 1.0)
    axes.barh(0, one.value, 0.8, color=colour, alpha=0.55)
    if one.low is not None and one.high is not None:
        axes.plot([one.low, one.high], [0, 0], color=colour, linewidth=1.8)
    axes.axvline(one.target, color=INK, linewidth=1, linestyle="--")
    axes.axvline(0, color=LINE, linewidth=0.8)
    axes.set(xlim=(low - edge, high + edge), ylim=(-0.6, 0.6), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.set_title(one.name.split(" ", 1)[1], loc="left", fontsize=SMALL, pad=2)
    says = f"{'✓' if one.met else '✗'} {one.shape.format(one.value)}, line {one.shape.format(one.target)}"
    axes.set_title(says, loc="right", fontsize=SMALL, pad=2, color=colour)


def _curves(axes: Axes, found: Found) -> None:
    for style_of, student in zip(DASHES * len(found.task.students), found.task.students, strict=False):
        for way, colour in COLOURS.items():
            for at, name in enumerate(found.seeds(student, way)):
                epochs, losses = ([row[key] for row in found.curves[name]] for key in ("epoch", "dev"))
                label = f"{student} {way}" if at == 0 else None
                axes.plot(epochs, losses, style_of, color=colour, linewidth=1.2, marker=".", markersize=3, label=label)
    lines = {name: math.log(found.dev[name].figures[PERPLEXITY]) for name in (*found.task.teachers, "fused")}
    _levels(axes, lines)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="epoch", ylabel="nats a token on dev")
    axes.figure.legend(loc="outside upper center", ncols=2, frameon=False, fontsize=SMALL)


def _levels(axes: Axes, lines: Mapping[str, float]) -> None:
    """A line across for each of those who taught, named at its right end."""
    for name, level in lines.items():
        axes.axhline(level, color=INK if name == "fused" else PEOPLE, linewidth=1, zorder=0.8)
    bottom, top = axes.get_ylim()
    heights = spread(list(lines.values()), APART * (top - bottom))
    for name, height in zip(lines, heights, strict=True):
        axes.annotate(
            name, (1.02, height), xycoords=("axes fraction", "data"), fontsize=SMALL, va="center",
            color=INK if name == "fused" else PEOPLE,
        )  # fmt: skip
