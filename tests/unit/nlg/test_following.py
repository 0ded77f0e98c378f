"""Which part of a conversation a model reads: the one in which it is surer of the topic."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nlg import following
from nlg.checkpoint import Checkpoint
from nlg.contract import Line, Role
from nlg.interfaces import State
from nlg.tokenizer import CONTROLS, ReplyTokenizer

TALK = (Line(Role.USER, "where is my parcel"), Line(Role.ASSISTANT, "look"), Line(Role.USER, "ok"))


class Sure(nn.Module):
    """Is as sure of the first topic as `sureness` says of a context by its length."""

    def __init__(self, size: int, long: float, short: float) -> None:
        super().__init__()
        self.size, self.long, self.short = size, long, short

    def start(self, _: Tensor, lengths: Tensor) -> State:
        return {"long": lengths > 4}

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        odds = torch.zeros(len(tokens), self.size)
        odds[:, len(CONTROLS)] = torch.where(state["long"], self.long, self.short)
        return odds, state


def made(long: float, short: float, topics: tuple[str, ...] = ("a", "b")) -> Checkpoint:
    tokenizer = ReplyTokenizer.train(["where is my parcel", "look", "ok"], 330, topics)
    return Checkpoint("sure", "none", Sure(tokenizer.size, long, short), tokenizer, 48)


def test_what_says_its_topic_alone_is_read_alone() -> None:
    model = made(long=1.0, short=9.0)
    assert following.contexts(model, [(TALK, "")]) == [model.tokenizer.context(TALK[-1:], "", 48)]


def test_what_leans_on_what_was_said_is_read_with_it() -> None:
    model = made(long=9.0, short=1.0)
    assert following.contexts(model, [(TALK, "en")]) == [model.tokenizer.context(TALK, "en", 48)]


def test_a_topic_that_is_only_likely_is_not_enough() -> None:
    model = made(long=1.0, short=5.0)
    assert following.contexts(model, [(TALK, "")]) == [model.tokenizer.context(TALK, "", 48)]


def test_each_conversation_is_decided_by_itself_and_first_questions_stay_as_they_are() -> None:
    model = made(long=1.0, short=9.0)
    first = (Line(Role.USER, "where is my parcel where is my parcel"),)
    found = following.contexts(model, [(first, ""), (TALK, ""), (first, "zh")])
    assert found[0] == model.tokenizer.context(first, "", 48)
    assert found[1] == model.tokenizer.context(TALK[-1:], "", 48)
    assert found[2] == model.tokenizer.context(first, "zh", 48)


def test_a_model_without_topics_reads_everything() -> None:
    model = made(long=1.0, short=9.0, topics=())
    assert following.contexts(model, [(TALK, "")]) == [model.tokenizer.context(TALK, "", 48)]
