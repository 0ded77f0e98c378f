"""Teachers as values: what is taught looks the same whoever teaches, so no loss can tell one from another."""

from __future__ import annotations

from typing import Protocol

import torch

from nlg.data.batches import Batch
from nlg.errors import RecipeError
from nlg.lessons import Lesson, Part


class Teacher(Protocol):
    """Somebody whose odds, or whose reading, a student is to come near."""

    def check(self, parts: frozenset[Part]) -> None:
        """Raise `RecipeError` when this teacher cannot tell one of the `parts`: at the start, not in the night."""
        ...

    def __call__(self, batch: Batch, parts: frozenset[Part]) -> Lesson:
        """What a batch teaches, with the parts asked for. Nothing of it has slopes."""
        ...


class Nobody:
    """No teacher: a batch teaches what stands in it."""

    def check(self, parts: frozenset[Part]) -> None:
        if parts - {"worse"}:
            raise RecipeError(
                f"a loss listens to a teacher ({', '.join(sorted(parts))}), and there is none. Name one under "
                "[teacher]: path = the folder of a checkpoint."
            )

    def __call__(self, batch: Batch, parts: frozenset[Part]) -> Lesson:  # noqa: ARG002 - it has no parts
        return bare(batch)


def bare(batch: Batch) -> Lesson:
    """What stands in a batch itself."""
    places = torch.arange(batch.contexts.shape[1], device=batch.lengths.device)
    read = places < batch.lengths.unsqueeze(1)
    return Lesson(batch.targets, read, worse=None if batch.worse is None else Lesson(batch.worse, read))
