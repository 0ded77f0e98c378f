"""Looking back at the context: where to look is scored for each token that is written.

Additive scores are Bahdanau, Cho and Bengio (2015), section 3.1 and appendix A.1.2; `dot` and `general` are those of
Luong, Pham and Manning (2015), section 3.1; `scaled` divides by the root of the width as Vaswani et al. (2017),
section 3.2.1. Keys are projected once a context.
"""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from typing import Literal

import torch
from torch import Tensor, nn

from nlg.errors import RecipeError
from nlg.layers.looking import Report

Score = Literal["additive", "dot", "general", "scaled"]


class Additive(nn.Module):
    """v · tanh(W q + U k): a small network looks at query and key together.

    When it does not learn it takes the quick way to `tanh` (`nlg.layers.squash`), but for what is equal in all scores.
    """

    def __init__(self, query: int, memory: int, size: int) -> None:
        super().__init__()
        self.key = nn.Linear(memory, size)
        self.query = nn.Linear(query, size, bias=False)
        self.score = nn.Linear(size, 1, bias=False)

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        asked, offered = self.query(queries).unsqueeze(2), keys.unsqueeze(1)
        if torch.is_grad_enabled():
            return self.score((asked + offered).tanh()).squeeze(-1)  # type: ignore[no-any-return]  # (B, T, S)
        # Of tanh x = 2 sigmoid(2x) - 1 the last part adds the same to all scores, which changes no share.
        pairs = torch.add(2 * asked, offered, alpha=2).sigmoid_()  # (B, T, S, A)
        return 2 * self.score(pairs).squeeze(-1)  # type: ignore[no-any-return]  # (B, T, S)


class Dot(nn.Module):
    """q · k: learns nothing of its own, so query and context must be equally wide; `RecipeError` when they are not."""

    def __init__(self, query: int, memory: int, size: int) -> None:  # noqa: ARG002 - a dot product has no size
        super().__init__()
        if query != memory:
            raise RecipeError(
                f"attention 'dot' needs a decoder as wide as what the encoder says, and they are {query} and {memory}. "
                "Make them equal, or take 'general'."
            )
        self.key: nn.Module = nn.Identity()

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        return torch.bmm(queries, keys.transpose(1, 2))  # (B, T, S)


class General(Dot):
    """q · W k: one matrix product for all tokens."""

    def __init__(self, query: int, memory: int, size: int) -> None:
        super().__init__(query, query, size)
        self.key = nn.Linear(memory, query, bias=False)


class Scaled(General):
    """q · W k / √width: scores stay small however wide the model is."""

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        return super().forward(queries / math.sqrt(queries.shape[-1]), keys)


SCORES: dict[Score, type[Additive | Dot]] = {
    "additive": Additive,
    "dot": Dot,
    "general": General,
    "scaled": Scaled,
}


class Attention(nn.Module):
    """Sums up the context for each query, weighted by the scores."""

    def __init__(self, score: Score, query: int, memory: int, size: int) -> None:
        super().__init__()
        self.scores = SCORES[score](query, memory, size)

    def keys(self, memory: Tensor) -> Tensor:
        """Project the context (B, S, M) once, before anything is written: (B, S, A)."""
        return self.scores.key(memory)  # type: ignore[no-any-return]

    def forward(self, queries: Tensor, keys: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """Return what the context (B, S, M) says to queries (B, T, Q), where `mask` (B, S) is true: (B, T, M)."""
        return torch.bmm(self.weights(queries, keys, mask), memory)  # (B, T, M)

    def weights(self, queries: Tensor, keys: Tensor, mask: Tensor) -> Tensor:
        """How much each query (B, T, Q) makes of each token: (B, T, S), 0 where `mask` (B, S) is false."""
        scores = self.scores(queries, keys)  # (B, T, S)
        hidden = torch.finfo(scores.dtype).min
        return scores.masked_fill(~mask.unsqueeze(1), hidden).softmax(dim=-1)  # type: ignore[no-any-return]

    def watch(self, report: Report) -> AbstractContextManager[object]:
        """As `Watchable`; there is one head."""

        def look(_: nn.Module, inputs: tuple[Tensor, ...], __: Tensor) -> None:
            queries, keys, _memory, mask = inputs
            report(self.weights(queries, keys, mask).unsqueeze(1), "context")

        return self.register_forward_hook(look)
