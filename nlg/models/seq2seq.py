"""Recurrent encoder-decoder: LSTM, GRU or plain RNN cells, with attention.

Notable: the encoder reads in both directions, and the decoder starts from what it made of the whole context.
"""

from __future__ import annotations

from dataclasses import dataclass

from nlg.interfaces import Family
from nlg.layers.recurrent import Lexical, Reader, reset
from nlg.layers.writer import Writer, WriterConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Seq2SeqConfig(WriterConfig):
    """Sizes are widths in numbers; `encoder` is the width of one direction."""

    encoder: int = 192
    encoder_layers: int = 1
    bidirectional: bool = True
    lexical: bool = False
    """Whether the decoder also sees the bare words of the context."""


class Seq2Seq(Writer):
    """A recurrent reader, and a recurrent writer."""

    def __init__(self, config: Seq2SeqConfig) -> None:
        reader = Reader(
            config.cell,
            config.embedding,
            config.encoder,
            config.encoder_layers,
            config.dropout,
            config.bidirectional,
        )
        reset(reader, config.initial_range)
        super().__init__(config, Lexical(reader, config.embedding) if config.lexical else reader)


_SMALL = {"embedding": 16, "encoder": 12, "decoder": 20, "attention_size": 8}

FAMILY = Family(
    Seq2SeqConfig,
    Seq2Seq,
    variants=(
        {**_SMALL, "cell": "lstm", "attention": "additive"},
        {**_SMALL, "cell": "gru", "attention": "general", "encoder_layers": 2, "decoder_layers": 2},
        {**_SMALL, "cell": "lstm", "attention": "scaled", "input_feeding": True, "decoder_layers": 2},
        {**_SMALL, "cell": "gru", "attention": "additive", "bidirectional": False, "input_feeding": True},
        {**_SMALL, "cell": "gru", "attention": "general", "lexical": True},
        {**_SMALL, "cell": "rnn", "attention": "dot", "decoder": 24, "encoder_layers": 2, "decoder_layers": 2},
    ),
)
