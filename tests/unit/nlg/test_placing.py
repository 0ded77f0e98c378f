"""Compiled or in short numbers, a model writes; where it cannot be compiled, it writes as before."""

from __future__ import annotations

import logging
from typing import Any, cast

import pytest
import torch
from torch import nn

from nlg import plugins
from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding
from nlg.interfaces import Continuing, TrainableModel
from nlg.placing import Falling, placed
from nlg.running import write
from nlg.tokenizer import ReplyTokenizer

CONTEXTS = [[9, 40, 41, 42], [10, 50]]
HOW = Decoding(max_tokens=6)
KINDS = [(name, at) for name in plugins.families() for at in range(len(plugins.family(name).variants))]
OURS = [kind for kind in KINDS if kind[0] != "pretrained"]


def built(name: str, at: int = 0) -> nn.Module:
    torch.manual_seed(3)
    family = plugins.family(name)
    return family.build(family.config(vocab_size=320, **family.variants[at])).eval()


def texts(model: nn.Module) -> list[list[int]]:
    return [row.tokens for row in write(cast("TrainableModel", model), CONTEXTS, [HOW] * len(CONTEXTS))]


def made(model: nn.Module, tokenizer: ReplyTokenizer) -> Checkpoint:
    return Checkpoint("tiny", "gpt", model, tokenizer, 24)


@pytest.mark.parametrize(("name", "at"), OURS)
def test_every_family_of_ours_writes_in_bfloat16(name: str, at: int) -> None:
    for tokens in texts(built(name, at).to(torch.bfloat16)):
        assert 0 < len(tokens) <= 6


@pytest.mark.parametrize("name", ["gpt", "hybrid"])
def test_compiled_it_says_the_same(name: str, tokenizer: ReplyTokenizer) -> None:
    plain = built(name)
    quick = placed(made(plain, tokenizer), "cpu", compiled=True, backend="eager").model
    assert texts(quick) == texts(plain)
    assert isinstance(quick, Continuing) == isinstance(plain, Continuing)
    assert "step" not in vars(plain)


def test_what_cannot_be_compiled_goes_on_with_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("no compiler")

    model = built("gpt")
    expected = texts(model)
    object.__setattr__(model, "step", Falling(broken, cast("Any", model).step))
    with caplog.at_level(logging.WARNING):
        assert texts(model) == expected
    assert [record.getMessage() for record in caplog.records] == [
        "steps cannot be compiled here, going on without: RuntimeError"
    ]


def test_without_a_gpu_a_model_stays_where_it_is(tokenizer: ReplyTokenizer) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    model = built("gpt")
    assert placed(made(model, tokenizer)).model is model
