from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from nlg import card, checkpoint, manifest
from nlg.checkpoint import Checkpoint
from nlg.contract import Line, Role
from nlg.data import corpus as corpora
from nlg.data.examples import Example
from nlg.evaluate import evaluate
from nlg.scores import distinct, score, units
from nlg.tokenizer import ReplyTokenizer
from nlg.topics import Topics
from nlg.training.run import train


class Silent:
    def stepped(self, step: int, steps: int, loss: float) -> None: ...

    def measured(self, row: dict[str, float], better: bool) -> None: ...


def test_the_same_text_scores_a_hundred() -> None:
    for language, text in (("en", "Please look at our tracking page."), ("zh", "请您到页面上查看包裹到了哪里。")):
        found = score([text], [text], language)
        assert (found.bleu, found.chrf) == (pytest.approx(100), pytest.approx(100))


def test_chinese_is_counted_in_characters() -> None:
    assert units("好的, ok", "zh") == ["好", "的", ",", "o", "k"]
    assert "tok:zh" in score(["好"], ["好"], "zh").bleu_signature
    assert (
        score(["请看这里吧朋友"], ["请看那里吧朋友"], "zh").bleu
        > score(["请看这里吧朋友"], ["别的什么都不是"], "zh").bleu
    )


def test_distinct_counts_different_grams() -> None:
    texts = [["a", "b", "a"], ["a", "b"]]
    assert distinct(texts, 1) == pytest.approx(2 / 5)
    assert distinct(texts, 2) == pytest.approx(2 / 3)
    assert distinct([], 2) == 0


def example(domain: str, *replies: str) -> Example:
    return Example((Line(Role.USER, "?"),), "en", domain, replies)


def test_a_reply_is_on_topic_when_its_nearest_known_reply_is(tokenizer: ReplyTokenizer) -> None:
    known = [example("parcels", "Please look at the parcel page."), example("refunds", "Money comes back in days.")]
    topics = Topics(known, tokenizer)
    said = ["Look at the parcel page!", "The money comes in days.", "Please, the parcel page."]
    assert topics.shares(said, ["parcels", "refunds", "refunds"]) == pytest.approx(2 / 3)


def test_a_reply_that_fits_several_topics_is_right_in_each(tokenizer: ReplyTokenizer) -> None:
    topics = Topics([example("a", "Yes, gladly."), example("b", "Yes, gladly."), example("c", "No.")], tokenizer)
    assert topics.shares(["Yes, gladly."] * 2, ["a", "b"]) == 1


@pytest.fixture
def folder(recipe: Path, corpus: Path, tmp_path: Path) -> Path:
    return train(recipe, corpus, tmp_path / "run", Silent())


def test_a_report_has_figures_for_each_language_and_kind_of_turn(tiny: Checkpoint, corpus: Path) -> None:
    asked = corpora.load(corpus, ["shop"], "dev")
    report = evaluate(tiny, asked, asked, "shop.dev")
    assert [(group.language, group.turns, group.examples) for group in report.groups] == [
        ("en", "first", 2),
        ("en", "later", 2),
        ("zh", "first", 2),
        ("zh", "later", 2),
    ]
    untrained = report.groups[0]
    assert untrained.perplexity_token == pytest.approx(tiny.tokenizer.size, rel=0.3)
    reply = asked[0].replies[0], asked[2].replies[0]
    tokens = sum(len(tiny.tokenizer.encode(text)) + 1 for text in reply)
    size = sum(len(text.encode()) for text in reply)
    assert math.log(untrained.perplexity_byte) == pytest.approx(math.log(untrained.perplexity_token) * tokens / size)
    assert report.speed.reply_ms_worst >= report.speed.reply_ms_median > 0
    assert json.loads(report.to_json())["groups"][1]["turns"] == "later"
    assert report.to_markdown().count("| en |") == 2


def test_a_card_tells_data_figures_limits_and_samples(folder: Path, corpus: Path) -> None:
    before = checkpoint.load(folder).version
    report = card.write(folder, corpus)
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert text.startswith("---\nlicense: apache-2.0\nlanguage:\n- en\n- zh\n")
    for part in (
        "Four questions.",
        "- Anything else.",
        "![loss and accuracy](curve.png)",
        "### zh",
        report.to_markdown(),
    ):
        assert part in text
    assert text.count("**Model: ") == 8
    assert json.loads((folder / "evaluation.json").read_text())["model"] == f"tiny@{before}"
    assert {"README.md", "evaluation.json", "curve.png", "recipe.toml"} <= set(manifest.read(folder)[0])
    assert checkpoint.load(folder).version != before


def test_a_card_leaves_marks_in_the_text_as_they_are(tiny: Checkpoint) -> None:
    assert card._plain("**b** <i> {{x}}\n`c` [d](e)") == r"\*\*b\*\* \<i\> {{x}} \`c\` \[d\](e)"
