"""A model's Markdown as text with entities, which Telegram can never refuse. No letter is lost that is no mark."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import TextLimit
from bot.splitting import split
from connectors.telegram.gateway import Telegram
from connectors.telegram.rendering import render, units, unmasked

LIMIT: TextLimit = Telegram.limit
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
SIGNS = ["**", "*", "_", "`", "```", "```py\n", "\n```\n", "~~", "# ", "\n", "\n\n", "[a](https://b.c)", "\\"]
MARKED = st.lists(
    st.one_of(
        WORDS,
        st.sampled_from(
            ["**", "*", "_", "`", "```", "```py\n", "\n```\n", "~~", "# ", "\n", "\n\n", "[a](https://b.c)", "\\"]
        ),
        st.builds("**{}**".format, WORDS),
        st.builds("`{}`".format, WORDS),
        st.builds("😀{}👨‍👩‍👧".format, WORDS),
    ),
    max_size=30,
).map("".join)


def read(text: str) -> list[tuple[str, str]]:
    """Return what is special in a rendered text: the kind, and the words that Telegram would mark."""
    rendered = render(text)
    wire = rendered.text.encode("utf-16-le")
    return [
        (entity.type, wire[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le"))
        for entity in rendered.entities
    ]


@pytest.mark.parametrize(
    ("text", "plain", "special"),
    [
        ("Within **30 days**.", "Within 30 days.", [("bold", "30 days")]),
        ("😀 **再见** `x < y`", "😀 再见 x < y", [("bold", "再见"), ("code", "x < y")]),
        ("*one* and _two_", "one and two", [("italic", "one"), ("italic", "two")]),
        (
            "**bold and *slanted* too**",
            "bold and slanted too",
            [("bold", "bold and slanted too"), ("italic", "slanted")],
        ),
        ("~~old~~ new", "old new", [("strikethrough", "old")]),
        ("## Returns ##\nEasy.", "Returns\nEasy.", [("bold", "Returns")]),
        ("```py\nx = '**'\n```", "x = '**'", [("pre", "x = '**'")]),
        (r"2 \* 3", "2 * 3", []),
        ("see [here](https://a.example/x)", "see here (https://a.example/x)", []),
        ("[https://a.example](https://a.example)", "https://a.example", []),
    ],
)
def test_marks_become_entities(text: str, plain: str, special: list[tuple[str, str]]) -> None:
    assert (render(text).text, read(text)) == (plain, special)


@pytest.mark.parametrize(
    "text",
    ["2*3*4", "a_b_c", "**open", "`open", "* a list", "** x **", "#hash", "[a](javascript:x)", "```\nopen", "****"],
)
def test_what_is_no_mark_for_certain_stays(text: str) -> None:
    assert (render(text).text, render(text).entities) == (text, [])


@pytest.mark.fuzz
@given(MARKED)
def test_entities_are_always_within_the_text_and_mark_something(text: str) -> None:
    rendered = render(text)
    for entity in rendered.entities:
        assert entity.offset >= 0
        assert entity.offset + entity.length <= units(rendered.text)
    assert all(words.strip() for _, words in read(text))
    starts = [entity.offset for entity in rendered.entities]
    assert starts == sorted(starts)
    assert bool(rendered.text.strip()) == bool(text.strip())


@given(MARKED)
def test_rendering_never_makes_a_text_longer(text: str) -> None:
    assert units(render(text).text) <= units(text)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="*_`~#[]\\"), max_size=200))
def test_a_text_without_marks_is_what_it_was(text: str) -> None:
    assert (render(text).text, render(text).entities) == (text, [])


@pytest.mark.fuzz
@given(st.one_of(MARKED, st.text(st.characters(exclude_categories=["Cs"]), max_size=300)), st.integers(20, 120))
def test_parts_of_any_text_fit_and_joined_they_are_the_text(text: str, size: int) -> None:
    parts = split(text, TextLimit(size, "utf-16"))
    kept = "".join(parts)
    assert kept.split() == text.split()
    assert text.startswith(kept[: len(kept.rstrip())]) or kept in text
    for part in parts:
        assert units(render(part).text) <= size
        assert render(part).text.strip()


def test_a_long_answer_is_cut_to_what_telegram_takes() -> None:
    parts = split("**word** 😀 " * 2000, LIMIT)
    assert len(parts) > 1
    assert all(units(render(part).text) <= 4096 for part in parts)
    assert "".join(parts) == "**word** 😀 " * 2000


def test_links_in_a_rich_message_are_shown_too() -> None:
    assert unmasked("| **a** [b](https://c.d) |") == "| **a** b (https://c.d) |"
