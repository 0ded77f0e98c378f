"""Continuous batching of transformers (`ContinuousBatchingManager`), on a CPU with a cache that holds what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import ContinuousBatchingConfig, GenerationConfig

from tests.benchmarks.contenders import Shape
from tests.benchmarks.contenders.generate import Generate, gpt2

PAGE = 32
BLOCKS = 256
"""Pages of 32 tokens: 32 contexts of 100 tokens with their replies need 192."""


class Batching(Generate):
    def __init__(self, model: Any) -> None:
        super().__init__(model)
        told = GenerationConfig(do_sample=False, eos_token_id=-1, pad_token_id=0)
        room = ContinuousBatchingConfig(
            page_size=PAGE, num_blocks=BLOCKS, max_batch_tokens=4096, allow_block_sharing=False
        )
        self._manager = model.init_continuous_batching(told, continuous_batching_config=room)
        self._manager.start()

    def _say(self, contexts: Sequence[Sequence[int]], tokens: int) -> None:
        self._manager.add_requests([list(context) for context in contexts], max_new_tokens=tokens)
        for _ in contexts:
            said = self._manager.get_result(timeout=60.0)
            if said is None or len(said.generated_tokens) != tokens:
                raise RuntimeError(f"transformers did not write {tokens} tokens: {said}")


def open(shape: Shape, folder: Path) -> Batching:  # noqa: A001
    return Batching(gpt2(shape))
