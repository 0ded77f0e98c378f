"""Transformer encoder-decoder.

Notable: with `norm = "post"` and the same weights it is BART (Lewis et al. 2020); with `"pre"`, which trains more
steadily, mBART. Output and input embeddings are one matrix. Positions are learned.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nlg.interfaces import Family, State
from nlg.layers import transformer
from nlg.layers.tied import Tied
from nlg.layers.transformer import Decoder, Encoder, Norm, Positions, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformerConfig:
    """`width` is shared out to the `heads`; `inner` is the width of the feed-forward layers."""

    vocab_size: int
    width: int = 256
    heads: int = 4
    inner: int = 1024
    encoder_layers: int = 3
    decoder_layers: int = 3
    positions: int = 512
    norm: Norm = "pre"
    dropout: float = 0.1


class Transformer(nn.Module):
    """Reads the context in both directions, then writes the reply while looking at all of it."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        shape = Shape(config.width, config.heads, config.inner, config.dropout, config.norm)
        self.config = config
        self.embedding = Tied(config.vocab_size, config.width)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        self.dropout = nn.Dropout(config.dropout)
        self.read_positions, self.read_norm = _places(config)
        self.encoder = Encoder(shape, config.encoder_layers)
        self.written_positions, self.written_norm = _places(config)
        self.decoder = Decoder(shape, config.decoder_layers, context=True)
        transformer.initialise(self)

    def start(self, contexts: Tensor, lengths: Tensor) -> State:
        self.read_positions.check(contexts.shape[1])
        mask = transformer.real(lengths, contexts.shape[1])  # (B, S)
        places = torch.arange(contexts.shape[1], device=contexts.device)
        inputs = self.read_norm(self.embedding(contexts) + self.read_positions(places))
        memory = self.encoder(self.dropout(inputs), mask)  # (B, S, D)
        return {**self.decoder.empty(memory), **self.decoder.look_at(memory, mask)}

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        odds, state = self.read(tokens.unsqueeze(1), state)
        return odds.squeeze(1), state

    def select(self, state: State, rows: Tensor) -> State:
        return transformer.select(state, rows)

    def forward(self, contexts: Tensor, lengths: Tensor, replies: Tensor) -> Tensor:
        return self.read(replies, self.start(contexts, lengths))[0]

    def read(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """Read (B, T) at once and return the log-odds after each (B, T, V), with the state after all."""
        places = state["length"] + torch.arange(tokens.shape[1], device=tokens.device)
        inputs = self.written_norm(self.embedding(tokens) + self.written_positions(places))
        said, state = self.decoder(self.dropout(inputs), state)
        return self.embedding.odds(said, self.bias), state

    def watch_memory(self, report: Callable[[Tensor], object]) -> AbstractContextManager[object]:
        """As `Remembering`."""

        def heard(_: nn.Module, __: object, memory: Tensor) -> None:
            report(memory)

        return self.encoder.register_forward_hook(heard)


def _places(config: TransformerConfig) -> tuple[Positions, nn.LayerNorm]:
    return Positions(config.positions, config.width), nn.LayerNorm(config.width)


_SMALL = {"width": 16, "heads": 2, "inner": 24, "encoder_layers": 2, "decoder_layers": 2, "positions": 24}

FAMILY = Family(TransformerConfig, Transformer, variants=({**_SMALL}, {**_SMALL, "norm": "post", "heads": 4}))
