"""Our single steps against the cells of torch, and attention against its formula."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nlg.errors import RecipeError
from nlg.layers.attention import Attention, Score
from nlg.layers.recurrent import CELLS, Cell, Reader, Recurrent, gru_cell, lstm_cell, rnn_cell


def test_an_lstm_step_is_that_of_torch() -> None:
    torch.manual_seed(0)
    cell, inputs, output, memory = nn.LSTMCell(5, 7), torch.randn(3, 5), torch.randn(3, 7), torch.randn(3, 7)
    expected, kept = cell(inputs, (output, memory))
    said, new = lstm_cell(inputs, torch.cat([output, memory], dim=1), list(cell.parameters()))
    torch.testing.assert_close(said, expected)
    torch.testing.assert_close(new, torch.cat([expected, kept], dim=1))


def test_a_gru_step_is_that_of_torch() -> None:
    torch.manual_seed(0)
    cell, inputs, output = nn.GRUCell(5, 7), torch.randn(3, 5), torch.randn(3, 7)
    said, new = gru_cell(inputs, output, list(cell.parameters()))
    torch.testing.assert_close(said, cell(inputs, output))
    assert said is new


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_a_stack_reads_at_once_what_it_reads_step_by_step(cell: Cell) -> None:
    torch.manual_seed(0)
    stack = Recurrent(cell, 5, 7, layers=2, dropout=0.0)
    inputs, memory = torch.randn(3, 4, 5), torch.randn(3, 2, stack.memory_size)
    at_once, steps = stack(inputs, memory), []
    for step in inputs.unbind(dim=1):
        said, memory = stack.step(step, memory)
        steps.append(said)
    torch.testing.assert_close(torch.stack(steps, dim=1), at_once)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_a_reader_is_the_packed_bidirectional_net_of_torch(cell: Cell) -> None:
    torch.manual_seed(0)
    reader, lengths, inputs = Reader(cell, 5, 7, 2, 0.0, both_ways=True), torch.tensor([4, 1, 3]), torch.randn(3, 4, 5)
    net = CELLS[cell][0](5, 7, 2, batch_first=True, bidirectional=True)
    net.load_state_dict(dict(zip(net.state_dict(), reader.state_dict().values(), strict=True)))
    packed = nn.utils.rnn.pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
    outputs, final = net(packed)
    expected, _ = nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True)
    last = (final[0] if isinstance(final, tuple) else final)[-2:]
    read, summary = reader(inputs, lengths)
    real = torch.arange(4) < lengths.unsqueeze(1)
    torch.testing.assert_close(read[real], expected[real])
    torch.testing.assert_close(summary, torch.cat(list(last), dim=1))


def test_additive_attention_is_the_formula_of_the_paper() -> None:
    torch.manual_seed(0)
    attention = Attention("additive", query=4, memory=3, size=5)
    memory, query = torch.randn(1, 2, 3), torch.randn(1, 1, 4)
    seen = attention(query, attention.keys(memory), memory, torch.tensor([[True, True]]))
    scores = attention.scores
    each = [scores.score(torch.tanh(scores.query(query[0, 0]) + scores.key(token))) for token in memory[0]]  # type: ignore[operator]
    weights = torch.cat(each).softmax(dim=0)
    torch.testing.assert_close(seen[0, 0], weights @ memory[0])


def test_a_dot_product_looks_where_the_key_is_alike() -> None:
    attention = Attention("general", query=2, memory=2, size=0)
    with torch.no_grad():
        attention.scores.key.weight.copy_(50 * torch.eye(2))
    memory = torch.eye(2).unsqueeze(0)
    seen = attention(torch.tensor([[[0.0, 1.0]]]), attention.keys(memory), memory, torch.ones(1, 2, dtype=torch.bool))
    torch.testing.assert_close(seen[0, 0], torch.tensor([0.0, 1.0]))


def test_nothing_is_seen_behind_the_mask() -> None:
    attention = Attention("additive", query=2, memory=2, size=4)
    memory, mask = torch.randn(1, 3, 2), torch.tensor([[True, False, False]])
    seen = attention(torch.randn(1, 1, 2), attention.keys(memory), memory, mask)
    torch.testing.assert_close(seen[0, 0], memory[0, 0])


def test_a_plain_step_is_that_of_torch() -> None:
    torch.manual_seed(0)
    cell, inputs, output = nn.RNNCell(5, 7), torch.randn(3, 5), torch.randn(3, 7)
    said, new = rnn_cell(inputs, output, list(cell.parameters()))
    torch.testing.assert_close(said, cell(inputs, output))
    assert said is new


@pytest.mark.parametrize("score", ["dot", "general", "scaled"])
def test_luongs_scores_are_products_of_query_and_key(score: Score) -> None:
    torch.manual_seed(0)
    attention = Attention(score, query=4, memory=4, size=0)
    memory, query = torch.randn(1, 3, 4), torch.randn(1, 1, 4)
    keys = memory if score == "dot" else memory @ attention.scores.key.weight.t()  # type: ignore[operator, union-attr]
    products = (keys[0] @ query[0, 0]) / (2.0 if score == "scaled" else 1.0)
    seen = attention(query, attention.keys(memory), memory, torch.ones(1, 3, dtype=torch.bool))
    torch.testing.assert_close(seen[0, 0], products.softmax(dim=0) @ memory[0])


def test_a_plain_dot_product_of_unequal_widths_is_refused() -> None:
    with pytest.raises(RecipeError, match="they are 4 and 3"):
        Attention("dot", query=4, memory=3, size=0)
