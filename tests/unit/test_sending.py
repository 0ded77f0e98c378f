from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.amounts import amounts
from bot.business import DEFAULTS, Business
from bot.facts import FACTS
from bot.grounding import Said
from bot.phrases import load_phrases
from bot.sending import Sending
from bot.speech import Speech

OWN = {
    "company": "Lin & Co",
    "support_phone": "+44 20 7946 0000",
    "return_days": "30",
    "delivery_fee": "£3.90",
    "warranty_months": "24",
}
BARE = Business(
    {language: {name: words[i] for name, words in DEFAULTS.items()} for i, language in enumerate(("en", "zh"))}
)
OWNED = replace(
    BARE, facts={language: {**facts, **OWN} for language, facts in BARE.facts.items()}, own={"en": OWN, "zh": OWN}
)


def sending(business: Business = BARE, language: str = "en", said: str = "") -> Sending:
    return Sending(Speech(load_phrases(), business), language, Said.of([said]))


@pytest.mark.parametrize(
    "draft",
    [
        "You have 14 days.",
        "That is twenty-five euros.",
        "Call 555 0199 for help.",
        "We open at 9:30.",
        "You get 20% off.",
        "It arrives on 3 May.",
        "It takes two weeks.",
    ],
)
def test_a_number_that_nobody_gave_is_not_sent(draft: str) -> None:
    sent = sending().whole(draft)
    assert sent.text == "I would rather not guess at that. You can get the exact answer at our website."
    assert (sent.reason, sent.drafted) == ("number", False)
    assert "9" not in sending().start(draft)


def test_it_is_so_in_chinese_too() -> None:
    sent = sending(language="zh").whole("三天内到。运费八块钱。")
    assert sent.text == "这一点我怕说错。您可以通过官方网站得到准确的答复。"


def test_what_the_person_said_may_be_said_again() -> None:
    asked = sending(said="Order 4711 of 3 May, twenty euros, 10:30")
    for draft in ("Order 4711?", "On 3 May", "Twenty euros, 20 euros", "At 10:30", "Three or 3"):
        assert asked.whole(draft).text == draft
    assert asked.whole("20% of it").reason == "number"
    assert asked.whole("$4711").reason == "number"


def test_the_owners_facts_may_be_said_where_they_are_filled_in() -> None:
    draft = "{{company}}: {{return_days}} days, {{delivery_fee}}, {{support_phone}}."
    assert sending(OWNED).whole(draft).text == "Lin & Co: 30 days, £3.90, +44 20 7946 0000."


def test_they_may_be_said_where_the_model_wrote_them_out_as_what_they_are() -> None:
    owned = sending(OWNED)
    for draft in ("You have 30 days.", "It is £3.90.", "Call +44 20 7946 0000.", "24 months"):
        assert owned.whole(draft).text == draft
    for draft in ("30 months", "30% off", "It is 3.90.", "£3.905", "20 days", "£30"):
        assert owned.whole(draft).reason == "number", draft


@pytest.mark.parametrize(
    "draft", ["1{{return_days}} days", "{{return_days}}0 days", "{{return_days}}%", "{{return_days}} weeks"]
)
def test_a_fact_cannot_be_made_into_another_number(draft: str) -> None:
    assert sending(OWNED).whole(draft).reason == "number"


def test_a_sentence_gives_way_and_the_others_stay() -> None:
    sent = sending().whole("Sorry to hear that. Mind the {{return_days}}-day limit. Start at {{return_page}}.")
    assert sent.text == "Sorry to hear that. You can get the exact answer at our website. Start at our returns page."
    assert (sent.reason, sent.drafted) == ("fact return_days", True)
    sent = sending(language="zh").whole("可以的。按{{return_days}}天算。请到{{return_page}}申请。")
    assert sent.text == "可以的。准确的答复可以通过官方网站得到。请到退货页面申请。"


def test_one_sentence_stands_for_all_that_gave_way() -> None:
    sent = sending().whole("Fine. It costs 5 euros. Or 6 euros. Bye.")
    assert sent.text == "Fine. You can get the exact answer at our website. Bye."


def test_a_list_of_steps_is_sent_as_it_is() -> None:
    draft = "1. Open {{return_page}}. 2. Choose the item. 3. Send it."
    assert sending().whole(draft).text == "1. Open our returns page. 2. Choose the item. 3. Send it."


def test_a_list_keeps_its_marks_and_lines_when_a_step_gives_way() -> None:
    sent = sending().whole("Please:\n1. Open the app.\n2. Choose the item.\n3. Wait 5 days.\n4. Send it.")
    exact = "You can get the exact answer at our website."
    assert sent.text == f"Please:\n1. Open the app.\n2. Choose the item.\n3. {exact}\n4. Send it."


def test_half_a_sentence_does_not_stay() -> None:
    sent = sending().whole("Sorry. Please allow approx. 5 days, e.g. from Monday. Bye.")
    assert sent.text == "Sorry. You can get the exact answer at our website. Bye."
    sent = sending(language="zh").whole("您可以写“退货。”我们5天内处理。好的！")
    assert sent.text == "您可以写“退货。”准确的答复可以通过官方网站得到。好的！"


@pytest.mark.parametrize(
    ("language", "draft"),
    [
        ("en", "It takes two hundred days. Fine."),
        ("en", "It takes two working days. Fine."),
        ("en", "You get 30 percent off. Fine."),
        ("en", "Within {{return_days}} days of delivery. Fine."),
        ("en", "Within {{return_days}} days. Fine, thanks."),
        ("zh", "退款一天内到账。好的。"),
        ("zh", "现在打 30 折。好的。"),
    ],
)
def test_what_was_shown_is_not_taken_back_because_of_what_follows(language: str, draft: str) -> None:
    asked = sending(language=language, said="30")
    shown = [asked.start(draft[:end]).rstrip() for end in range(len(draft) + 1)]
    assert all(later.startswith(earlier) for earlier, later in pairwise(shown))


PIECES = st.sampled_from([
    *(f"{{{{{name}}}}}" for name in FACTS),
    *(" days", " months", "天", "个月", "%", " euros", "$", "£", "-", ":", ".", ". ", "。", ", ", " ", "\n"),
    *("1. ", "2. ", "第", "点", "元", "折", "weeks", "号"),
    *("one", "two", "three", "twenty", "half", "noon", "hundred", "一", "两", "三", "十", "百", "半"),
    *("30", "24", "3.90", "7946", "1", "2", "5", "14", "９", "½", "It is", "Yes", "可以", "within", "Lin & Co"),
])  # fmt: skip


@given(st.lists(PIECES, max_size=12), st.lists(PIECES, max_size=3), st.sampled_from(["en", "zh"]), st.booleans())
def test_every_number_that_is_sent_or_shown_was_given(
    pieces: list[str], said: list[str], language: str, owned: bool
) -> None:
    """Whatever the model writes: what is left when the owner's facts are cut out has only numbers that were said."""
    conversation = Sending(SPEECH[owned], language, Said.of([" ".join(said)]))
    known = {part for a in amounts(" ".join(said), harmless=True) for part in re.split(r"[.,:-]", a.value)}
    known |= {amount.value for amount in amounts(" ".join(said), harmless=True)}
    known |= (
        {part for value in OWN.values() for part in re.findall(r"\d+", value)} | {"3.9", "3.90"} if owned else set()
    )
    draft = "".join(pieces)
    for text in (conversation.whole(draft).text, conversation.start(draft)):
        assert "{{" not in text
        assert [a.value for a in amounts(text) if a.value not in known] == []


SPEECH = {owned: Speech(load_phrases(), OWNED if owned else BARE) for owned in (False, True)}
