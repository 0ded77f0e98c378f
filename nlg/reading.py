"""Reads contexts between the steps of those that are being written, a piece at a time, so that nobody waits long.

Contexts of similar length are read together, oldest first. Models that read in both directions read a context whole:
there a piece is one context, or several short ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from nlg.data.batches import pad
from nlg.interfaces import Continuing, ReplyModel, State, join
from nlg.remembering import Memory
from nlg.slots import apart
from nlg.tokenizer import PAD

PIECE = 256
"""Tokens that are read between two steps, padding included, unless one context has more and has to be read whole."""
SHORT = 16
"""Contexts up to so many tokens count as equally long."""


@dataclass(slots=True, eq=False)
class Context:
    """A context on its way: `read` tokens of it are in the `state`. An `error` says why it will never be done."""

    tokens: Sequence[int]
    read: int = 0
    state: State | None = None
    error: Exception | None = None

    @property
    def done(self) -> bool:
        return self.read == len(self.tokens) or self.error is not None

    @property
    def left(self) -> int:
        return len(self.tokens) - self.read


class Reading:
    """The contexts that are being read. For one thread."""

    def __init__(self, model: ReplyModel, memory: Memory, device: torch.device | None = None) -> None:
        self._model, self._memory, self._device = model, memory, device
        self._goes_on = model if isinstance(model, Continuing) else None
        self._open: list[Context] = []

    def __len__(self) -> int:
        return len(self._open)

    def ask(self, tokens: Sequence[int]) -> Context:
        """Have a context read by later calls of `advance`; what is remembered of it is there at once."""
        context = Context(tokens, *self._memory.find(tokens))
        if not context.done:
            self._open.append(context)
        return context

    def forget(self, context: Context) -> None:
        """Read no more of it."""
        if context in self._open:
            self._open.remove(context)

    def advance(self) -> None:
        """Read a piece."""
        group = self._group()
        if group:
            self._try(group)
            self._open = [context for context in self._open if not context.done]

    def _group(self) -> list[Context]:
        """Contexts that begin, or go on, together: like the oldest, and not too many."""
        group: list[Context] = []
        widest = 0
        for context in self._open:
            widest = max(widest, self._piece(context))
            if not group or (self._alike(context, group[0]) and widest * (len(group) + 1) <= PIECE):
                group.append(context)
        return group

    def _piece(self, context: Context) -> int:
        return min(context.left, PIECE) if self._goes_on else context.left

    def _alike(self, one: Context, other: Context) -> bool:
        first, second = (max(self._piece(context), SHORT) for context in (one, other))
        return bool(one.read) == bool(other.read) and max(first, second) <= 1.5 * min(first, second)

    def _try(self, group: Sequence[Context]) -> None:
        """Read together; if that fails, one by one, so that only the culprit suffers."""
        try:
            self._read(group)
        except Exception as error:
            if len(group) == 1:
                group[0].error = error
                return
            for context in group:
                self._try([context])

    def _read(self, group: Sequence[Context]) -> None:
        sizes = [self._piece(context) for context in group]
        pieces = [one.tokens[one.read : one.read + size] for one, size in zip(group, sizes, strict=True)]
        tokens, lengths = (tensor.to(self._device) for tensor in pad(pieces, PAD))
        before = [context.state for context in group if context.state is not None]
        if before and self._goes_on:
            state = self._goes_on.go_on(tokens, lengths, join(before))
        else:
            state = self._model.start(tokens, lengths)
        for context, size, own in zip(group, sizes, apart(self._model, state, len(group)), strict=True):
            context.read, context.state = context.read + size, own
            if context.done:
                self._memory.keep(context.tokens, own)
