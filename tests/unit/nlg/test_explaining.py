"""What is told of a reply, for every family: it has to agree with what the model itself says."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from nlg import plugins
from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding, Line, Role
from nlg.data.batches import pad
from nlg.errors import CheckpointError, RecipeError
from nlg.explaining.explain import GIVEN, NO_ATTENTION, OWN_TOPIC, explain
from nlg.explaining.explanation import Explanation, Row, summary
from nlg.interfaces import State
from nlg.running import write
from nlg.speech import Speech
from nlg.tokenizer import BOS, EOS, PAD, ReplyTokenizer

ASKED = (Line(Role.USER, "where is my parcel"),)
BUILDS = [(name, at) for name in plugins.families() for at in range(len(plugins.family(name).variants))]
TEXT_ONLY = {"gpt", "pretrained0", "pretrained1"}
"""Those that read context and reply as one text, and so look at their own words too."""


def made(name: str, at: int, tokenizer: ReplyTokenizer) -> Checkpoint:
    torch.manual_seed(7)
    family = plugins.family(name)
    model = family.build(family.config(vocab_size=tokenizer.size, **family.variants[at])).eval()
    return Checkpoint(name, name, model, tokenizer, 12, Decoding(max_tokens=9), version="0")


@pytest.fixture(params=BUILDS, ids=[f"{name}{at}" for name, at in BUILDS])
def checkpoint(request: pytest.FixtureRequest, tokenizer: ReplyTokenizer) -> Checkpoint:
    name, at = request.param
    if name == "pretrained":
        pytest.importorskip("transformers", reason="pip install 'palaver[hub]'")
    return made(name, at, tokenizer)


@torch.no_grad()
def own_odds(checkpoint: Checkpoint, asked: tuple[Line, ...], written: list[int]) -> Tensor:
    """What the model says when it reads the whole reply at once (T, V)."""
    context = checkpoint.tokenizer.context(asked, "", checkpoint.context)
    return checkpoint.writer(*pad([context], PAD), torch.tensor([[BOS, *written[:-1]]]))[0].log_softmax(dim=-1)


def check_odds(checkpoint: Checkpoint, asked: tuple[Line, ...], told: Explanation) -> None:
    written = [step.token for step in told.steps]
    own = own_odds(checkpoint, asked, written)
    for step, row in zip(told.steps, own, strict=True):
        assert math.isclose(step.odds, float(row[step.token].exp()), rel_tol=1e-3, abs_tol=1e-7)
        assert step.entropy_bits == pytest.approx(float(-(row.exp() * row).sum()) / math.log(2), abs=1e-3)
        for other in step.alternatives:
            assert math.isclose(other.odds, float(row[other.token].exp()), rel_tol=1e-3, abs_tol=1e-7)
    assert told.score == pytest.approx(float(own.gather(1, torch.tensor([written]).t()).mean()), abs=1e-4)


def check_rows(told: Explanation) -> None:
    for step in told.steps:
        rows = [row for layer in step.heads for row in layer]
        for row in (*rows, cast("Row", step.attention)):
            assert len(row.context) == len(told.context)
            assert min(*row.context, row.reply) >= 0
            assert math.fsum((*row.context, row.reply)) == pytest.approx(1, abs=1e-5)


def test_odds_are_the_models_own_and_attention_adds_up(checkpoint: Checkpoint, request: Any) -> None:
    told = explain(checkpoint, ASKED)
    check_odds(checkpoint, ASKED, told)
    check_rows(told)
    assert [len(layer) for layer in told.steps[0].heads] == [layer.heads for layer in told.layers]
    reads_on = request.node.callspec.id.startswith((*TEXT_ONLY, "fused"))  # some of its members do
    assert all((cast("Row", step.attention).reply > 0) == reads_on for step in told.steps)


def test_the_reply_is_the_one_that_is_served(checkpoint: Checkpoint) -> None:
    context = checkpoint.tokenizer.context(ASKED, "", checkpoint.context)
    row = write(checkpoint.writer, [context], [checkpoint.decoding], checkpoint.tokenizer.silent)[0]
    told = explain(checkpoint, ASKED)
    assert [step.token for step in told.steps][: len(row.tokens)] == row.tokens
    assert told.reply == Speech(checkpoint.tokenizer).rest(row.tokens)
    assert told.finish == row.finish
    assert told.score == pytest.approx(row.score / row.steps, abs=1e-5)


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=25, deadline=None)
@given(asked=WORDS, reply=WORDS.filter(bool), build=st.sampled_from([("seq2seq", 0), ("transformer", 0), ("gpt", 1)]))
def test_any_given_reply_to_any_question_is_explained(
    tokenizer: ReplyTokenizer, asked: str, reply: str, build: tuple[str, int]
) -> None:
    checkpoint, lines = made(*build, tokenizer), (Line(Role.USER, asked),)
    told = explain(checkpoint, lines, reply=reply)
    assert [step.token for step in told.steps] == [*tokenizer.encode(reply), EOS]
    assert told.finish == GIVEN
    check_odds(checkpoint, lines, told)
    check_rows(told)


def test_alternatives_are_the_likeliest_others_and_the_rank_counts_who_is_likelier(tiny: Checkpoint) -> None:
    told = explain(tiny, ASKED, reply="yes", alternatives=4)
    own = own_odds(tiny, ASKED, [step.token for step in told.steps])
    for step, row in zip(told.steps, own, strict=True):
        order = row.argsort(descending=True).tolist()
        assert order[step.rank - 1] == step.token
        assert [other.token for other in step.alternatives] == [token for token in order if token != step.token][:4]


def test_the_summary_is_the_mean_over_heads_and_then_over_layers() -> None:
    one_head = [Row((1.0, 0.0), 0.0)]
    two_heads = [Row((0.0, 1.0), 0.0), Row((0.0, 0.5), 0.5)]
    assert summary([one_head, two_heads]) == Row((0.5, 0.375), 0.125)
    assert summary([]) is None


def test_weights_of_the_tokens_of_one_character_are_added(tiny: Checkpoint) -> None:
    told = explain(tiny, (Line(Role.USER, "鑫a"),), reply="ok")
    sizes = [len(piece.tokens) for piece in told.context]
    assert [piece.text for piece in told.context] == ["user", "鑫", "a"]
    assert sizes == [1, 3, 1]
    plain = tiny.model
    context = tiny.tokenizer.context((Line(Role.USER, "鑫a"),), "", 48)
    with torch.no_grad():
        state = plain.start(*pad([context], PAD))  # type: ignore[operator]
        inputs = plain.embed(torch.tensor([BOS])) + state["gist"]  # type: ignore[operator]
        said, _ = plain.writer.step(inputs, state["writer"])  # type: ignore[operator, union-attr]
        weights = plain.attention.weights(said.unsqueeze(1), state["keys"], state["mask"])[0, 0]  # type: ignore[operator, union-attr]
    expected = [float(part.sum()) for part in weights.split(sizes)]
    assert cast("Row", told.steps[0].attention).context == pytest.approx(expected, abs=1e-6)


class Foreseen(nn.Module):
    """A model without attention. Its odds after each token are given."""

    def __init__(self, after: dict[int, dict[int, float]], size: int) -> None:
        super().__init__()
        self.after, self.size = after, size

    def start(self, contexts: Tensor, lengths: Tensor) -> State:
        return {"read": lengths.unsqueeze(1)}

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        odds = torch.full((len(tokens), self.size), -math.inf)
        for row, token in enumerate(tokens.tolist()):
            for following, share in self.after[token].items():
                odds[row, following] = math.log(share)
        return odds, state

    def select(self, state: State, rows: Tensor) -> State:
        return {name: tensor[rows] for name, tensor in state.items()}


TOPICAL = ReplyTokenizer.train(["yes no"], 320, topics=["orders", "returns", "greeting"])
ORDERS, RETURNS, GREETING = (TOPICAL.topic(name)[0] for name in ("orders", "returns", "greeting"))
YES, NO = TOPICAL.encode("y")[0], TOPICAL.encode("n")[0]


@pytest.fixture
def foreseen() -> Checkpoint:
    told = {YES: 0.5, NO: 0.5}
    after = {
        BOS: {ORDERS: 0.5, RETURNS: 0.25, YES: 0.25},
        ORDERS: {YES: 0.5, NO: 0.25, EOS: 0.25},
        YES: {EOS: 1.0},
        NO: told,
    }
    return Checkpoint("known", "none", Foreseen(after, TOPICAL.size), TOPICAL, 12, version="0")


def test_a_topic_is_told_with_its_runners_up(foreseen: Checkpoint) -> None:
    told = explain(foreseen, ASKED)
    assert told.topic is not None
    assert (told.topic.name, told.topic.odds) == ("orders", pytest.approx(0.5))
    assert [(one.text, pytest.approx(one.odds)) for one in told.topic.others] == [("returns", 0.25), ("greeting", 0.0)]
    assert told.reply == "y"
    assert [step.text for step in told.steps] == ["orders", "y", "end"]


def test_entropy_is_in_bits_and_certain_is_zero(foreseen: Checkpoint) -> None:
    told = explain(foreseen, ASKED)
    assert [step.entropy_bits for step in told.steps] == pytest.approx([1.5, 1.5, 0.0])
    assert [step.rank for step in told.steps] == [1, 1, 1]


def test_a_model_without_attention_says_so_and_has_odds(foreseen: Checkpoint) -> None:
    told = explain(foreseen, ASKED)
    assert told.layers == ()
    assert NO_ATTENTION in told.notes
    assert all(step.attention is None and step.heads == () for step in told.steps)
    assert [step.odds for step in told.steps] == pytest.approx([0.5, 0.5, 1.0])
    assert told.to_wire()["attention_summary"] == ""


def test_a_given_reply_is_put_after_the_likeliest_topic(foreseen: Checkpoint) -> None:
    told = explain(foreseen, ASKED, reply="y")
    assert [step.token for step in told.steps] == [ORDERS, YES, EOS]
    assert told.topic is not None
    assert OWN_TOPIC in told.notes
    assert told.reply == "y"


def test_what_cannot_be_said_has_odds_of_zero_and_a_finite_score(foreseen: Checkpoint) -> None:
    told = explain(foreseen, ASKED, reply="yn")
    assert told.steps[2].odds == 0.0
    assert math.isfinite(told.score)
    assert "Infinity" not in told.to_json()


def test_numbers_that_ran_away_are_an_error(foreseen: Checkpoint) -> None:
    foreseen.model.after[ORDERS] = {YES: math.nan}  # type: ignore[union-attr, operator]
    with pytest.raises(CheckpointError, match="ran away"):
        explain(foreseen, ASKED, reply="y")


@pytest.mark.parametrize(("reply", "said"), [("", "is empty"), ("a" * 1100, "1024 are the most")])
def test_a_reply_that_cannot_be_explained_is_refused(tiny: Checkpoint, reply: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        explain(tiny, ASKED, reply=reply)


def test_a_reply_that_was_cut_short_has_no_end(tiny: Checkpoint) -> None:
    told = explain(replace(tiny, decoding=Decoding(max_tokens=2)), ASKED)
    assert told.finish == "length"
    assert len(told.steps) == 2
