"""Transformer blocks (Vaswani et al. 2017) that read several tokens at once, or one after another.

What a stack has read is kept in a state: `read` (B, T), which columns hold a token of the row; `keys.N` and `values.N`
(B, T, D) for block N; and, where there is a context, `mask` (B, S), `context_keys.N` and `context_values.N` (B, S, D).
A column that a row did not fill is never looked at, so rows of different length can stand in one state.
"""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlg.errors import RecipeError
from nlg.interfaces import State
from nlg.layers.looking import Over, Report

QUIETLY = 0.05
"""How much of Glorot's range is left. With 0.02 everywhere, as in GPT-2, 270 steps came less far (nlg/LOG.md)."""
Norm = Literal["pre", "post"]
Seen = tuple[Tensor, Tensor, Tensor]
"""Keys and values (B, S, D), and a mask (B, T or 1, S) of who may look where."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Of one block. `norm` is where layers are normalised: before each part, or after it. `gelu` may be approximate."""

    width: int
    heads: int
    inner: int
    dropout: float
    norm: Norm = "pre"
    gelu: Literal["none", "tanh"] = "none"

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise RecipeError(f"width {self.width} cannot be shared out to {self.heads} heads. Take a multiple.")


class MultiHead(nn.Module):
    """Looks at several places at once (section 3.2.2)."""

    def __init__(self, shape: Shape, over: Over = "text") -> None:
        super().__init__()
        self.heads, self.over = shape.heads, over
        self.query, self.key, self.value, self.output = (nn.Linear(shape.width, shape.width) for _ in range(4))

    def offer(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of (B, S, D)."""
        return self.key(inputs), self.value(inputs)

    def forward(self, inputs: Tensor, seen: Seen) -> Tensor:
        """Return what (B, T, D) hears from what it sees: (B, T, D)."""
        keys, values, mask = seen
        heard = functional.scaled_dot_product_attention(
            self._split(self.query(inputs)), self._split(keys), self._split(values), attn_mask=mask.unsqueeze(1)
        )  # (B, heads, T, D / heads)
        return self.output(heard.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def weights(self, inputs: Tensor, seen: Seen) -> Tensor:
        """How much each of (B, T, D) makes of what it sees, head by head: (B, heads, T, S)."""
        keys, _, mask = seen
        queries = self._split(self.query(inputs))  # (B, heads, T, D / heads)
        scores = queries @ self._split(keys).transpose(-1, -2) / math.sqrt(queries.shape[-1])  # (B, heads, T, S)
        hidden = torch.finfo(scores.dtype).min
        return scores.masked_fill(~mask.unsqueeze(1), hidden).softmax(dim=-1)

    def watch(self, report: Report) -> AbstractContextManager[object]:
        """As `Watchable`."""

        def look(_: nn.Module, inputs: tuple[Tensor, Seen], __: Tensor) -> None:
            report(self.weights(*inputs), self.over)

        return self.register_forward_hook(look)

    def _split(self, inputs: Tensor) -> Tensor:
        return inputs.view(*inputs.shape[:2], self.heads, -1).transpose(1, 2)


class FeedForward(nn.Module):
    """Thinks about each token alone (section 3.3)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.grow, self.shrink = nn.Linear(shape.width, shape.inner), nn.Linear(shape.inner, shape.width)
        self.gelu = shape.gelu

    def forward(self, inputs: Tensor) -> Tensor:
        return self.shrink(functional.gelu(self.grow(inputs), approximate=self.gelu))  # type: ignore[no-any-return]


class Around(nn.Module):
    """The way around a part of a block: what the part is told, and what comes of what it says."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.norm, self.dropout = nn.LayerNorm(shape.width), nn.Dropout(shape.dropout)
        self.before = shape.norm == "pre"

    def told(self, inputs: Tensor) -> Tensor:
        return self.norm(inputs) if self.before else inputs

    def add(self, inputs: Tensor, said: Tensor) -> Tensor:
        inputs = inputs + self.dropout(said)
        return inputs if self.before else self.norm(inputs)


class Block(nn.Module):
    """Looks at tokens, at a context if it was made to, and thinks."""

    def __init__(self, shape: Shape, context: bool) -> None:
        super().__init__()
        self.attention, self.around_attention = MultiHead(shape), Around(shape)
        self.context = MultiHead(shape, "context") if context else None
        self.around_context = Around(shape) if context else None
        self.thought, self.around_thought = FeedForward(shape), Around(shape)

    def told(self, inputs: Tensor) -> Tensor:
        """What its attention is told of (B, T, D): queries, keys and values are made of it."""
        return self.around_attention.told(inputs)

    def forward(self, inputs: Tensor, told: Tensor, seen: Seen, context: Seen | None = None) -> Tensor:
        inputs = self.around_attention.add(inputs, self.attention(told, seen))
        if self.context is not None and self.around_context is not None:
            inputs = self.around_context.add(inputs, self.context(self.around_context.told(inputs), context))
        return self.around_thought.add(inputs, self.thought(self.around_thought.told(inputs)))


def _stack(shape: Shape, layers: int, context: bool) -> list[Block]:
    return cast("list[Block]", nn.ModuleList(Block(shape, context) for _ in range(layers)))


def _last_norm(shape: Shape) -> nn.Module:
    return nn.LayerNorm(shape.width) if shape.norm == "pre" else nn.Identity()


class Encoder(nn.Module):
    """Reads a context in both directions."""

    def __init__(self, shape: Shape, layers: int) -> None:
        super().__init__()
        self.blocks, self.norm = _stack(shape, layers, context=False), _last_norm(shape)

    def forward(self, inputs: Tensor, mask: Tensor) -> Tensor:
        """Read (B, S, D) where `mask` (B, S) is true: (B, S, D)."""
        for block in self.blocks:
            told = block.told(inputs)
            inputs = block(inputs, told, (*block.attention.offer(told), mask.unsqueeze(1)))
        return self.norm(inputs)  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """Reads tokens from left to right, and looks at a context if it was made to."""

    def __init__(self, shape: Shape, layers: int, context: bool) -> None:
        super().__init__()
        self.width = shape.width
        self.blocks, self.norm = _stack(shape, layers, context), _last_norm(shape)

    def empty(self, like: Tensor) -> State:
        """The state before anything was read, for rows, type and device of a tensor (B, ...)."""
        rows = like.shape[0]
        state = {"read": torch.zeros(rows, 0, dtype=torch.bool, device=like.device)}
        for number in range(len(self.blocks)):
            state[f"keys.{number}"] = state[f"values.{number}"] = like.new_zeros(rows, 0, self.width)
        return state

    def look_at(self, memory: Tensor, mask: Tensor) -> State:
        """The part of the state that says what context (B, S, D) there is to look at, where `mask` (B, S) is true."""
        state = {"mask": mask}
        for number, block in enumerate(self.blocks):
            if block.context is not None:
                keys, values = block.context.offer(memory)
                state |= {f"context_keys.{number}": keys, f"context_values.{number}": values}
        return state

    def forward(self, inputs: Tensor, real: Tensor, state: State) -> tuple[Tensor, State]:
        """Read (B, T, D) where `real` (B, T) is true, and return what comes of it (B, T, D) and the state after it."""
        state = {**state, "read": torch.cat([state["read"], real], dim=1)}
        columns = state["read"].shape[1]
        earlier = torch.ones(inputs.shape[1], columns, dtype=torch.bool, device=inputs.device)
        mask = state["read"].unsqueeze(1) & earlier.tril(columns - inputs.shape[1])  # (B, T, columns)
        for number, block in enumerate(self.blocks):
            told = block.told(inputs)
            for name, fresh in zip(("keys", "values"), block.attention.offer(told), strict=True):
                state[f"{name}.{number}"] = torch.cat([state[f"{name}.{number}"], fresh], dim=1)
            seen = (state[f"keys.{number}"], state[f"values.{number}"], mask)
            inputs = block(inputs, told, seen, _context(state, number))
        return self.norm(inputs), state


def _context(state: State, number: int) -> Seen | None:
    if "mask" not in state:
        return None
    return state[f"context_keys.{number}"], state[f"context_values.{number}"], state["mask"].unsqueeze(1)


def select(state: State, rows: Tensor) -> State:
    """The state of `rows`, without columns that none of them has filled."""
    state = {name: tensor[rows] for name, tensor in state.items()}
    for width, names in (("read", ("read", "keys.", "values.")), ("mask", ("mask", "context_"))):
        if width in state and not bool((filled := state[width].any(dim=0)).all()):
            state |= {name: tensor[:, filled] for name, tensor in state.items() if name.startswith(names)}
    return state


class Positions(nn.Module):
    """A learned vector for each place in a sequence. Places after the last share its vector."""

    def __init__(self, places: int, width: int) -> None:
        super().__init__()
        self.table = nn.Embedding(places, width)

    def forward(self, places: Tensor) -> Tensor:
        """Places (..., ) from 0: (..., D)."""
        return self.table(places.clamp(max=self.table.num_embeddings - 1))  # type: ignore[no-any-return]

    def check(self, tokens: int) -> None:
        """Raise `RecipeError` when a context is longer than all places: its end would lose its order."""
        if tokens > self.table.num_embeddings:
            raise RecipeError(
                f"a context of {tokens} tokens is longer than the model's {self.table.num_embeddings} positions. "
                "Shorten text.context, or train with more model.positions."
            )


def initialise(model: nn.Module) -> None:
    """Start afresh: Glorot's range for matrices, embeddings of length about 1, biases at zero."""
    for part in model.modules():
        if isinstance(part, nn.Linear):
            nn.init.xavier_uniform_(part.weight)
            nn.init.zeros_(part.bias)
        elif isinstance(part, nn.Embedding):
            nn.init.normal_(part.weight, std=1 / math.sqrt(part.embedding_dim))


def initialise_quietly(model: nn.Module) -> None:
    """Start afresh with blocks that add little to what they read, in the spirit of Fixup (Zhang et al. 2019).

    For stacks that do not normalise their inputs: with Glorot's range what a block adds drowns the token it adds to,
    which takes one stack that learns reading and writing from the reply alone many epochs to undo.
    """
    initialise(model)
    for block in (part for part in model.modules() if isinstance(part, Block)):
        for last in (block.attention.output, block.thought.shrink):
            last.weight.data *= QUIETLY


def real(lengths: Tensor, columns: int) -> Tensor:
    """Which of the `columns` of padded rows hold a token: (B, columns)."""
    return torch.arange(columns, device=lengths.device) < lengths.unsqueeze(1)
