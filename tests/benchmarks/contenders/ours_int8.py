"""The engine's own loop, with int8 weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from nlg import plugins
from nlg.contract import Decoding
from nlg.decoding import Row
from nlg.layers.int8 import shrunk
from nlg.running import Running
from tests.benchmarks.contenders import Clock, Shape, Written


class Ours:
    def __init__(self, model: nn.Module) -> None:
        self._model = model

    @torch.inference_mode()
    def write(self, contexts: Sequence[Sequence[int]], tokens: int) -> Written:
        running, clock = Running(self._model), Clock()  # type: ignore[arg-type]
        running.add(contexts, [Row.begin(Decoding(max_tokens=10 * tokens)) for _ in contexts])
        running.step()
        first = clock.read()
        for _ in range(tokens - 1):
            running.step()
        return Written(first, clock.read())


def model_of(shape: Shape) -> nn.Module:
    torch.manual_seed(1)
    family = plugins.family("gpt")
    sizes = {"width": shape.width, "heads": shape.heads, "inner": 4 * shape.width, "layers": shape.layers}
    return family.build(family.config(vocab_size=shape.vocabulary, positions=shape.positions, **sizes)).eval()


def open(shape: Shape, folder: Path) -> Ours:  # noqa: A001
    return Ours(shrunk(model_of(shape)))
