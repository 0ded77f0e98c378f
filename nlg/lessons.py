"""What a loss compares: what a student says, and what it was taught.

Both are laid out place by place: at place t of a reply stands what should come after its first t tokens, so teachers of
all families line up with students of all families.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from nlg.interfaces import IGNORED

Part = Literal["odds", "memory", "attention", "worse"]
"""What a loss listens to, beside what a student says of given replies.

Of a teacher: its odds of tokens, what it made of the context, or where it looked. Of a batch: replies that people
rejected (`worse`), which then student and teacher both read.
"""


@dataclass(frozen=True, slots=True)
class Signal:
    """How likely a teacher holds tokens at each place: log-probabilities `odds` (B, T, K) of `tokens` (B, T, K).

    Without `tokens`, K is the whole vocabulary in its order. `rest` (B, T) is the log of what all other tokens have
    together; none is left where all are told. A live teacher and one that was written down can so be the same value.
    """

    odds: Tensor
    tokens: Tensor | None = None
    rest: Tensor | None = None

    def events(self, size: int, heat: float = 1.0) -> Tensor:
        """Log-probabilities (B, T, K), or (B, T, K + 1) with the rest last, over a vocabulary of `size` tokens.

        `heat` is the temperature (Hinton, Vinyals and Dean 2015). A teacher that was cut says nothing of how the rest
        is shared out: it counts as spread evenly.
        """
        if self.tokens is None:
            return (self.odds / heat).log_softmax(dim=-1)
        others = size - self.odds.shape[-1]
        many = math.log(max(1, others))
        tail = self.rest if self.rest is not None and others else torch.full_like(self.odds[..., 0], -math.inf)
        warm = torch.cat([self.odds / heat, (many + (tail - many) / heat).unsqueeze(-1)], dim=-1)
        return warm.log_softmax(dim=-1)

    def same_events(self, logits: Tensor, heat: float = 1.0) -> Tensor:
        """Log-probabilities that `logits` (B, T, V) give to those events: the shape of `events`."""
        own = (logits / heat).log_softmax(dim=-1)  # (B, T, V)
        if self.tokens is None:
            return own
        told = own.gather(-1, self.tokens)  # (B, T, K)
        # Not -inf, as a sum of nothing but that has no slope.
        nothing = torch.finfo(own.dtype).min
        left = own.scatter(-1, self.tokens, nothing).logsumexp(dim=-1, keepdim=True)  # (B, T, 1)
        return torch.cat([told, left], dim=-1)

    def cut(self, most: int) -> Signal:
        """Keep the likeliest `most` tokens, and add the others to the rest."""
        odds, places = self.odds.topk(min(most, self.odds.shape[-1]), dim=-1)
        left = self.odds.scatter(-1, places, -math.inf).logsumexp(dim=-1)
        rest = left if self.rest is None else torch.logaddexp(left, self.rest)
        return Signal(odds, places if self.tokens is None else self.tokens.gather(-1, places), rest)


@dataclass(frozen=True, slots=True)
class Said:
    """What a student makes of a batch: `logits` (B, T, V), `memory` (B, S, M) and `attention` over it (B, T, S).

    `worse` (B, U, V) are its odds of what was rejected. The last three are there only where a loss asks for them.
    """

    logits: Tensor
    memory: Tensor | None = None
    attention: Tensor | None = None
    worse: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a batch teaches: `targets` (B, T), where `IGNORED` is padding, and what a teacher makes of the same batch.

    `read` (B, S) is true where the context has a token. `worse` is the same of what was rejected; a row in which
    nothing was has nothing real there.
    """

    targets: Tensor
    read: Tensor
    signal: Signal | None = None
    memory: Tensor | None = None
    attention: Tensor | None = None
    worse: Lesson | None = None

    @property
    def real(self) -> Tensor:
        """Where there is something to predict (B, T)."""
        return self.targets != IGNORED
