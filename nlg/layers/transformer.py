"""Transformer blocks (Vaswani et al. 2017) that read several tokens at once, or one after another.

What a stack has read is kept in a state: `length` (B, 1), how many tokens; `text.N` (B, T, 2 heads, D / heads),
keys and values of block N (`nlg.layers.columns`); and, where there is a context, `mask` (B, S) and `context.N`, like
`text.N`. A column that a row did not fill is never looked at, so rows of different length can stand in one state.
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
from nlg.layers import columns
from nlg.layers.beside import beside
from nlg.layers.looking import Over, Report

QUIETLY = 0.05
"""How much of Glorot's range is left. With 0.02 everywhere, as in GPT-2, 270 steps came less far (nlg/LOG.md)."""
Norm = Literal["pre", "post"]
Seen = tuple[Tensor, Tensor]
"""Keys and values (B, S, 2 heads, D / heads), and what is added to scores (B, T or 1, S): 0, or -inf to look away."""


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
        self.size, self.over = shape.width // shape.heads, over
        self.query, self.key, self.value, self.output = (nn.Linear(shape.width, shape.width) for _ in range(4))

    def ask(self, inputs: Tensor) -> Tensor:
        """Queries of (B, T, D)."""
        return self.query(inputs)  # type: ignore[no-any-return]

    def offer(self, inputs: Tensor) -> Tensor:
        """Keys and values of (B, S, D): (B, S, 2 heads, D / heads)."""
        return self._split(beside((self.key, self.value), inputs))

    def both(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """What (B, T, D) asks, and what it offers."""
        made = beside((self.query, self.key, self.value), inputs)  # (B, T, 3D)
        return made[..., : inputs.shape[-1]], self._split(made[..., inputs.shape[-1] :])

    def forward(self, queries: Tensor, seen: Seen) -> Tensor:
        """Return what queries (B, T, D) hear from what they see: (B, T, D)."""
        offered, hidden = seen
        keys, values = offered.transpose(1, 2).chunk(2, dim=1)
        heard = functional.scaled_dot_product_attention(
            self._split(queries).transpose(1, 2), keys, values, attn_mask=hidden.unsqueeze(1)
        )  # (B, heads, T, D / heads)
        return self.output(heard.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def weights(self, queries: Tensor, seen: Seen) -> Tensor:
        """How much each of the queries (B, T, D) makes of what it sees, head by head: (B, heads, T, S)."""
        offered, hidden = seen
        asked, keys = self._split(queries).transpose(1, 2), offered.transpose(1, 2).chunk(2, dim=1)[0]
        scores = asked @ keys.transpose(-1, -2) / math.sqrt(asked.shape[-1])  # (B, heads, T, S)
        return (scores + hidden.unsqueeze(1)).softmax(dim=-1)

    def watch(self, report: Report) -> AbstractContextManager[object]:
        """As `Watchable`."""

        def look(_: nn.Module, inputs: tuple[Tensor, Seen], __: Tensor) -> None:
            report(self.weights(*inputs), self.over)

        return self.register_forward_hook(look)

    def _split(self, inputs: Tensor) -> Tensor:
        """By heads: (B, T, N D) -> (B, T, N heads, D / heads)."""
        return inputs.view(*inputs.shape[:2], -1, self.size)


def hidden(mask: Tensor, like: Tensor) -> Tensor:
    """What is added to scores of the type of `like` where `mask` is false: -inf, and 0 elsewhere."""
    return torch.zeros(mask.shape, dtype=like.dtype, device=like.device).masked_fill_(~mask, -math.inf)


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

    def open(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """What its attention asks of (B, T, D), and what it offers."""
        return self.attention.both(self.around_attention.told(inputs))

    def forward(self, inputs: Tensor, queries: Tensor, seen: Seen, context: Seen | None = None) -> Tensor:
        inputs = self.around_attention.add(inputs, self.attention(queries, seen))
        if self.context is not None and self.around_context is not None:
            asked = self.context.ask(self.around_context.told(inputs))
            inputs = self.around_context.add(inputs, self.context(asked, context))
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
        blind = hidden(mask.unsqueeze(1), inputs)  # (B, 1, S)
        for block in self.blocks:
            queries, offered = block.open(inputs)
            inputs = block(inputs, queries, (offered, blind))
        return self.norm(inputs)  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """Reads tokens from left to right, and looks at a context if it was made to."""

    def __init__(self, shape: Shape, layers: int, context: bool) -> None:
        super().__init__()
        self.split = (2 * shape.heads, shape.width // shape.heads)
        self.blocks, self.norm = _stack(shape, layers, context), _last_norm(shape)

    def empty(self, like: Tensor) -> State:
        """The state before anything was read, for rows, type and device of a tensor (B, ...)."""
        rows = like.shape[0]
        nothing = like.new_zeros(rows, 0, *self.split)
        length = torch.zeros(rows, 1, dtype=torch.long, device=like.device)
        return {"length": length, **{f"text.{number}": nothing for number in range(len(self.blocks))}}

    def look_at(self, memory: Tensor, mask: Tensor) -> State:
        """The part of the state that says what context (B, S, D) there is to look at, where `mask` (B, S) is true."""
        state = {"mask": mask}
        for number, block in enumerate(self.blocks):
            if block.context is not None:
                state[f"context.{number}"] = block.context.offer(memory)
        return state

    def forward(self, inputs: Tensor, state: State, real: Tensor | None = None) -> tuple[Tensor, State]:
        """Read the first `real` (B, 1) of (B, T, D), or all: what comes of each (B, T, D), and the state after."""
        tokens = inputs.shape[1]
        places = state["length"] + torch.arange(tokens, device=inputs.device)  # (B, T)
        state = {
            **columns.roomy(state, ("text.",), tokens),
            "length": state["length"] + (tokens if real is None else real),
        }
        earlier = torch.arange(state["text.0"].shape[1], device=inputs.device) <= places.unsqueeze(-1)
        blind = hidden(earlier, inputs)  # (B, T, columns)
        context = hidden(state["mask"].unsqueeze(1), inputs) if "mask" in state else None
        at = columns.at(places)
        for number, block in enumerate(self.blocks):
            queries, offered = block.open(inputs)
            text = state[f"text.{number}"]
            text.index_put_(at, offered.to(text.dtype))
            seen = None if context is None else (state[f"context.{number}"], context)
            inputs = block(inputs, queries, (text, blind), seen)
        return self.norm(inputs), state


def select(state: State, rows: Tensor) -> State:
    """The state of `rows`, without columns that none of them has filled."""
    state = columns.cut({name: tensor[rows] for name, tensor in state.items()}, ("text.",), state["length"][rows])
    if "mask" not in state:
        return state
    return columns.cut(state, ("mask", "context."), state["mask"].sum(dim=1))


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
