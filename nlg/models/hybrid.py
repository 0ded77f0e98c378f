"""Transformer encoder with a recurrent decoder that looks back.

Notable: the context is read in one go as by a Transformer, and a token is written at the price of a recurrent net,
which does not grow with what was written before (the shape of Marian's fast students, Kim et al. 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nlg.interfaces import Family
from nlg.layers import transformer
from nlg.layers.transformer import Encoder, Norm, Positions, Shape
from nlg.layers.writer import Writer, WriterConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridConfig(WriterConfig):
    """`embedding` is the width of the encoder too, shared out to its `heads`."""

    heads: int = 4
    inner: int = 1024
    encoder_layers: int = 2
    positions: int = 512
    norm: Norm = "pre"


class Reader(nn.Module):
    """Reads embeddings with a Transformer. What it makes of the whole context is the mean over its tokens."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        shape = Shape(config.embedding, config.heads, config.inner, config.dropout, config.norm)
        self.size = config.embedding
        self.positions, self.norm = Positions(config.positions, self.size), nn.LayerNorm(self.size)
        self.encoder = Encoder(shape, config.encoder_layers)
        transformer.initialise(self)

    def forward(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Read (B, S, E) and return what it made of each token (B, S, E), and of the whole context (B, E)."""
        self.positions.check(inputs.shape[1])
        mask = transformer.real(lengths, inputs.shape[1])
        places = torch.arange(inputs.shape[1], device=inputs.device)
        memory = self.encoder(self.norm(inputs + self.positions(places)), mask)
        total = memory.masked_fill(~mask.unsqueeze(-1), 0.0).sum(dim=1)
        return memory, total / lengths.unsqueeze(1)


class Hybrid(Writer):
    """A Transformer reader, and a recurrent writer."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__(config, Reader(config))


_SMALL = {"embedding": 16, "heads": 2, "inner": 24, "positions": 24, "decoder": 20, "attention_size": 8}

FAMILY = Family(
    HybridConfig,
    Hybrid,
    variants=(
        {**_SMALL, "cell": "gru"},
        {**_SMALL, "cell": "lstm", "norm": "post", "encoder_layers": 1, "attention": "general", "decoder_layers": 2},
    ),
)
