"""CTranslate2, the fastest that is installed with one command, with int8 weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ctranslate2

from tests.benchmarks.contenders import Clock, Shape, Written


class CTranslate2:
    def __init__(self, folder: Path, kind: str) -> None:
        self._generator = ctranslate2.Generator(str(folder), compute_type=kind, intra_threads=1, inter_threads=1)

    def write(self, contexts: Sequence[Sequence[int]], tokens: int) -> Written:
        told = [[f"t{token}" for token in context] for context in contexts]
        clock = Clock()
        self._say(told, 1)
        first = clock.read()
        self._say(told, tokens)
        clock_time, processor = clock.read()
        return Written(first, (clock_time - first[0], processor - first[1]))

    def _say(self, told: list[list[str]], tokens: int) -> None:
        how: dict[str, Any] = {"min_length": tokens, "max_length": tokens, "include_prompt_in_result": False}
        self._generator.generate_batch(told, sampling_topk=1, **how)


def convert(shape: Shape, folder: Path) -> None:
    """Write the folder unless it is there. The converter needs transformers; who only writes does not."""
    if folder.exists():
        return
    from ctranslate2.converters.transformers import GPT2Loader  # noqa: PLC0415

    from tests.benchmarks.contenders.generate import gpt2  # noqa: PLC0415

    spec = GPT2Loader().get_model_spec(gpt2(shape))
    spec.register_vocabulary([f"t{token}" for token in range(shape.vocabulary)])
    spec.config.bos_token, spec.config.eos_token, spec.config.unk_token = "t1", "t2", "t0"
    spec.validate()
    folder.mkdir(parents=True)
    spec.optimize(quantization=None)
    spec.save(str(folder))


def open(shape: Shape, folder: Path) -> CTranslate2:  # noqa: A001
    convert(shape, folder / "ct2")
    return CTranslate2(folder / "ct2", "int8")
