"""Rasa's templates: chosen as Rasa chooses, filled as Rasa fills."""

from __future__ import annotations

import pytest

from bot.errors import SettingsError
from bot.messages import Speaker, Turn
from connectors.rasa.templates import Templates, fill
from connectors.rasa.tracker import BEGINNING, Asked

DOMAIN = """
version: "3.1"
slots:
  name: {type: text, mappings: [{type: custom}]}
responses:
  utter_greet:
    - text: "Hello {name}, order {order} is on its way: https://x.example/{order}"
      id: greet_1
      buttons:
        - {title: "Hi {name}", payload: "/hi"}
    - text: "Hello!"
      id: greet_2
  utter_either: [{text: "This."}, {text: "That."}]
  utter_where:
    - text: "by channel and condition"
      channel: slack
      condition: [{type: slot, name: vip, value: true}]
    - text: "by channel"
      channel: slack
    - text: "by condition"
      condition: [{type: slot, name: city, value: Berlin}]
    - text: "neither"
  utter_file:
    - text: "Here."
      attachment: "https://x.example/a.pdf"
      image: "https://x.example/a.png"
      custom: {kind: "{name}"}
      metadata: {rephrase: false}
"""


@pytest.fixture
def templates(tmp_path):
    (tmp_path / "domain.yml").write_text(DOMAIN)
    return Templates.load(str(tmp_path / "domain.yml"))


def ask(response, variation=None, channel="collector", turn="1", **values):
    return Asked("ann", response=response, variation=variation, channel=channel, turn=turn, slots=values)


def test_slots_are_filled_wherever_they_stand(templates):
    filled = templates.choose(ask("utter_greet", "greet_1", name="Ann", order=4711))
    assert filled.text == "Hello Ann, order 4711 is on its way: https://x.example/4711"
    assert filled.buttons == ({"title": "Hi Ann", "payload": "/hi"},)
    assert filled.values == ("Ann", "4711", "4711")


def test_a_variation_whose_slots_are_there_goes_before_one_with_gaps(templates):
    assert {templates.choose(ask("utter_greet", turn=str(at))).text for at in range(20)} == {"Hello!"}


def test_a_gap_is_left_out_and_named_rather_than_shown(templates):
    filled = templates.choose(ask("utter_greet", "greet_1", order="7"))
    assert filled.text == "Hello, order 7 is on its way: https://x.example/7"
    assert filled.missing == "name"


def test_asking_again_gives_the_same_variation_and_other_turns_give_others(templates):
    chosen = [templates.choose(ask("utter_either", turn=str(at))).text for at in range(30)]
    assert chosen == [templates.choose(ask("utter_either", turn=str(at))).text for at in range(30)]
    assert set(chosen) == {"This.", "That."}


def test_of_complete_variations_the_one_that_says_most_is_chosen(templates):
    said = {templates.choose(ask("utter_greet", turn=str(at), name="Ann", order=1)).id for at in range(20)}
    assert said == {"greet_1"}


@pytest.mark.parametrize(
    ("channel", "slots", "text"),
    [
        ("slack", {"vip": True}, "by channel and condition"),
        ("slack", {}, "by channel"),
        ("rest", {"city": "berlin"}, "by condition"),
        ("rest", {"city": "Bonn"}, "neither"),
    ],
)
def test_channel_and_conditions_decide_as_in_rasa(templates, channel, slots, text):
    assert templates.choose(ask("utter_where", channel=channel, **slots)).text == text


def test_a_link_as_attachment_goes_where_rasas_schema_has_room(templates):
    filled = templates.choose(ask("utter_file", name="Ann"))
    assert filled.attachment is None
    assert filled.custom == {"kind": "Ann", "attachment": "https://x.example/a.pdf"}
    assert filled.image == "https://x.example/a.png"
    assert filled.rephrase is False


def test_double_braces_are_no_slots():
    assert fill({"text": "write {{name}} or {name}"}, {"name": "Ann"}).text == "write {{name}} or Ann"


def test_a_folder_of_domains_is_one_domain(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.yml").write_text("responses: {utter_a: [{text: A}]}")
    (tmp_path / "two.yaml").write_text("responses: {utter_b: [{text: B}]}")
    templates = Templates.load(str(tmp_path))
    assert [templates.choose(ask(name)).text for name in ("utter_a", "utter_b")] == ["A", "B"]
    assert templates.choose(ask("utter_c")) is None


def test_a_variation_in_the_persons_language_goes_before_others():
    both = [
        {"text": "Anything else?", "metadata": {"language": "en"}},
        {"text": "还有别的吗？", "metadata": {"language": "zh"}},
    ]
    templates = Templates({"utter_more": both, "utter_plain": [{"text": "OK"}, *both[:1]]})

    def said(words, language="", response="utter_more"):
        turns = (Turn(0, 0, Speaker.USER, words, BEGINNING),)
        return templates.choose(Asked("ann", response=response, turns=turns, language=language)).text

    assert (said("hello"), said("你好"), said("hello", "zh")) == ("Anything else?", "还有别的吗？", "还有别的吗？")
    assert said("你好", response="utter_plain") == "OK"


def test_without_a_domain_there_are_no_templates():
    assert Templates.load("").choose(ask("utter_greet")) is None


@pytest.mark.parametrize(
    "text", ["[", "responses: 3", "responses: {utter_a: [3]}", "slots: {}", "!!python/object:x {}"]
)
def test_a_domain_that_cannot_be_used_is_named(tmp_path, text):
    (tmp_path / "domain.yml").write_text(text)
    with pytest.raises(SettingsError, match="PALAVER_RASA_DOMAIN"):
        Templates.load(str(tmp_path / "domain.yml"))
    with pytest.raises(SettingsError, match="PALAVER_RASA_DOMAIN"):
        Templates.load(str(tmp_path / "none.yml"))
