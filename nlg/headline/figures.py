"""Measures one system on one split, and keeps what it said and how surprised it was, example by example."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from nlg.checkpoint import Checkpoint
from nlg.data import batches
from nlg.data.examples import Example
from nlg.evaluation.asking import Asked, language
from nlg.evaluation.metric import Answer, Metric
from nlg.evaluation.scoring import all_metrics
from nlg.evaluation.writing import Searching, answers
from nlg.interfaces import IGNORED
from nlg.tokenizer import EOS

BATCH = 64
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class System:
    """What a system said to each example, and the nats, tokens and bytes of the first given reply of each."""

    name: str
    parameters: int
    replies: list[str]
    surprise: list[tuple[float, int, int]]

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self), ensure_ascii=False), encoding="utf-8")
        fresh.replace(path)

    @classmethod
    def load(cls, path: Path) -> System:
        return cls(**json.loads(path.read_text(encoding="utf-8")))


def measure(name: str, made: Checkpoint, asked: Asked, wanted: Searching | None) -> System:
    """Ask a checkpoint everything, on the device where it is."""
    with torch.inference_mode():
        parts = [asked.examples[at : at + BATCH] for at in range(0, len(asked.examples), BATCH)]
        surprise = [row for part in parts for row in _surprise(made, part)]
    parameters = sum(parameter.numel() for parameter in made.model.parameters())
    return System(name, parameters, answers(made, asked.examples, wanted=wanted), surprise)


def _surprise(made: Checkpoint, examples: Sequence[Example]) -> list[tuple[float, int, int]]:
    encoded = batches.encode([_first(example) for example in examples], made.tokenizer, made.context)
    batch = batches.collate([(one.contexts[0], [*one.replies[0], EOS]) for one in encoded]).to(made.device)
    odds = made.writer(batch.contexts, batch.lengths, batch.inputs).float()
    nats = functional.cross_entropy(odds.flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORED, reduction="none")
    rows = nats.view_as(batch.targets).sum(dim=1).tolist()
    tokens = [len(made.tokenizer.encode(example.replies[0])) + 1 for example in examples]
    sizes = [len(example.replies[0].encode()) for example in examples]
    return list(zip(rows, tokens, sizes, strict=True))


def _first(example: Example) -> Example:
    return Example(example.lines, example.language, example.domain, example.replies[:1])


@dataclass(frozen=True, slots=True)
class Counts:
    """What the metrics count in each example of a system, so that any resample can be scored: (N, K) each.

    Languages are counted by their own rules, and then together.
    """

    rows: Mapping[str, Numbers]
    surprise: Numbers  # (N, 3)

    @classmethod
    def of(cls, system: System, asked: Asked) -> Counts:
        said = [
            Answer(reply, example.replies, asked.wanted(example))
            for reply, example in zip(system.replies, asked.examples, strict=True)
        ]
        languages = [language(example) for example in asked.examples]
        rows = {name: _rows(metric, said, languages) for name, metric in all_metrics().items()}
        return cls(rows, np.asarray(system.surprise, dtype=np.float64))

    def figures(self, often: Numbers | None = None) -> dict[str, float]:
        """All figures, of the whole or of a draw that has each example so many times (N,)."""
        weights = np.ones(len(self.surprise)) if often is None else often
        found: dict[str, float] = {}
        for name, metric in all_metrics().items():
            values = metric.values((weights @ self.rows[name]).tolist())
            named = zip(metric.FIGURES, values, strict=True)
            found |= {figure.name: value for figure, value in named if value is not None}
        nats, tokens, size = weights @ self.surprise
        return {**found, "perplexity": math.exp(nats / tokens), "perplexity_byte": math.exp(nats / size)}


def _rows(metric: Metric, said: Sequence[Answer], languages: Sequence[str]) -> Numbers:
    """Counted language by language, in the order of the examples."""
    found: dict[int, Sequence[float]] = {}
    for one in sorted(set(languages)):
        places = [at for at, language in enumerate(languages) if language == one]
        counted = metric.count([said[at] for at in places], one)
        found |= dict(zip(places, counted.rows, strict=True))
    return np.asarray([found[at] for at in range(len(said))], dtype=np.float64)
