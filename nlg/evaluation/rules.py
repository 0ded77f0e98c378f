"""Measures baselines: rules that are asked the same as a model, and measured by the same figures.

A rule gives no odds, so there is no perplexity and no token accuracy of it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Protocol, cast

import numpy as np

from nlg import folders
from nlg.contract import Decoding
from nlg.data.examples import Example
from nlg.evaluation import baselines
from nlg.evaluation.asking import Asked
from nlg.evaluation.measuring import Measured, places
from nlg.evaluation.metric import Answer
from nlg.evaluation.progress import Begin, silent
from nlg.evaluation.report import Group, Report
from nlg.evaluation.scoring import score
from nlg.evaluation.words import units
from nlg.evaluation.writing import Speed


class Baseline(Protocol):
    """A plugin in `nlg.evaluation.baselines`."""

    def reply(self, example: Example) -> str:
        """Say something to an example; the replies of people in it are not looked at."""
        ...


@cache
def all_baselines() -> Mapping[str, Baseline]:
    """The baselines by name."""
    return cast("Mapping[str, Baseline]", folders.plugins(baselines))


def named(path: Path | None) -> str:
    """The baseline that is meant where a folder could stand; empty where a folder is meant."""
    return str(path) if path and str(path) in all_baselines() and not path.exists() else ""


def measure(name: str, asked: Asked, begin: Begin = silent) -> Measured:
    """Measure the baseline of that name."""
    done = begin(f"replies of {name}", len(asked.examples))
    texts, times = [], []
    for example in asked.examples:
        began = time.perf_counter()
        texts.append(all_baselines()[name].reply(example))
        times.append(1000 * (time.perf_counter() - began))
        done(1)
    said = [
        Answer(text, example.replies, asked.wanted(example))
        for text, example in zip(texts, asked.examples, strict=True)
    ]
    kinds = places(asked.examples)
    groups = tuple(_group(kind, [said[at] for at in own]) for kind, own in kinds.items())
    return Measured(_report(name, asked, groups, _speed(texts, times)), said, kinds)


def _report(name: str, asked: Asked, groups: tuple[Group, ...], speed: Speed) -> Report:
    return Report(
        model=name,
        data=asked.data,
        parameters=0,
        examples=len(asked.examples),
        total=asked.total,
        decoding=Decoding(),
        groups=groups,
        speed=speed,
        rule=True,
    )


def _group(kind: tuple[str, str], said: list[Answer]) -> Group:
    scores = score(said, kind[0])
    return Group(
        language=kind[0],
        turns=kind[1],
        examples=len(said),
        perplexity_token=None,
        perplexity_byte=None,
        token_accuracy=None,
        on_topic=None,
        scores=scores.values,
        signatures=scores.signatures,
    )


def _speed(texts: list[str], times: list[float]) -> Speed:
    """As that of a model, with words in place of tokens."""
    words = sum(len(units(text)) for text in texts)
    in_order = sorted(times)
    p95 = float(np.percentile(in_order, 95))
    return Speed(statistics.median(in_order), p95, 1000 * words / sum(in_order), tuple(round(ms, 3) for ms in in_order))
