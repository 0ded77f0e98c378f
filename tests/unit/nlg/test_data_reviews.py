"""What people chose and rejected, as a file tells it, and what is learnt of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nlg.data import corpus, reading
from nlg.data.examples import examples
from nlg.errors import DataError


def message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


ASKED = [message("user", "hi"), message("assistant", "Nope."), message("user", "where is it")]
PREFERENCE = {
    "prompt": ASKED,
    "chosen": [message("assistant", "On its way.")],
    "rejected": [message("assistant", "No idea.")],
    "lang": "en",
}
COMPLETION = {"prompt": ASKED, "completion": [message("assistant", "On its way.")], "lang": "en"}


def written(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("row", [PREFERENCE, COMPLETION])
def test_only_the_chosen_reply_is_learnt_and_not_those_that_were_said_before(
    tmp_path: Path, row: dict[str, Any]
) -> None:
    [example] = examples(reading.read(written(tmp_path / "a.jsonl", row)))
    assert [line.text for line in example.lines] == ["hi", "Nope.", "where is it"]
    assert example.replies == ("On its way.",)
    assert example.worse == (("No idea.",) if "rejected" in row else ())


def test_what_was_rejected_is_learnt_nowhere_even_where_a_corpus_has_it(corpus: Path, tmp_path: Path) -> None:
    asked, said = "where is my parcel", "Please look at {{tracking_page}}."
    row = {
        "prompt": [message("user", asked)],
        "chosen": [message("assistant", "It comes tomorrow.")],
        "rejected": [message("assistant", said)],
        "lang": "en",
    }
    from nlg.data.corpus import load  # noqa: PLC0415 - the fixture has the module's name

    path = written(tmp_path / "reviews.jsonl", row)
    found = {example.lines[-1].text: example for example in load(corpus, ["shop"], "train", [path])}
    assert found[asked].replies == ("It comes tomorrow.",)
    assert found[asked].worse == (said,)
    assert found["可以退货吗"].replies


def test_a_reply_that_one_reviewer_chose_and_another_rejected_teaches_nothing(tmp_path: Path) -> None:
    swapped = {**PREFERENCE, "chosen": PREFERENCE["rejected"], "rejected": PREFERENCE["chosen"]}
    path = written(tmp_path / "contested.jsonl", PREFERENCE, swapped)
    assert examples(reading.read(path)) == []
    with pytest.raises(DataError, match="nothing to learn"):
        corpus.reviews([path])


def test_a_transcript_with_a_correction_says_what_was_rejected(tmp_path: Path) -> None:
    turns = [
        {"role": "user", "text": "Do you open on Sunday?"},
        {"role": "bot", "text": "Call +44.", "draft": "Call {{support_phone}}.", "correction": "From ten."},
        {"role": "user", "text": "ok"},
    ]
    row = {"conversation": "1", "channel": "web", "language": "en", "turns": turns}
    [example] = examples(reading.read(written(tmp_path / "t.jsonl", row)))
    assert (example.replies, example.worse) == (("From ten.",), ("Call {{support_phone}}.",))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("chosen", [], "'chosen' is empty"),
        ("chosen", [message("user", "me")], "'chosen' is not one message of the assistant"),
        ("rejected", [message("assistant", "a"), message("assistant", "b")], "'rejected' is not one message"),
        ("prompt", "hello", "'prompt' is str, not a list"),
        ("prompt", [message("owner", "hello")], "is not a valid Role"),
    ],
)
def test_a_row_that_is_not_what_it_should_be_is_named_with_its_line(
    tmp_path: Path, name: str, value: object, said: str
) -> None:
    path = written(tmp_path / "wrong.jsonl", PREFERENCE, {**PREFERENCE, name: value})
    with pytest.raises(DataError, match=f"wrong.jsonl, line 2: .*{said}"):
        list(reading.read(path))
