from __future__ import annotations

import re

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from nlg.speech import Speech
from nlg.tokenizer import ReplyTokenizer

TOKENIZER = ReplyTokenizer.train(["hello"], 310)  # hardly any merges: most characters take several tokens
parts = st.sampled_from(["好", "👩‍👩‍👧", "e\u0301", "🇨🇳", "{{company}}", " ", "a", "\r\n", "한", "👍🏽", "नि"])
texts = st.one_of(st.text(max_size=20), st.lists(parts, max_size=8).map("".join))


def pieces(tokens: list[int], every: int = 1) -> tuple[list[str], str]:
    speech = Speech(TOKENIZER)
    told = [speech.more(tokens[:end]) for end in range(0, len(tokens) + 1, every)]
    return [*told, speech.rest(tokens)], speech.text


@given(texts, st.integers(1, 4))
def test_pieces_join_to_the_text(text: str, every: int) -> None:
    told, whole = pieces(TOKENIZER.encode(text), every)
    assert "".join(told) == whole == text.replace("\ufffd", "").strip()


@given(texts)
def test_no_piece_ends_inside_a_grapheme_or_a_placeholder(text: str) -> None:
    told, whole = pieces(TOKENIZER.encode(text))
    ends = {match.end() for match in regex.finditer(r"\X", whole)} | {0}
    inside = {at for match in re.finditer(r"\{\{[a-z_]+\}\}", whole) for at in range(match.start() + 1, match.end())}
    at = 0
    for piece in told:
        at += len(piece)
        assert at in ends - inside


@pytest.mark.fuzz
@given(st.lists(st.integers(8, 300)))
def test_bytes_that_are_no_text_are_left_out(tokens: list[int]) -> None:
    told, whole = pieces(tokens)
    assert "".join(told) == whole
    assert "\ufffd" not in whole


@given(texts)
def test_the_odds_of_pieces_join_to_the_text_and_to_the_score(text: str) -> None:
    tokens = TOKENIZER.encode(text)
    told = Speech(TOKENIZER).odds(tokens, [-0.5] * len(tokens))
    assert "".join(piece for piece, _ in told).strip() == text.replace("\ufffd", "").strip()
    if "\ufffd" not in text:
        assert sum(odds for _, odds in told) == -0.5 * len(tokens)


def test_a_character_of_several_tokens_is_one_piece_as_likely_as_all_of_them() -> None:
    tokens = TOKENIZER.encode("好a")
    told = Speech(TOKENIZER).odds(tokens, [-1.0] * len(tokens))
    assert told == (("好", -float(len(tokens) - 1)), ("a", -1.0))


def test_a_character_waits_for_all_its_bytes() -> None:
    tokens = TOKENIZER.encode("好吧")
    told, _ = pieces(tokens)
    assert len(tokens) > 2
    assert [piece for piece in told if piece] == ["好", "吧"]
