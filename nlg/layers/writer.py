"""Writes replies with recurrent cells that look back at the context. What reads the context is given from outside.

The cells do not wait for the attention (it is added to what they say, as in Luong et al. 2015), so a whole reply is
read in one call while training; `input_feeding` gives that up for cells that know where the model looked before.
The gist of the context is added to every token that is read, as in Cho et al. (2014): cells that hear it only once
forget it before a common opening is over. So is the theme, which the first token of the reply sets (the token of its
topic, where replies open with one), and the theme speaks to the odds as well: what was decided first stays decided.
Output and input embeddings are one matrix. All weights start in ±`initial_range`: 0.1 suits widths of some hundreds,
0.3 those of a few dozens; with less, a net learns late or never.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from nlg.interfaces import State
from nlg.layers.attention import Attention, Score
from nlg.layers.recurrent import Cell, Recurrent, reset
from nlg.layers.squash import tanh
from nlg.layers.tied import Tied


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
        self.embedding = Tied(config.vocab_size, width)
        self.reader = reader
        self.writer = Recurrent(config.cell, width + feed, config.decoder, config.decoder_layers, config.dropout)
        self.bridge = nn.Linear(reader.size, config.decoder_layers * self.writer.memory_size)
        self.gist = nn.Linear(reader.size, width)
        self.opening = nn.Linear(width, width)
        self.theme = nn.Linear(width, width)
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
            self.theme,
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
            "theme": torch.zeros_like(mean),  # (B, E)
            "written": lengths.new_zeros(rows, 1),  # (B, 1), tokens of the reply that were read, its start included
            "memory": memory,
            "keys": self.attention.keys(memory),  # (B, S, A)
            "mask": mask,  # (B, S)
        }
        if self.config.input_feeding:
            state["fed"] = memory.new_zeros(rows, self.config.embedding)  # (B, E)
        return state

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        words = self.embed(tokens)  # (B, E)
        theme, first = self.hints(words, state)  # (B, E)
        inputs = words + state["gist"] + theme
        if self.config.input_feeding:
            inputs = torch.cat([inputs, state["fed"]], dim=-1)
        said, memory = self.writer.step(inputs, state["writer"])  # (B, H), (B, L, W)
        mixed = self.look(said.unsqueeze(1), first.unsqueeze(1), state).squeeze(1)  # (B, E)
        state = {**state, "writer": memory, "theme": theme, "written": state["written"] + 1}
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
        words = self.embed(replies)  # (B, T, E)
        theme = self.theme(words[:, 1:2]).expand(-1, words.shape[1] - 1, -1)  # (B, T-1, E)
        heard = torch.cat([state["theme"].unsqueeze(1), theme], dim=1)  # (B, T, E)
        said = self.writer(words + state["gist"].unsqueeze(1) + heard, state["writer"])  # (B, T, H)
        return self.odds(self.look(said, torch.cat([state["opening"].unsqueeze(1), theme], dim=1), state))  # (B, T, V)

    def watch_memory(self, report: Callable[[Tensor], object]) -> AbstractContextManager[object]:
        """As `Remembering`."""

        def heard(_: nn.Module, __: object, read: tuple[Tensor, Tensor]) -> None:
            report(read[0])

        return cast("nn.Module", self.reader).register_forward_hook(heard)

    def feed(self, replies: Tensor, state: State) -> Tensor:
        """Read (B, T) token by token: (B, T, V)."""
        odds = []
        for tokens in replies.unbind(dim=1):
            row, state = self.step(tokens, state)
            odds.append(row)
        return torch.stack(odds, dim=1)

    def hints(self, words: Tensor, state: State) -> tuple[Tensor, Tensor]:
        """The themes, and what hints at the next token (B, E). Both stay as they are once all rows have their theme."""
        written, theme = state["written"], state["theme"]
        if int(written.min()) > 1:
            return theme, theme
        theme = torch.where(written == 1, self.theme(words), theme)
        return theme, torch.where(written == 0, state["opening"], theme)

    def embed(self, tokens: Tensor) -> Tensor:
        """Widened, as weights that are small enough to give odds are too small for the cells to hear."""
        return self.dropout(self.embedding(tokens) * self.config.embedding**0.5)  # type: ignore[no-any-return]

    def look(self, said: Tensor, hint: Tensor, state: State) -> Tensor:
        """Add to what the cells say (B, T, H) what the context says to it, and the hint (B, T, E): (B, T, E).

        The hint of the first token is the bare words of the context, as that is where the model decides what to say,
        and the way through cells and attention is learnt many epochs later. The hint of all others is the theme.
        """
        context = self.attention(said, state["keys"], state["memory"], state["mask"])
        mixed = tanh(self.mix(torch.cat([said, context], dim=-1))) + hint  # (B, T, E)
        return self.dropout(mixed)  # type: ignore[no-any-return]

    def odds(self, mixed: Tensor) -> Tensor:
        return self.embedding.odds(mixed, self.bias)  # (..., V)
