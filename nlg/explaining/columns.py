"""Which numbers of an attention lie over which piece of the context."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

from nlg.explaining.explanation import Layer, Piece, Row
from nlg.explaining.recorder import Look


class Columns:
    """The columns of one context."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        sizes = [len(piece.tokens) for piece in pieces]
        self._starts = list(accumulate(sizes, initial=0))[:-1]
        self._ends = list(accumulate(sizes))
        self._width = self._ends[-1]

    def layers(self, looks: Iterable[Look]) -> tuple[Layer, ...]:
        """The layers among the first step's that look at the context."""
        return tuple(Layer(look.layer, look.weights.shape[1]) for look in looks if self._fits(look, 1))

    def rows(self, looks: Iterable[Look], step: int) -> tuple[tuple[Row, ...], ...]:
        """A row for each head of each layer that looked at the context in this step (the first is 1)."""
        return tuple(tuple(map(self._row, look.weights[0, :, -1].tolist())) for look in looks if self._fits(look, step))

    def _fits(self, look: Look, step: int) -> bool:
        """Whether the context is looked at, alone or with all tokens that were read after it, one a step."""
        return look.weights.shape[-1] == self._width + (step if look.over == "text" else 0)

    def _row(self, weights: Sequence[float]) -> Row:
        pieces = zip(self._starts, self._ends, strict=True)
        return Row(tuple(sum(weights[start:end]) for start, end in pieces), sum(weights[self._width :]))
