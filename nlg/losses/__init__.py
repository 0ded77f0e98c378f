"""Losses: one file each with a `LOSS`, found by its name.

A `LOSS` is a frozen dataclass: its fields are what a recipe may set.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

from torch import Tensor

from nlg.lessons import Lesson, Part, Said


class Loss(Protocol):
    """What training makes smaller."""

    needs: ClassVar[frozenset[Part]]
    """What of a teacher it listens to; nothing, if it needs none."""

    def __call__(self, said: Said, lesson: Lesson) -> Tensor:
        """Return the loss at each place (B, T). What stands where `lesson.real` is false is not looked at.

        A loss of whole rows is the same at each of their places.
        """
        ...
