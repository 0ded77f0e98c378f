from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language import detect, of_locale
from bot.messages import TextLimit
from bot.normalise import LONGEST, for_model
from bot.splitting import split

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LIMITS = st.builds(TextLimit, st.integers(2, 40), st.sampled_from(["utf-16", "chars"]))


@given(TEXT, LIMITS)
def test_pieces_fit_and_joined_they_are_the_text(text: str, limit: TextLimit) -> None:
    pieces = split(text, limit)
    assert all(limit.length(piece) <= limit.size for piece in pieces)
    assert all(piece.strip() for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split()), "nothing but blanks is ever dropped"


def test_a_text_that_fits_stays_whole() -> None:
    assert split("hello\n\nworld", TextLimit(4096, "utf-16")) == ["hello\n\nworld"]


def test_a_cut_prefers_paragraphs_to_sentences_to_words() -> None:
    assert split("One two. Three\n\nfour five six", TextLimit(20)) == ["One two. Three\n\n", "four five six"]
    assert split("One two. Three four five six", TextLimit(16)) == ["One two. ", "Three four five ", "six"]
    assert split("你好。我想退货，可以吗？谢谢您", TextLimit(12)) == ["你好。我想退货，可以吗？", "谢谢您"]


WORD = st.text("abcdé你😀", min_size=1, max_size=6)
MARKED = st.one_of(
    WORD,
    st.lists(WORD, min_size=1, max_size=3).map(lambda words: f"**{' '.join(words)}**"),
    st.lists(WORD, min_size=1, max_size=3).map(lambda words: f"`{' '.join(words)}`"),
    st.lists(WORD, min_size=1, max_size=3).map(lambda lines: "\n```\n" + "\n".join(lines) + "\n```\n"),
)


@given(st.lists(MARKED, min_size=10, max_size=40).map(" ".join), st.integers(120, 200))
def test_no_cut_falls_within_a_mark_where_there_is_a_choice(text: str, size: int) -> None:
    for piece in split(text, TextLimit(size)):
        assert piece.count("**") % 2 == piece.count("```") % 2 == 0
        assert piece.replace("```", "").count("`") % 2 == 0


def test_a_block_of_code_longer_than_a_piece_is_cut_all_the_same() -> None:
    text = "```\n" + "x = 1\n" * 50 + "```"
    assert "".join(split(text, TextLimit(100))) == text


def test_an_emoji_family_is_never_torn() -> None:
    family = "👨‍👩‍👧‍👦"
    pieces = split(family * 10, TextLimit(25, "utf-16"))
    assert all(set(piece.split(family)) == {""} for piece in pieces)


def test_a_tower_of_marks_longer_than_a_piece_is_cut_between_characters() -> None:
    tower = "a" + "\u0301" * 50
    assert "".join(split(tower, TextLimit(10))) == tower


def test_an_empty_text_has_no_pieces() -> None:
    assert split("", TextLimit(10)) == []
    assert split(" \n ", TextLimit(10)) == []


@given(TEXT)
def test_what_the_model_sees_is_normal_bounded_and_stable(text: str) -> None:
    seen = for_model(text)
    assert len(seen) <= LONGEST
    assert unicodedata.is_normalized("NFC", seen)
    assert for_model(seen) == seen
    assert not any(char in seen for char in "\x00\x1b\u202e\u2066")


@pytest.mark.parametrize("text", ["👨‍👩‍👧", "नमस्ते", "السلام عليكم", "e\u0323\u0302", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "日本"])
def test_natural_text_reaches_the_model_unchanged(text: str) -> None:
    assert for_model(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("tricky", "seen"),
    [
        ("a\u202eb", "ab"),
        ("hi\U000e0041\U000e0042", "hi"),
        ("z" + "\u0301" * 100, "ź" + "\u0301" * 7),
        ("x\x00y", "xy"),
    ],
)
def test_tricks_do_not_reach_the_model(tricky: str, seen: str) -> None:
    assert len(for_model(tricky)) <= len(unicodedata.normalize("NFC", seen)) + 1


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my order?", "en"),
        ("我的订单在哪里？", "zh"),
        ("我的 order 没到", "zh"),
        ("please send the invoice to 王小明", "en"),
        ("12345", ""),
        ("😀", ""),
        ("Привет", ""),
    ],
)
def test_the_language_is_read_from_the_words(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(("code", "language"), [("zh-hans", "zh"), ("en-US", "en"), ("de", ""), ("", "")])
def test_a_locale_counts_only_where_we_speak_it(code: str, language: str) -> None:
    assert of_locale(code) == language
