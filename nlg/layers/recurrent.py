"""A stack of LSTM, GRU or plain RNN cells that reads a whole sequence at once, or one token at a time.

The memory of all layers is one tensor (B, L, W): W is 2H for an LSTM (output, then cell), and H for the others. A
single step is two matrix products a layer and not a call of `nn.LSTM`, which on CPU is many times slower for one token.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlg.layers.squash import tanh

Cell = Literal["lstm", "gru", "rnn"]
Times = Callable[[Tensor, Any, Tensor], Tensor]
"""Inputs (B, I) times weights (O, I), and a bias (O,): (B, O). The weights may be of another kind than a tensor."""


class Step(Protocol):
    """One step of a cell."""

    def __call__(
        self, inputs: Tensor, memory: Tensor, weights: Sequence[Any], times: Times = ...
    ) -> tuple[Tensor, Tensor]:
        """Read (B, I) after the memory (B, W): output (B, H), and the new memory."""
        ...


class Recurrent(nn.Module):
    """Reads forwards. `memory_size` is the W of its memory (B, L, W)."""

    def __init__(self, cell: Cell, inputs: int, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        between = dropout if layers > 1 else 0.0
        kind, self.cell = CELLS[cell]
        self.rnn = kind(inputs, hidden, layers, batch_first=True, dropout=between)
        self.memory_size = hidden * 2 if cell == "lstm" else hidden

    def forward(self, inputs: Tensor, memory: Tensor | None) -> Tensor:
        """Read (B, T, I) after `memory` (B, L, W) and return what the top layer says (B, T, H)."""
        if memory is None:
            return self.rnn(inputs)[0]  # type: ignore[no-any-return]
        layers = memory.transpose(0, 1).contiguous()  # (L, B, W)
        if self.memory_size == self.rnn.hidden_size:
            return self.rnn(inputs, layers)[0]  # type: ignore[no-any-return]
        output, cell = (half.contiguous() for half in layers.chunk(2, dim=-1))
        return self.rnn(inputs, (output, cell))[0]  # type: ignore[no-any-return]

    def step(self, inputs: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Read (B, I) and return what the top layer says (B, H), and the new memory (B, L, W)."""
        layers = []
        for layer, weights in enumerate(self.rnn.all_weights):
            inputs, new = self.cell(inputs, memory[:, layer], weights)
            layers.append(new)
        return inputs, torch.stack(layers, dim=1)  # (B, H), (B, L, W)


def lstm_cell(
    inputs: Tensor, memory: Tensor, weights: Sequence[Any], times: Times = functional.linear
) -> tuple[Tensor, Tensor]:
    """One step of `nn.LSTM` with its weights: output (B, H) and memory (B, 2H)."""
    from_input, from_output, input_bias, output_bias = weights
    output, cell = memory.chunk(2, dim=-1)
    gates = times(inputs, from_input, input_bias) + times(output, from_output, output_bias)
    write, keep, value, read = gates.chunk(4, dim=-1)
    cell = torch.addcmul(keep.sigmoid() * cell, write.sigmoid(), tanh(value))
    output = read.sigmoid() * tanh(cell)
    return output, torch.cat([output, cell], dim=-1)


def gru_cell(
    inputs: Tensor, memory: Tensor, weights: Sequence[Any], times: Times = functional.linear
) -> tuple[Tensor, Tensor]:
    """One step of `nn.GRU` with its weights: output (B, H), which is the memory too."""
    from_input, from_output, input_bias, output_bias = weights
    heard, kept = times(inputs, from_input, input_bias), times(memory, from_output, output_bias)
    last = -memory.shape[1]
    reset, update = (heard[:, :last] + kept[:, :last]).sigmoid().chunk(2, dim=-1)
    value = tanh(torch.addcmul(heard[:, last:], reset, kept[:, last:]))
    output = torch.lerp(value, memory, update)
    return output, output


def rnn_cell(
    inputs: Tensor, memory: Tensor, weights: Sequence[Any], times: Times = functional.linear
) -> tuple[Tensor, Tensor]:
    """One step of `nn.RNN` with its weights: output (B, H), which is the memory too."""
    from_input, from_output, input_bias, output_bias = weights
    output = times(inputs, from_input, input_bias) + times(memory, from_output, output_bias)
    output = tanh(output)
    return output, output


CELLS: dict[Cell, tuple[type[nn.LSTM | nn.GRU | nn.RNN], Step]] = {
    "lstm": (nn.LSTM, lstm_cell),
    "gru": (nn.GRU, gru_cell),
    "rnn": (nn.RNN, rnn_cell),
}


def reset(part: nn.Module, initial_range: float) -> None:
    """Start afresh: weights in ±`initial_range`, biases at zero."""
    for weight in part.parameters():
        nn.init.zeros_(weight) if weight.dim() < 2 else nn.init.uniform_(weight, -initial_range, initial_range)


class Reader(nn.Module):
    """Reads padded contexts, in both directions if asked to. `size` is the width of what it returns.

    Reading backwards is reading forwards what was turned around row by row, so padding always comes last and nothing
    has to be packed: packed sequences take the slow way on CPU.
    """

    def __init__(self, cell: Cell, inputs: int, hidden: int, layers: int, dropout: float, both_ways: bool) -> None:
        super().__init__()
        ways = 2 if both_ways else 1
        widths = [inputs] + [hidden * ways] * (layers - 1)
        self.layers = nn.ModuleList(
            _Ways(Recurrent(cell, width, hidden, 1, 0.0) for _ in range(ways)) for width in widths
        )
        self.dropout = nn.Dropout(dropout)
        self.size = hidden * ways

    def forward(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Read (B, S, I) and return what it made of each token (B, S, M), and of the whole context (B, M)."""
        places = torch.arange(inputs.shape[1], device=inputs.device).expand(inputs.shape[:2])  # (B, S)
        ends = lengths.unsqueeze(1)
        turned = torch.where(places < ends, ends - 1 - places, places)  # (B, S), its own inverse
        read: list[Tensor] = []
        for number, layer in enumerate(self.layers):
            read = layer(self.dropout(inputs) if number else inputs, turned)
            inputs = torch.cat([read[0], *(_pick(way, turned) for way in read[1:])], dim=-1)  # (B, S, M)
        return inputs, torch.cat([_pick(way, ends - 1).squeeze(1) for way in read], dim=-1)


class _Ways(nn.ModuleList):
    """One layer of a reader: forwards, and backwards if there are two."""

    def forward(self, inputs: Tensor, turned: Tensor) -> list[Tensor]:
        seen = (inputs, _pick(inputs, turned))
        return [way(view, None) for way, view in zip(self, seen, strict=False)]  # each (B, S, H), as it was read


class Lexical(nn.Module):
    """Keeps the words beside what a reader made of them, and their mean beside its summary.

    With little data the words themselves say most of what a question is about, and need not be learnt first.
    """

    def __init__(self, reader: Reader, inputs: int) -> None:
        super().__init__()
        self.reader = reader
        self.size = reader.size + inputs

    def forward(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """As `Reader`: (B, S, M) and (B, M)."""
        memory, summary = self.reader(inputs, lengths)
        real = torch.arange(inputs.shape[1], device=inputs.device) < lengths.unsqueeze(1)  # (B, S)
        mean = (inputs * real.unsqueeze(-1)).sum(dim=1) / lengths.unsqueeze(1)  # (B, I)
        return torch.cat([memory, inputs], dim=-1), torch.cat([summary, mean], dim=-1)


def _pick(inputs: Tensor, places: Tensor) -> Tensor:
    """Take from each row of (B, S, I) its `places` (B, N): (B, N, I)."""
    return inputs.gather(1, places.unsqueeze(-1).expand(-1, -1, inputs.shape[-1]))
