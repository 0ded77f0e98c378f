"""`generate()` of transformers, which most people use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from tests.benchmarks.contenders import Clock, Shape, Written


class Generate:
    def __init__(self, model: Any) -> None:
        self._model = model

    def write(self, contexts: Sequence[Sequence[int]], tokens: int) -> Written:
        clock = Clock()
        self._say(contexts, 1)
        first = clock.read()
        self._say(contexts, tokens)
        clock_time, processor = clock.read()
        return Written(first, (clock_time - first[0], processor - first[1]))

    @torch.inference_mode()
    def _say(self, contexts: Sequence[Sequence[int]], tokens: int) -> None:
        told = torch.tensor(contexts)
        length = {"min_new_tokens": tokens, "max_new_tokens": tokens}
        self._model.generate(told, attention_mask=torch.ones_like(told), do_sample=False, pad_token_id=0, **length)


def gpt2(shape: Shape) -> Any:
    torch.manual_seed(1)
    sizes = {"n_embd": shape.width, "n_layer": shape.layers, "n_head": shape.heads, "n_positions": shape.positions}
    config = GPT2Config(vocab_size=shape.vocabulary, bos_token_id=1, eos_token_id=2, **sizes)  # type: ignore[arg-type]
    return GPT2LMHeadModel(config).eval()


def open(shape: Shape, folder: Path) -> Generate:  # noqa: A001
    return Generate(gpt2(shape))
