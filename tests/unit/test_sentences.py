from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sentences import instead, sentences, without_mark

PIECES = st.sampled_from(
    ["Yes", "no", "e.g", "1", ". ", ".", "!", "。", "？", "”", '"', "\n", " ", "- ", "打开", "3) ", "{{company}}", "①"]
)


@given(st.lists(PIECES).map("".join))
def test_joined_they_are_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text
    assert all(sentences(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Fine. It costs {{delivery_fee}}! {{company}} says so? Bye.", 4),
        ("可以。请打开页面！好吗？再见", 4),
        ('She said "yes." You may go.', 2),
        ("您可以说“退货。”我们就处理。", 2),
        ("真的吗？！太好了。", 2),
        ("One line\nanother line", 2),
        ("1. Open it. 2. Choose.", 2),
        ("1. 打开。2. 选择。", 2),
    ],
)
def test_a_sentence_ends_where_a_reader_sees_its_end(text: str, found: int) -> None:
    assert len(sentences(text)) == found


@pytest.mark.parametrize(
    "text",
    [
        "Allow approx. 5 days, e.g. 3 days",
        "Ask Mr. Lin about order No. 12345",
        "See www.lin.example/a.b?c=1.5 for it",
        "At 9 a.m. Monday",
        "It costs 3.90 or 1.000 euros",
    ],
)
def test_a_full_stop_within_a_sentence_does_not_end_it(text: str) -> None:
    assert sentences(text) == [text]


def test_other_words_keep_the_mark_of_a_list_and_the_blanks() -> None:
    assert instead("2) Wait 5 days.\n", "Ask us.") == "2) Ask us.\n"
    assert instead("- Wait 5 days. ", "Ask us.") == "- Ask us. "
    assert instead("Wait 5 days.", "Ask us.") == "Ask us."
    assert without_mark("②等5天") == "等5天"
    assert without_mark("5.5 days") == "5.5 days"


@pytest.mark.parametrize("piece", [" ", ". ", "no. ", "no.\n", "1. ", "。", "\n ", "a.", "”"])
def test_a_long_text_takes_no_longer_than_its_length(piece: str) -> None:
    text = "No." + piece * (4000 // len(piece)) + "5"
    started = time.process_time()
    sentences(text)
    assert time.process_time() - started < 0.5
