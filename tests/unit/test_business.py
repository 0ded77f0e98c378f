from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.business import DEFAULTS, NUMBERS, Business, FactMissing, load_business
from bot.errors import SettingsError
from bot.phrases import load_phrases
from bot.speech import Speech


def owner_says(text: str) -> None:
    Path("palaver.toml").write_text(text, "utf-8")


def test_without_settings_neutral_words_fill_the_places() -> None:
    business = load_business()
    assert business.fill("See {{website}}.", "en") == "See our website."
    assert business.fill("请看{{website}}。", "zh") == "请看官方网站。"


def test_the_owners_facts_win_and_may_differ_by_language() -> None:
    owner_says('[business]\ncompany = "Lin & Co"\nreturn_days = 30\n[business.zh]\ncompany = "林氏"\n')
    business = load_business()
    assert business.fill("{{company}}: {{return_days}} days", "en") == "Lin & Co: 30 days"
    assert business.fill("{{company}}：{{return_days}}天", "zh") == "林氏：30天"


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_the_owner_did_not_give_is_never_said(name: str) -> None:
    with pytest.raises(FactMissing, match=name):
        load_business().fill(f"within {{{{{name}}}}} days", "en")


@pytest.mark.parametrize("text", ["{{made_up}}", "a {{ website }}", "{{web", "site}}", "{{{{website}}}}"])
def test_a_placeholder_never_reaches_a_person(text: str) -> None:
    business = load_business()
    with pytest.raises(FactMissing):
        business.fill(text, "en")


@given(st.lists(st.sampled_from(["{{website}}", "Look at ", "{{company}}", "，", " "]), max_size=6), st.integers(0, 60))
def test_the_start_of_a_reply_never_shows_a_piece_of_a_placeholder(pieces: list[str], cut: int) -> None:
    business = Business({"en": {"website": "W", "company": "C"}})
    shown = business.fill_start("".join(pieces)[:cut], "en")
    assert "{" not in shown
    assert "}" not in shown


def test_a_fact_nobody_knows_is_named() -> None:
    owner_says('[business]\ncompny = "x"\n')
    with pytest.raises(SettingsError, match="compny"):
        load_business()


@pytest.mark.parametrize("value", ["true", "[1, 2]", '"{{website}}"'])
def test_a_fact_that_is_no_text_is_refused(value: str) -> None:
    owner_says(f"[business]\ncompany = {value}\n")
    with pytest.raises(SettingsError, match="company"):
        load_business()


def test_a_broken_file_names_the_line() -> None:
    owner_says("[business]\ncompany = \n")
    with pytest.raises(SettingsError, match="line 2"):
        load_business()


def test_every_fact_has_neutral_words_in_both_languages() -> None:
    assert all(len(words) == 2 and all(words) for words in DEFAULTS.values())


def test_every_phrase_can_be_said_in_both_languages() -> None:
    speech = Speech(load_phrases(), load_business())
    for language in ("en", "zh"):
        for name in load_phrases()[language]:
            assert "{{" not in speech.say(name, language)


def test_the_owner_may_put_other_words_and_they_are_checked_at_the_start() -> None:
    owner_says('[phrases.en]\nstart = "Welcome to {{company}}!"\n')
    assert Speech(load_phrases(), load_business()).say("start", "en") == "Welcome to our shop!"
    owner_says('[phrases.en]\nstart = "Returns within {{return_days}} days"\n')
    with pytest.raises(SettingsError, match="return_days"):
        Speech(load_phrases(), load_business())
    owner_says('[phrases.en]\nstarts = "x"\n')
    with pytest.raises(SettingsError, match="starts"):
        load_phrases()
