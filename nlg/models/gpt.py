"""Transformer decoder alone: context and reply are one text that is read from left to right.

Notable: with the same weights it is GPT-2 (Radford et al. 2019). Output and input embeddings are one matrix. Positions
are learned, and go on from the context into the reply.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nlg.interfaces import Family, State
from nlg.layers import transformer
from nlg.layers.tied import Tied
from nlg.layers.transformer import Decoder, Positions, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class GptConfig:
    """`positions` is how long context and reply may be together before places lose their order."""

    vocab_size: int
    width: int = 256
    heads: int = 4
    inner: int = 1024
    layers: int = 4
    positions: int = 512
    dropout: float = 0.1


class Gpt(nn.Module):
    """Reads the context as the beginning of a text, and the reply as the rest of it."""

    def __init__(self, config: GptConfig) -> None:
        super().__init__()
        shape = Shape(config.width, config.heads, config.inner, config.dropout, gelu="tanh")
        self.config = config
        self.embedding = Tied(config.vocab_size, config.width)
        self.positions = Positions(config.positions, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.decoder = Decoder(shape, config.layers, context=False)
        transformer.initialise_quietly(self)

    def start(self, contexts: Tensor, lengths: Tensor) -> State:
        return self.go_on(contexts, lengths, self.decoder.empty(self.embedding(contexts[:, 0])))

    def go_on(self, contexts: Tensor, lengths: Tensor, state: State) -> State:
        """As `Continuing`."""
        self.positions.check(int((state["length"] + lengths.unsqueeze(1)).max()))
        return self.read(contexts, state, lengths.unsqueeze(1))[1]

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        said, state = self.read(tokens.unsqueeze(1), state)
        return self.odds(said.squeeze(1)), state

    def select(self, state: State, rows: Tensor) -> State:
        return transformer.select(state, rows)

    def forward(self, contexts: Tensor, lengths: Tensor, replies: Tensor) -> Tensor:
        return self.odds(self.read(replies, self.start(contexts, lengths))[0])

    def read(self, tokens: Tensor, state: State, real: Tensor | None = None) -> tuple[Tensor, State]:
        """Read the first `real` (B, 1) of (B, T), or all: what comes of each (B, T, D), and the state after them."""
        places = state["length"] + torch.arange(tokens.shape[1], device=tokens.device)
        inputs = self.embedding(tokens) + self.positions(places)
        return self.decoder(self.dropout(inputs), state, real)  # type: ignore[no-any-return]

    def odds(self, said: Tensor) -> Tensor:
        return self.embedding.odds(said)  # (..., V)


_SMALL = {"width": 16, "heads": 2, "inner": 24, "layers": 2}

FAMILY = Family(GptConfig, Gpt, variants=({**_SMALL, "positions": 24}, {**_SMALL, "layers": 1, "positions": 64}))
