from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from nlg import card, checkpoint, manifest
from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding, Line, Role
from nlg.data.examples import Example
from nlg.errors import CheckpointError, DataError
from nlg.evaluation import asking
from nlg.evaluation.asking import Asked
from nlg.evaluation.findings import find
from nlg.evaluation.likelihood import likelihood
from nlg.evaluation.measuring import measure, places
from nlg.evaluation.page import markdown
from nlg.evaluation.samples import chosen, draw
from nlg.evaluation.topics import Topics
from nlg.evaluation.writing import answers, speed
from nlg.interfaces import State
from nlg.tokenizer import EOS, ReplyTokenizer
from nlg.training.run import Silence, train


class Certain(nn.Module):
    """Gives all tokens the same odds, but for one that is `more` likely."""

    def __init__(self, size: int, token: int = EOS, more: float = 0.0) -> None:
        super().__init__()
        self.odds = torch.zeros(size)
        self.odds[token] = more

    def start(self, contexts: Tensor, lengths: Tensor) -> State:
        return {"lengths": lengths}

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        return self.odds.expand(len(tokens), -1), state

    def select(self, state: State, rows: Tensor) -> State:
        return {"lengths": state["lengths"][rows]}

    def forward(self, contexts: Tensor, lengths: Tensor, replies: Tensor) -> Tensor:
        return self.odds.expand(*replies.shape, -1)


def certain(tokenizer: ReplyTokenizer, more: float = 0.0) -> Checkpoint:
    model = Certain(tokenizer.size, more=more)
    return Checkpoint("certain", "none", model, tokenizer, 48, Decoding(max_tokens=4), version="0")


def short(checkpoint: Checkpoint) -> Checkpoint:
    return replace(checkpoint, decoding=Decoding(max_tokens=6))


def example(domain: str, *replies: str, language: str = "en", before: int = 0) -> Example:
    lines = [Line(role, "hm") for _ in range(before) for role in (Role.USER, Role.ASSISTANT)]
    return Example((*lines, Line(Role.USER, "?")), language, domain, replies)


def asked(*examples: Example, known: tuple[Example, ...] = ()) -> Asked:
    return Asked("here.dev", examples, len(examples), known)


def ignored(_: int) -> None: ...


def test_a_model_that_knows_nothing_is_as_surprised_as_there_are_tokens(tokenizer: ReplyTokenizer) -> None:
    examples = [example("a", "Please look.", "Yes."), example("a", "可以。")]
    texts = [text for one in examples for text in one.replies]
    found = likelihood(certain(tokenizer), examples, ignored)
    assert found.tokens == sum(len(tokenizer.encode(text)) + 1 for text in texts)
    assert found.bytes == sum(len(text.encode()) for text in texts)
    assert found.perplexity_token == pytest.approx(tokenizer.size)
    assert math.log(found.perplexity_byte) == pytest.approx(math.log(tokenizer.size) * found.tokens / found.bytes)


def test_a_model_that_always_ends_is_right_once_a_reply(tokenizer: ReplyTokenizer) -> None:
    examples = [example("a", "Please look.", "Yes."), example("a", "可以。")]
    found = likelihood(certain(tokenizer, more=50.0), examples, ignored)
    assert found.right == 3
    assert found.accuracy == pytest.approx(3 / found.tokens)


def test_the_topic_token_is_part_of_the_surprise_and_not_of_the_text() -> None:
    texts = ["please look at the parcel page", "yes"]
    with_topics = ReplyTokenizer.train(texts, 340, ["a"])
    examples = [example("a", *texts), example("unknown", "no")]
    found = likelihood(certain(with_topics), examples, ignored)
    tokens = sum(len(with_topics.encode(text)) + 1 for text in (*texts, "no"))
    assert found.tokens == tokens
    assert found.nats == pytest.approx((tokens + 2) * math.log(with_topics.size), rel=1e-5)
    right = likelihood(
        replace(certain(with_topics), model=Certain(with_topics.size, with_topics.topic("a")[0], 9.0)),
        examples,
        ignored,
    )
    assert right.right == 0


def test_batches_do_not_change_what_is_measured(tiny: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = [example("a", "Please look at it." * at, "no") for at in range(1, 5)]
    whole = likelihood(tiny, examples, ignored)
    monkeypatch.setattr("nlg.evaluation.likelihood.ROOM", 1)
    alone = likelihood(tiny, examples, ignored)
    assert alone.nats == pytest.approx(whole.nats, rel=1e-5)
    assert (alone.tokens, alone.bytes, alone.right) == (whole.tokens, whole.bytes, whole.right)


def test_replies_that_are_all_empty_cannot_be_measured(tiny: Checkpoint) -> None:
    with pytest.raises(DataError, match="All replies are empty"):
        likelihood(tiny, [example("a", "")], ignored)


def test_a_model_whose_numbers_ran_away_is_refused(tokenizer: ReplyTokenizer) -> None:
    with pytest.raises(CheckpointError, match="lost its numbers"):
        likelihood(certain(tokenizer, more=math.nan), [example("a", "x")], ignored)


def test_surprise_beyond_all_numbers_is_still_a_number(tokenizer: ReplyTokenizer) -> None:
    found = likelihood(certain(tokenizer, more=1e6), [example("a", "please")], ignored)
    assert math.isfinite(found.perplexity_byte)


def test_a_reply_is_on_topic_when_its_nearest_known_reply_is(tokenizer: ReplyTokenizer) -> None:
    known = [example("parcels", "Please look at the parcel page."), example("refunds", "Money comes back in days.")]
    topics = Topics(known, tokenizer)
    said = ["Look at the parcel page!", "The money comes in days.", "Please, the parcel page."]
    assert topics.shares(said, ["parcels", "refunds", "refunds"]) == pytest.approx(2 / 3)
    many = said * 50
    assert topics.shares(many, ["parcels", "refunds", "refunds"] * 50) == pytest.approx(2 / 3)


def test_a_reply_that_fits_several_topics_is_right_in_each(tokenizer: ReplyTokenizer) -> None:
    topics = Topics([example("a", "Yes, gladly."), example("b", "Yes, gladly."), example("c", "No.")], tokenizer)
    assert topics.shares(["Yes, gladly."] * 2, ["a", "b"]) == 1
    assert topics.shares([""], ["z"]) == 0


def test_times_are_in_order_and_the_median_is_below_the_95_percent(tiny: Checkpoint) -> None:
    found = speed(tiny, [example("a", "x")] * 5)
    assert list(found.reply_ms) == sorted(found.reply_ms)
    assert len(found.reply_ms) == 5
    assert 0 < found.reply_ms_p50 <= found.reply_ms_p95 <= found.reply_ms[-1] + 1e-3
    assert found.tokens_per_second > 0


def test_replies_come_in_the_order_of_the_examples(parrot: Checkpoint) -> None:
    examples = [Example((Line(Role.USER, f"line {at}"),), "", "", ("x",)) for at in range(70)]
    assert answers(parrot, examples) == [f"line {at}" for at in range(70)]


def rows(path: Path, *records: dict[str, Any]) -> None:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")


PAIR = {"task": "translate_en_zh", "input": "Good morning.", "target": "早上好。"}
ACTS = {
    "acts": [{"act": "CONFIRM", "slot": "city", "values": ["San Jose"]}, {"act": "REQUEST", "slot": "date"}],
    "target": "In San Jose, on what day?",
}


def test_acts_tell_which_slots_they_want(tmp_path: Path) -> None:
    rows(tmp_path / "mine.dev.jsonl", ACTS, {"input": "{{city}}?", "target": "Yes."})
    found = asking.load(tmp_path, ["mine"], "dev")
    assert [found.wanted(one) for one in found.examples] == [frozenset({"v1"}), None]
    assert found.examples[0].replies == ("In {{v1}}, on what day?",)


def test_what_has_no_topics_needs_nothing_to_tell_them_by(tmp_path: Path) -> None:
    rows(tmp_path / "pairs.test.jsonl", PAIR, {**PAIR, "input": "Bye."})
    found = asking.load(tmp_path, ["pairs"], "test")
    assert (found.known, found.total, found.data) == ((), 2, "pairs.test")
    assert [asking.language(one) for one in found.examples] == ["zh", "zh"]


def test_topics_are_told_by_what_there_is_to_learn_from(corpus: Path) -> None:
    (corpus / "more.dev.jsonl").write_bytes((corpus / "shop.dev.jsonl").read_bytes())
    assert len(asking.load(corpus, ["shop"], "dev").known) == 8
    assert asking.load(corpus, ["more"], "dev").known == ()


def test_a_language_that_nobody_told_is_seen(tmp_path: Path) -> None:
    rows(tmp_path / "p.dev.jsonl", {"input": "a", "target": "路上了。"}, {"input": "b", "target": "On its way."})
    assert [asking.language(one) for one in asking.load(tmp_path, ["p"], "dev").examples] == ["zh", "en"]


def test_a_limit_draws_by_the_seed_and_keeps_the_order(corpus: Path) -> None:
    whole = asking.load(corpus, ["shop"], "dev").examples
    drawn = [asking.load(corpus, ["shop"], "dev", 3, seed) for seed in range(9)]
    assert all(len(one.examples) == 3 and one.total == 8 for one in drawn)
    assert all(list(one.examples) == [x for x in whole if x in one.examples] for one in drawn)
    assert len({tuple(one.examples) for one in drawn}) > 4
    assert drawn[2] == asking.load(corpus, ["shop"], "dev", 3, 2)
    assert asking.load(corpus, ["shop"], "dev", 99).examples == whole


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ({"id": "1", "turns": [{"role": "user", "text": "hi"}]}, "nothing to measure"),
        ({"id": "1", "turns": [{"role": "assistant", "text": "hi"}]}, "nothing to measure"),
        ({"id": "1", "turns": [{"role": "user"}]}, "line 1"),
    ],
)
def test_data_that_cannot_be_measured_is_told(tmp_path: Path, record: dict[str, Any], sentence: str) -> None:
    rows(tmp_path / "bad.dev.jsonl", record)
    with pytest.raises(DataError, match=sentence):
        asking.load(tmp_path, ["bad"], "dev")


def test_an_empty_file_and_one_that_is_not_there_are_told(tmp_path: Path) -> None:
    rows(tmp_path / "none.dev.jsonl")
    with pytest.raises(DataError, match="is empty"):
        asking.load(tmp_path, ["none"], "dev")
    with pytest.raises(DataError, match="--data"):
        asking.load(tmp_path, ["none"], "test")


def test_a_report_has_figures_for_each_language_and_kind_of_turn(tiny: Checkpoint, corpus: Path) -> None:
    found = measure(short(tiny), asking.load(corpus, ["shop"], "dev"))
    report = found.report
    assert [(group.language, group.turns, group.examples) for group in report.groups] == [
        ("en", "first", 2),
        ("en", "later", 2),
        ("zh", "first", 2),
        ("zh", "later", 2),
    ]
    assert report.groups[0].perplexity_token == pytest.approx(tiny.tokenizer.size, rel=0.3)
    assert all(0 <= (group.on_topic or 0) <= 1 and group.on_topic is not None for group in report.groups)
    told = json.loads(report.to_json())
    assert told["groups"][1]["turns"] == "later"
    assert told["decoding"]["temperature"] == 0
    assert "| perplexity a byte |" in markdown.summary(report)
    assert markdown.summary(report).startswith("|  | en, first | en, later | zh, first | zh, later |\n")
    assert [answer.references for answer in found.said(("zh", "first"))] == [
        ("请看{{tracking_page}}。",),
        ("可以，{{return_days}}天内都行。",),
    ]


def test_pairs_and_acts_are_measured_too(tiny: Checkpoint, tmp_path: Path) -> None:
    rows(tmp_path / "mixed.dev.jsonl", PAIR, ACTS)
    report = measure(short(tiny), asking.load(tmp_path, ["mixed"], "dev")).report
    english, chinese = report.groups
    assert (english.language, chinese.language) == ("en", "zh")
    assert english.scores["slot_error_rate"] is not None
    assert english.on_topic is chinese.scores["slot_error_rate"] is None
    assert "| slot errors | " in markdown.summary(report)
    assert "| on topic | " not in markdown.summary(report)


def test_progress_is_told_to_its_end(tiny: Checkpoint, corpus: Path) -> None:
    told: dict[str, list[int]] = {}

    def begin(name: str, total: int) -> Callable[[int], None]:
        told[name] = [total, 0]

        def done(more: int) -> None:
            told[name][1] += more

        return done

    find([short(tiny)] * 2, asking.load(corpus, ["shop"], "dev"), begin=begin)
    assert len(told) == 4
    assert all(total == done > 0 for total, done in told.values())


LANGUAGES = st.lists(st.sampled_from(["en", "zh", "de"]), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(LANGUAGES, st.integers(1, 30), st.integers(0, 5))
def test_samples_are_shared_out_among_languages(languages: list[str], number: int, seed: int) -> None:
    examples = [example("a", "x", language=language) for language in languages]
    drawn = chosen(examples, number, seed)
    assert len(set(drawn)) == len(drawn) == min(number, len(examples))
    assert drawn == chosen(examples, number, seed)
    counts = {name: sum(languages[at] == name for at in drawn) for name in set(languages)}
    short = [name for name, count in counts.items() if count < languages.count(name)]
    assert all(counts[name] >= max(counts.values()) - 1 for name in short)


@given(LANGUAGES, st.lists(st.integers(0, 2), min_size=40, max_size=40))
def test_each_example_is_in_one_group(languages: list[str], before: list[int]) -> None:
    examples = [example("a", "x", language=name, before=count) for name, count in zip(languages, before, strict=False)]
    found = places(examples)
    assert sorted(at for own in found.values() for at in own) == list(range(len(examples)))
    assert all(found.values())


def test_samples_hold_no_personal_data(tiny: Checkpoint) -> None:
    told = Example((Line(Role.USER, "I am anna@mail.example"),), "en", "a", ("Call +44 20 7946 0958.",))
    here = asked(told)
    (sample,) = draw(here, [measure(short(tiny), here)], 5, 1)
    assert sample.lines[0].text == "I am [e-mail]"
    assert sample.references == ("Call [telephone].",)


@pytest.fixture
def folder(recipe: Path, corpus: Path, tmp_path: Path) -> Path:
    return train(recipe, corpus, tmp_path / "run", Silence())


def test_a_card_tells_data_figures_limits_and_samples(folder: Path, corpus: Path) -> None:
    before = checkpoint.load(folder).version
    report = card.write(folder, corpus)
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert text.startswith("---\nlicense: apache-2.0\nlanguage:\n- en\n- zh\n")
    for part in (
        "Four questions.",
        "- Anything else.",
        "On all 8 examples of shop.dev; replies chosen greedily.",
        "![loss and accuracy](curve.png)",
        "### zh",
        markdown.summary(report),
    ):
        assert part in text
    assert text.count("**Model: ") == 8
    assert json.loads((folder / "evaluation.json").read_text())["model"] == f"tiny@{before}"
    assert {"README.md", "evaluation.json", "curve.png", "recipe.toml"} <= set(manifest.read(folder)[0])
    assert checkpoint.load(folder).version != before


def test_marks_in_a_text_are_left_as_they_are() -> None:
    assert markdown.plain("**b** <i> {{x}}\n`c` [d](e)") == r"\*\*b\*\* \<i\> {{x}} \`c\` \[d\](e)"
