"""How many more tokens a second are written with int8 weights than with float32, on one thread.

Contexts of 40 tokens are read anew each time, then 32 tokens are written, whether the reply has ended or not: both
ways write equally many. They take turns.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

from nlg import checkpoint, default_model, int8, plugins
from nlg.checkpoint import Checkpoint
from nlg.tokenizer import BOS
from tests.benchmarks.measures import Measurement, Size

BATCHES = (1, 8, 32)
CONTEXT, REPLY = 40, 32
HYBRID = {"cell": "gru", "embedding": 256, "decoder": 384, "vocab_size": 5000}


async def run(size: Size, folder: Path) -> Measurement:
    """Measure the shipped model, and a hybrid of chance weights."""
    torch.manual_seed(1)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        figures = [_row(made, batch, 3 * size.rounds) for made in (_shipped(), _hybrid()) for batch in BATCHES]
    finally:
        torch.set_num_threads(threads)
    return Measurement("Tokens a second in int8 and float32, one thread", figures)


def _shipped() -> Checkpoint:
    return int8.whole(checkpoint.load(default_model()))


def _hybrid() -> Checkpoint:
    family = plugins.family("hybrid")
    made = family.build(family.config(**HYBRID)).eval()
    return replace(_shipped(), name="hybrid 256/384", family="hybrid", model=made)


def _row(made: Checkpoint, batch: int, rounds: int) -> dict[str, Any]:
    ways = {"float32": made, "int8": int8.quantised(made)}
    contexts = torch.randint(300, made.tokenizer.size, (batch, CONTEXT))
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds + 1):
        for way, one in ways.items():
            rates[way].append(_rate(one, contexts))
    middle = {way: median(found[1:]) for way, found in rates.items()}
    ratio = median(quick / slow for quick, slow in zip(rates["int8"][1:], rates["float32"][1:], strict=True))
    told = {way: round(rate) for way, rate in middle.items()}
    return {"model": made.name, "batch": batch, **told, "int8 / float32": round(ratio, 2)}


@torch.inference_mode()
def _rate(made: Checkpoint, contexts: Tensor) -> float:
    began = time.perf_counter()
    state = made.writer.start(contexts, torch.full((len(contexts),), CONTEXT))
    tokens = torch.full((len(contexts),), BOS)
    for _ in range(REPLY):
        odds, state = made.writer.step(tokens, state)
        tokens = odds.argmax(dim=-1)
    return len(contexts) * REPLY / (time.perf_counter() - began)
