"""Rows that come and go in tensors that stay."""

from __future__ import annotations

import torch
from torch import Tensor

from nlg.interfaces import State
from nlg.slots import STRIDE, Slots


class Counter:
    """Writes its tokens into a text that grows, and adds them up; keeps a name that stays as it was."""

    def start(self, contexts: Tensor, lengths: Tensor) -> State:
        raise NotImplementedError

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        text, length = state["text"], state["length"]
        if int(length.max()) == text.shape[1]:
            text = torch.cat([text, text.new_zeros(len(text), 1)], dim=1)
        text[torch.arange(len(text)), length.squeeze(1)] = tokens
        odds = torch.stack(
            [text.sum(dim=1), state["name"][:, 0], state["name"].shape[1] * torch.ones(len(text))], dim=1
        )
        return odds, {"text": text, "length": length + 1, "name": state["name"]}

    def select(self, state: State, rows: Tensor) -> State:
        state = {name: tensor[rows] for name, tensor in state.items()}
        state["text"] = state["text"][:, : int(state["length"].max())]
        state["name"] = state["name"][:, : int((state["name"] > 0).sum(dim=1).max())]
        return state


def row(name: float, width: int) -> State:
    named = torch.full((1, width), name).long()
    return {"text": torch.zeros(1, 0).long(), "length": torch.zeros(1, 1).long(), "name": named}


def test_each_row_keeps_its_own_text_through_gaps_and_arrivals() -> None:
    slots, texts = Slots(Counter()), dict[int, int]()
    order: list[int] = []
    for step in range(3 * STRIDE):
        if step % 7 == 0:
            slots.put([row(step + 1, 1 + step % 3)])
            order.append(step)
            texts[step] = 0
        for name in order:
            texts[name] += name + 1
        odds = slots.step(torch.tensor([name + 1 for name in order]))
        assert odds[:, 0].tolist() == [texts[name] for name in order]
        assert odds[:, 1].tolist() == [name + 1 for name in order]
        if step % 11 == 0 and len(order) > 2:
            slots.drop(1)
            order[1] = order[-1]
            order.pop()
    assert len(slots) == len(order)


def test_a_wide_row_that_left_costs_nothing_more() -> None:
    slots = Slots(Counter())
    slots.put([row(1, 2), row(2, 9)])
    assert slots.step(torch.tensor([1, 1]))[0, 2] == 9
    slots.drop(1)
    assert slots.step(torch.tensor([1]))[0, 2] == 2


def test_text_is_written_in_place_once_it_is_known_to_grow() -> None:
    slots = Slots(Counter())
    slots.put([row(1, 1)])
    places = set()
    for _ in range(STRIDE - 2):
        slots.step(torch.tensor([1]))
        places.add(slots._kept["text"].view().data_ptr())
    assert len(places) == 1


def test_the_last_row_that_leaves_leaves_nothing() -> None:
    slots = Slots(Counter())
    slots.put([row(1, 1)])
    slots.step(torch.tensor([1]))
    slots.drop(0)
    slots.put([row(5, 1)])
    assert slots.step(torch.tensor([3])).tolist() == [[3, 5, 1]]
