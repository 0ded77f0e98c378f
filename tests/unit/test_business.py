from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.amounts import amounts
from bot.business import DEFAULTS, NUMBERS, Business, FactMissing, load_business
from bot.errors import SettingsError
from bot.facts import FACTS, LANGUAGES
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
@pytest.mark.parametrize("text", ["the {}-day limit", "within {} days of delivery", "按{}天算", "先看{}"])
def test_a_number_that_the_owner_did_not_give_is_never_said(name: str, text: str) -> None:
    with pytest.raises(FactMissing, match=name):
        load_business().fill(text.format(f"{{{{{name}}}}}"), "zh" if text[-1] > "~" or "先" in text else "en")


@pytest.mark.parametrize(
    ("name", "draft", "said"),
    [
        ("return_days", "Bring it back within {} days.", "within the number of days shown on our website."),
        ("refund_days", "It takes about {} working days", "takes the number of working days shown on our website"),
        ("warranty_months", "The warranty is {} months.", "is the number of months shown on our website."),
        ("express_days", "or {} with express.", "or the number of days shown on our website with express."),
        ("return_days", "收货后{}天内可以退。", "收货后官方网站写明的期限内可以退。"),
        ("warranty_months", "保修期是{}个月，", "保修期以官方网站写明的为准，"),
        ("delivery_days", "标准大约{}个工作日。", "标准以官方网站写明的为准。"),
        ("delivery_fee", "标准运费{}，满", "标准运费以结算页面显示的为准，满"),
        ("support_phone", "客服电话{}，", "客服电话请见官方网站，"),
        ("support_hours", "The phone is answered {}.", "is answered during our opening hours."),
        ("refund_days", "超过{}天还没到", "超过官方网站写明的期限还没到"),
    ],
)
def test_where_the_sentence_allows_words_stand_for_a_number_that_is_not_set(name: str, draft: str, said: str) -> None:
    language = "en" if draft.isascii() else "zh"
    assert said in load_business().fill(draft.format(f"{{{{{name}}}}}"), language)


@given(
    st.sampled_from(NUMBERS),
    st.sampled_from(["within ", "the ", "about ", "大约", "超过", "是", ""]),
    st.sampled_from([" days", " months", " working days", "-day", "天内", "个月", "个工作日", ""]),
    st.sampled_from(LANGUAGES),
)
def test_what_stands_for_a_missing_number_says_none(name: str, before: str, after: str, language: str) -> None:
    business = Business({language: {"website": "our website"}})
    try:
        filled = business.fill(f"{before}{{{{{name}}}}}{after}", language)
    except FactMissing:
        return
    assert "{{" not in filled
    assert not amounts(filled)


def test_words_point_to_the_owners_own_website() -> None:
    owner_says('[business]\nwebsite = "lin.example"\n')
    filled = load_business().fill("within {{return_days}} days", "en")
    assert filled == "within the number of days shown on lin.example"


def test_neutral_words_at_the_beginning_of_a_sentence_are_written_as_such() -> None:
    business = load_business()
    assert business.fill("Sorry. {{return_page}} has it.", "en") == "Sorry. Our returns page has it."
    owner_says('[business]\nreturn_page = "lin.example/back"\n')
    assert load_business().fill("{{return_page}} has it.", "en") == "lin.example/back has it."


@pytest.mark.parametrize(
    ("facts", "contact"),
    [
        ("", "our website"),
        ('website = "lin.example"', "lin.example"),
        ('support_email = "a@lin.example"', "a@lin.example"),
        ('support_email = "a@lin.example"\nsupport_phone = "555 0100"', "555 0100 or a@lin.example"),
    ],
)
def test_who_asks_further_is_sent_to_the_contacts_that_are_set(facts: str, contact: str) -> None:
    owner_says(f"[business]\n{facts}\n")
    assert load_business().fill("Ask {{contact}}.", "en") == f"Ask {contact}."


@pytest.mark.parametrize("text", ["{{made_up}}", "a {{ website }}", "{{web", "site}}", "{{{{website}}}}", "{company}"])
def test_a_placeholder_never_reaches_a_person(text: str) -> None:
    business = load_business()
    with pytest.raises(FactMissing):
        business.fill(text, "en")


@given(st.lists(st.sampled_from(["{{website}}", "Look at ", "{{company}}", "，", " "]), max_size=6), st.integers(0, 60))
def test_the_start_of_a_reply_never_shows_a_piece_of_a_placeholder(pieces: list[str], cut: int) -> None:
    business = Business({"en": {"website": "W", "company": "C"}})
    shown = business.fill_start("".join(pieces)[:cut], "en").text
    assert "{" not in shown
    assert "}" not in shown


def test_a_fact_nobody_knows_is_named() -> None:
    owner_says('[business]\ncompny = "x"\n')
    with pytest.raises(SettingsError, match="compny"):
        load_business()


@pytest.mark.parametrize("value", ["true", "[1, 2]", '"{{website}}"', '"a }}"', '"{name}"'])
def test_a_fact_that_is_no_text_is_refused(value: str) -> None:
    owner_says(f"[business]\ncompany = {value}\n")
    with pytest.raises(SettingsError, match="company"):
        load_business()


def test_a_broken_file_names_the_line() -> None:
    owner_says("[business]\ncompany = \n")
    with pytest.raises(SettingsError, match="line 2"):
        load_business()


def test_every_fact_but_bare_numbers_has_neutral_words_in_both_languages_and_they_say_no_number() -> None:
    assert all(map(all, DEFAULTS.values()))
    assert not [word for words in DEFAULTS.values() for word in words if amounts(word)]
    assert {*DEFAULTS, *NUMBERS} == set(FACTS)


def test_every_phrase_can_be_said_in_both_languages() -> None:
    speech = Speech(load_phrases(), load_business())
    for language in ("en", "zh"):
        for name in load_phrases()[language]:
            assert "{{" not in speech.say(name, language)


def test_the_owner_may_put_other_words_and_they_are_checked_at_the_start() -> None:
    owner_says('[phrases.en]\nstart = "Welcome to {{company}}!"\n')
    assert Speech(load_phrases(), load_business()).say("start", "en") == "Welcome to our shop!"
    owner_says('[phrases.en]\nstart = "The {{return_days}}-day limit"\n')
    with pytest.raises(SettingsError, match="return_days"):
        Speech(load_phrases(), load_business())
    owner_says('[phrases.en]\nstart = "Welcome to {company}"\n')
    with pytest.raises(SettingsError, match="must look like"):
        Speech(load_phrases(), load_business())
    owner_says('[phrases.en]\nstarts = "x"\n')
    with pytest.raises(SettingsError, match="starts"):
        load_phrases()
