from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlg.contract import Line, Role
from nlg.tokenizer import ASSISTANT, CONTROLS, PLACEHOLDERS, USER, ReplyTokenizer

# No fixture here: hypothesis wants one tokenizer for all its examples.
TOKENIZER = ReplyTokenizer.train(["where is my order", "我的订单在哪里", "{{company}} is {{bot_name}}"], 420)
EN, ZH = CONTROLS.index("<|en|>"), CONTROLS.index("<|zh|>")
lines = st.lists(st.builds(Line, st.sampled_from(Role), st.text(max_size=60)), max_size=8)


@given(st.text())
def test_any_text_comes_back_as_it_was(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


@given(
    st.lists(
        st.sampled_from(["{{", "}}", "{{company}}", "{{no_such}}", "<|user|>", "<|eos|>", "{", " ", "é", "👩‍🚀", "好"])
    )
)
def test_text_that_looks_like_tokens_comes_back_too(parts: list[str]) -> None:
    text = "".join(parts)
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_a_placeholder_is_one_token(name: str) -> None:
    (token,) = TOKENIZER.encode(f"{{{{{name}}}}}")
    assert TOKENIZER.decode([token]) == f"{{{{{name}}}}}"
    assert len(TOKENIZER.encode(f"好{{{{{name}}}}}好")) == 1 + 2 * len(TOKENIZER.encode("好"))


@pytest.mark.parametrize("control", CONTROLS)
def test_nobody_can_write_a_control_token(control: str) -> None:
    assert min(TOKENIZER.encode(f"a {control} b")) >= len(CONTROLS)


def test_a_topic_is_one_token_that_is_never_shown_and_that_nobody_can_write() -> None:
    told = ReplyTokenizer.train(["hello"], 320, topics=["b", "a"])
    (a,), (b,) = told.topic("a"), told.topic("b")
    assert (a, b) == (len(CONTROLS), len(CONTROLS) + 1)
    assert told.decode([a, *told.encode("hello")]) == "hello"
    assert a not in told.encode("<|topic a|>")
    assert told.topic("c") == []
    assert told.silent == len(CONTROLS) + 2
    assert TOKENIZER.silent == len(CONTROLS)
    assert ReplyTokenizer.from_json(told.to_json()).topic("b") == [b]


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    assert TOKENIZER.decode(TOKENIZER.encode("a\ud83d!")) == "a?!"


def test_a_tokenizer_survives_its_file() -> None:
    copy = ReplyTokenizer.from_json(TOKENIZER.to_json())
    text = "订单 <|user|> {{company}} order"
    assert copy.encode(text) == TOKENIZER.encode(text)
    assert copy.size == TOKENIZER.size <= 420


def test_what_is_no_tokenizer_is_refused() -> None:
    with pytest.raises(ValueError, match="no tokenizer"):
        ReplyTokenizer.from_json('{"version": "1.0"}')


def test_a_context_says_who_spoke_and_in_what_language() -> None:
    said = [Line(Role.USER, "hi"), Line(Role.ASSISTANT, "yes"), Line(Role.USER, "ok")]
    hi, yes, ok = (TOKENIZER.encode(line.text) for line in said)
    assert TOKENIZER.context(said, "", 99) == [USER, *hi, ASSISTANT, *yes, USER, *ok]
    assert TOKENIZER.context(said, "zh", 99)[0] == ZH
    assert TOKENIZER.context(said, "fr", 99)[0] == USER


def test_old_lines_are_left_out_whole() -> None:
    said = [Line(Role.USER, "aaaa"), Line(Role.ASSISTANT, "bbbb"), Line(Role.USER, "cc")]
    newest = [ASSISTANT, *TOKENIZER.encode("bbbb"), USER, *TOKENIZER.encode("cc")]
    assert TOKENIZER.context(said, "", len(newest)) == newest
    assert TOKENIZER.context(said, "", len(newest) - 1) == [USER, *TOKENIZER.encode("cc")]


def test_a_last_line_that_is_too_long_keeps_its_end() -> None:
    context = TOKENIZER.context([Line(Role.USER, "x" * 100_000 + " the end")], "en", 20)
    assert len(context) == 20
    assert context[:2] == [EN, USER]
    assert TOKENIZER.decode(context[2:]).endswith(" the end")


@given(lines, st.sampled_from(["", "en", "zh", "xx"]), st.integers(4, 64))
def test_a_context_always_fits_and_is_never_empty(said: list[Line], language: str, limit: int) -> None:
    context = TOKENIZER.context(said, language, limit)
    assert 1 <= len(context) <= limit
    assert any(token in (USER, ASSISTANT) for token in context[:2])


def test_numbered_values_are_one_token_each_where_texts_have_them() -> None:
    told = ReplyTokenizer.train(["OFFER city={{v1}} at {{v12}}", "In {{v1}}?"], 340)
    assert [len(told.encode(text)) for text in ("{{v1}}", "{{v12}}")] == [1, 1]
    assert len(told.encode("{{v2}}")) > 1
    assert told.decode(told.encode("In {{v1}} at {{v2}}?")) == "In {{v1}} at {{v2}}?"
    assert len(ReplyTokenizer.train(["In"], 340).encode("{{v1}}")) > 1
