"""Names that give themselves away, in English and Chinese, and words that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsError
from bot.names import HIDDEN, hide_names
from bot.redaction import clean, redactor, redactor_names

FOUND = {
    "My name is Ana Torres and I wait.": "My name is [name] and I wait.",
    "my name is bob": "my name is [name]",
    "my name’s ana torres.": "my name’s [name].",
    "I'm Priya Raman, from Leeds.": "I'm [name], from Leeds.",
    "This is Gonzalo calling again.": "This is [name] calling again.",
    "Please ask for Mrs. Oduya": "Please ask for Mrs. [name]",
    "Dear Mr Smith, thank you": "Dear Mr [name], thank you",
    "Hi Wilhelmina, any news?": "Hi [name], any news?",
    "Best regards,\nPeter van Dam": "Best regards,\n[name]",
    "I gave it to Sarah yesterday": "I gave it to [name] yesterday",
    "我叫王小明想退货": "我叫[name]想退货",
    "我叫李雷，想问一下": "我叫[name]，想问一下",
    "姓名：欧阳娜娜 电话在下面": "姓名：[name] 电话在下面",
    "我是张伟。": "我是[name]。",
    "请联系李女士": "请联系[name]女士",
    "陈建国先生没收到": "[name]先生没收到",
    "收件人：赵敏": "收件人：[name]",
}
KEPT = (
    "Hi there, where is my order?",
    "I'm Happy with it, thanks.",
    "I am From Spain",
    "This is Ridiculous!",
    "Dear Sir or Madam,",
    "Dear Customer Service,",
    "Thank you so much",
    "Call {{support_phone}} or write to {{Sarah}}.",
    "我想退货",
    "我是高级会员",
    "本人已收到货",
    "老师您好",
    "我的名字写错了",
)


@pytest.mark.parametrize("text", FOUND)
def test_a_name_that_gives_itself_away_is_hidden(text: str) -> None:
    assert hide_names([text]) == [FOUND[text]]


@pytest.mark.parametrize("text", KEPT)
def test_words_that_are_no_names_stay(text: str) -> None:
    assert hide_names([text]) == [text]


def test_what_one_text_gives_away_is_hidden_in_all_of_them() -> None:
    told = hide_names(["My name is Ana Torres.", "Thank you, Ana!", "Torres, with two r", "Anaconda and torres"])
    assert told == ["My name is [name].", "Thank you, [name]!", "[name], with two r", "Anaconda and torres"]
    assert hide_names(["我叫王小明", "小明的订单", "王小明"]) == ["我叫[name]", "[name]的订单", "[name]"]


@given(st.lists(st.text(), max_size=3))
def test_whatever_is_said_there_are_as_many_texts_and_nothing_fails(texts: list[str]) -> None:
    assert len(hide_names(texts)) == len(texts)


@given(st.text(alphabet="我叫王小明是先生 Mr.Ana\n,，"))
def test_what_was_hidden_once_is_not_found_again(text: str) -> None:
    [once] = hide_names([text])
    assert HIDDEN.count("[") == 1
    assert hide_names([once])[0].count(HIDDEN) >= once.count(HIDDEN)


@pytest.mark.parametrize("name", redactor_names())
def test_every_way_to_redact_gives_as_many_texts_and_names_itself(name: str) -> None:
    try:
        way = redactor(name)
    except SettingsError as missing:
        pytest.skip(str(missing))
    assert way.STATE.startswith(name)
    assert len(way.redact(["My name is Ana", "", "我叫王小明"])) == 3


def test_a_record_is_redacted_where_it_holds_words_and_nowhere_else() -> None:
    record = {
        "id": "Sarah",
        "prompt": [{"role": "user", "content": "I am Sarah Lund, sarah@example.org, 4111 1111 1111 1111"}],
        "turns": [{"text": "call +44 20 7946 0018", "note": "Lund again", "model": "Sarah@1"}],
    }
    told = clean(record, redactor("rules"))
    assert told["prompt"] == [{"role": "user", "content": "I am [name], [e-mail], [card]"}]
    assert told["turns"] == [{"text": "call [telephone]", "note": "[name] again", "model": "Sarah@1"}]
    assert told["id"] == "Sarah"
    assert clean(record, redactor("none")) == record
