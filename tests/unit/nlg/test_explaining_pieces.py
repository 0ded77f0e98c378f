from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

from nlg.explaining.labels import LONGEST, label, visible
from nlg.explaining.pieces import HALF, Reader
from nlg.tokenizer import ASSISTANT, BOS, EOS, USER, ReplyTokenizer

BYTES = ReplyTokenizer.train(["where is my parcel", "我的快递在哪里"], 300, topics=["orders", "物流"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=[HALF]), max_size=24)


@settings(deadline=None)
@given(TEXTS)
def test_pieces_are_the_text_and_the_tokens_cut_at_whole_characters(text: str) -> None:
    tokens = BYTES.encode(text)
    pieces = Reader(BYTES).pieces(tokens)
    assert "".join(piece.text for piece in pieces) == text
    assert [token for piece in pieces for token in piece.tokens] == tokens
    assert all(HALF not in piece.text for piece in pieces)


@settings(deadline=None)
@given(st.lists(st.integers(0, BYTES.size - 1), max_size=24))
def test_any_tokens_are_read_and_none_is_lost(tokens: list[int]) -> None:
    pieces = Reader(BYTES).pieces(tokens)
    assert [token for piece in pieces for token in piece.tokens] == tokens
    assert all(label(piece.text, piece.mark) or not piece.text for piece in pieces)


def test_the_parts_of_a_character_are_one_piece() -> None:
    tokens = BYTES.encode("a鑫b")
    assert len(tokens) == 5
    assert [(piece.text, len(piece.tokens)) for piece in Reader(BYTES).pieces(tokens)] == [
        ("a", 1),
        ("鑫", 3),
        ("b", 1),
    ]


def test_half_a_character_before_a_mark_or_the_end_stays_a_half() -> None:
    first, second, _ = BYTES.encode("鑫")
    pieces = Reader(BYTES).pieces([first, second, USER, first])
    assert [(piece.text, piece.mark) for piece in pieces] == [(HALF, False), ("user", True), (HALF, False)]


def test_marks_have_names_that_people_understand() -> None:
    marks = Reader(BYTES).pieces([BOS, USER, ASSISTANT, EOS, *BYTES.topic("物流")])
    assert [piece.text for piece in marks] == ["begin", "user", "assistant", "end", "物流"]
    assert all(piece.mark for piece in marks)


def test_words_of_a_person_that_look_like_a_mark_are_none() -> None:
    pieces = Reader(BYTES).pieces(BYTES.encode("<|user|>"))
    assert "".join(piece.text for piece in pieces) == "<|user|>"
    assert not any(piece.mark for piece in pieces)


def test_an_alternative_ends_the_character_that_was_begun() -> None:
    first, second, third = BYTES.encode("鑫")
    reader = Reader(BYTES)
    assert reader.alternative([first, second], third).text == "鑫"
    assert reader.alternative([first, second], BYTES.encode("a")[0]).text == "a"
    assert reader.alternative([], first).text == HALF
    assert reader.alternative([first], EOS).mark


def test_other_tokenizers_are_read_as_they_decode() -> None:
    """As T5 cuts: a blank before a word is a part of its token."""
    made = Tokenizer(models.BPE({"▁": 0, "a": 1, "b": 2, "▁a": 3, "<|eos|>": 4}, [("▁", "a")]))
    made.normalizer, made.pre_tokenizer = normalizers.NFC(), pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    made.add_special_tokens(["<|eos|>"])
    pieces = Reader(ReplyTokenizer(made)).pieces([3, 2, 3, 4])
    assert [piece.text for piece in pieces] == ["a", "b", " a", "end"]


@pytest.mark.parametrize(
    ("text", "mark", "expected"),
    [
        (" my", False, "␣my"),
        ("  ", False, "␣␣"),
        ("user", True, "[user]"),
        ("a\nb", False, "a↵b"),
        (HALF, False, "½"),
        ("\x1b[2J", False, "\\u001b[2J"),
        ("\u202eabc", False, "\\u202eabc"),
    ],
)
def test_labels_show_what_is_not_seen(text: str, mark: bool, expected: str) -> None:
    assert label(text, mark) == expected


@settings(deadline=None)
@given(TEXTS)
def test_labels_are_short_lines_without_control_signs(text: str) -> None:
    assert len(label(text)) <= LONGEST
    assert visible(text).isprintable() or not text
