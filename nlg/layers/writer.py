"""Writes replies with recurrent cells that look back at the context. What reads the context is given from outside.

The cells do not wait for the attention (it is added to what they say, as in Luong et al. 2015), so a whole reply is
read in one call while training; `input_feeding` gives that up for cells that know where the model looked before.
The gist of the context is added to every token that is read, as in Cho et al. (2014): cells that hear it only once
forget it before a common opening is over. Output and input embeddings are one matrix. All weights start in
±`initial_range`: 0.1 suits widths of some hundreds, 0.3 those of a few dozens; with less, a net learns late or never.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlg.interfaces import State
from nlg.layers.attention import Attention, Score
from nlg.layers.recurrent import Cell, Recurrent, reset


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterConfig:
    """Sizes are widths in numbers."""

    vocab_size: int
    cell: Cell = "lstm"
    embedding: int = 256
    decoder: int = 384
    decoder_layers: int = 1
    attention: Score = "additive"
    attention_size: int = 128
    input_feeding: bool = False
    dropout: float = 0.2
    initial_range: float = 0.1


class ContextReader(Protocol):
    """A module that reads padded embeddings. `size` is the width M of what it returns."""

    size: int

    def __call__(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Read (B, S, E) and return what it made of each token (B, S, M), and of the whole context (B, M)."""
        ...


class Writer(nn.Module):
    """Reads the context once, then writes the reply while looking back at it."""

    def __init__(self, config: WriterConfig, reader: ContextReader) -> None:
        super().__init__()
        width, feed = config.embedding, config.embedding if config.input_feeding else 0
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, width)
        self.reader = reader
        self.writer = Recurrent(config.cell, width + feed, config.decoder, config.decoder_layers, config.dropout)
        self.bridge = nn.Linear(reader.size, config.decoder_layers * self.writer.memory_size)
        self.gist = nn.Linear(reader.size, width)
        self.opening = nn.Linear(width, width)
        self.hint = nn.Linear(width, width)
        self.attention = Attention(config.attention, config.decoder, reader.size, config.attention_size)
        self.mix = nn.Linear(config.decoder + reader.size, width)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        self.dropout = nn.Dropout(config.dropout)
        for part in (
            self.embedding,
            self.writer,
            self.bridge,
            self.gist,
            self.opening,
            self.hint,
            self.attention,
            self.mix,
        ):
            reset(part, config.initial_range)

    def start(self, contexts: Tensor, lengths: Tensor) -> State:
        words = self.embed(contexts)  # (B, S, E)
        memory, summary = self.reader(words, lengths)  # (B, S, M), (B, M)
        memory = self.dropout(memory)
        rows, mask = contexts.shape[0], torch.arange(contexts.shape[1], device=contexts.device) < lengths.unsqueeze(1)
        mean = (words * mask.unsqueeze(-1)).sum(dim=1) / lengths.unsqueeze(1)  # (B, E)
        state = {
            "writer": self.bridge(summary).tanh().view(rows, -1, self.writer.memory_size),  # (B, L, W)
            "gist": self.gist(self.dropout(summary)),  # (B, E)
            "opening": self.opening(mean),  # (B, E)
            "hint": self.hint(mean),  # (B, E)
            "memory": memory,
            "keys": self.attention.keys(memory),  # (B, S, A)
            "mask": mask,  # (B, S)
        }
        if self.config.input_feeding:
            state["fed"] = memory.new_zeros(rows, self.config.embedding)  # (B, E)
        return state

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        inputs = self.embed(tokens) + state["gist"]  # (B, E)
        if self.config.input_feeding:
            inputs = torch.cat([inputs, state["fed"]], dim=-1)
        said, memory = self.writer.step(inputs, state["writer"])  # (B, H), (B, L, W)
        mixed = self.look(said.unsqueeze(1), state).squeeze(1)  # (B, E)
        state = {**state, "writer": memory, "opening": torch.zeros_like(state["opening"])}
        if self.config.input_feeding:
            state["fed"] = mixed
        return self.odds(mixed), state

    def select(self, state: State, rows: Tensor) -> State:
        state = {name: tensor[rows] for name, tensor in state.items()}
        longest = int(state["mask"].sum(dim=1).max()) if len(rows) else 0
        return {**state, **{name: state[name][:, :longest] for name in ("memory", "keys", "mask")}}

    def forward(self, contexts: Tensor, lengths: Tensor, replies: Tensor) -> Tensor:
        state = self.start(contexts, lengths)
        if self.config.input_feeding:
            return self.feed(replies, state)
        said = self.writer(self.embed(replies) + state["gist"].unsqueeze(1), state["writer"])  # (B, T, H)
        return self.odds(self.look(said, state))  # (B, T, V)

    def feed(self, replies: Tensor, state: State) -> Tensor:
        """Read (B, T) token by token: (B, T, V)."""
        odds = []
        for tokens in replies.unbind(dim=1):
            row, state = self.step(tokens, state)
            odds.append(row)
        return torch.stack(odds, dim=1)

    def embed(self, tokens: Tensor) -> Tensor:
        """Widened, as weights that are small enough to give odds are too small for the cells to hear."""
        return self.dropout(self.embedding(tokens) * self.config.embedding**0.5)  # type: ignore[no-any-return]

    def look(self, said: Tensor, state: State) -> Tensor:
        """Add to what the cells say (B, T, H) what the context says to it: (B, T, E).

        The bare words of the context hint at each token directly, and speak up at the first, where the model decides
        what to say: the way through cells and attention is learnt many epochs later.
        """
        context = self.attention(said, state["keys"], state["memory"], state["mask"])
        mixed = self.mix(torch.cat([said, context], dim=-1)).tanh() + state["hint"].unsqueeze(1)  # (B, T, E)
        first = mixed[:, :1] + state["opening"].unsqueeze(1)
        return self.dropout(torch.cat([first, mixed[:, 1:]], dim=1))  # type: ignore[no-any-return]

    def odds(self, mixed: Tensor) -> Tensor:
        return functional.linear(mixed, self.embedding.weight, self.bias)  # (..., V)
