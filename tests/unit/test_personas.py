"""Who the bot is where: the first persona that fits an address, or the one that is asked for by name."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.messages import Address, Conversation, Kind, Question, Speaker, Turn
from bot.personas import Personas, load_personas
from bot.prompting import Opening
from bot.responders.generative import Generative
from bot.responders.personal import Personal
from bot.responders.scripted import Scripted
from bot.testing import FunctionWriter
from nlg.contract import Decoding, Role

SHOP = """
[business]
company = "Lin & Co"
return_days = 30

[business.zh]
bot_name = "小林"

[phrases.en]
help = "Just write."

[personas.luna]
where = ["telegram:4242", "slack:T0*:C0NIGHT"]
opening = ["Hello", "Good evening, I am Luna."]
system = "You are Luna of the night shift."
model = "small"

[personas.luna.business]
bot_name = "Luna"

[personas.luna.phrases.en]
start = "Good evening! {{bot_name}} of {{company}} here."

[personas.desk]
where = ["slack", "telegram:*"]
"""
LUNA, DESK, WEB = Address("telegram", "4242", "7"), Address("slack", "T0ABC", "C1"), Address("web", "", "s")


@pytest.fixture
def personas() -> Personas:
    Path("palaver.toml").write_text(SHOP, "utf-8")
    return load_personas()


def asked(address: Address, text: str = "hello", command: str = "", persona: str = "") -> Question:
    kind = Kind.COMMAND if command else Kind.TEXT
    turn = Turn(1, 1, Speaker.USER, text, datetime.now(UTC), kind, command)
    return Question(Conversation(1, address), (turn,), "q", persona=persona)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (LUNA, "luna"),
        (Address("telegram", "4242/business:b", "7"), "desk"),
        (Address("slack", "T0ABC", "C0NIGHT", "1.2"), "luna"),
        (DESK, "desk"),
        (WEB, ""),
    ],
)
def test_the_first_that_fits_an_address_speaks_there(personas: Personas, address: Address, name: str) -> None:
    assert personas.at(address).name == name


def test_one_may_be_asked_for_by_name_and_an_unknown_name_changes_nothing(personas: Personas) -> None:
    assert personas.at(WEB, "luna").name == "luna"
    assert personas.at(DESK, "nobody").name == "desk"


def test_it_changes_what_it_names_and_keeps_the_rest(personas: Personas) -> None:
    luna, plain = personas.at(LUNA).speech, personas.at(WEB).speech
    assert luna.say("start", "en") == "Good evening! Luna of Lin & Co here."
    assert "Luna" in luna.say("start", "zh")
    assert "小林" in plain.say("start", "zh")
    assert luna.say("help", "en") == plain.say("help", "en") == "Just write."


async def test_sentences_are_said_as_who_the_bot_is_there(personas: Personas) -> None:
    scripted = Personal(personas, lambda who: Scripted(who.speech))
    told = [await scripted.respond(asked(where, "", "start"), lambda _: None) for where in (LUNA, WEB)]
    assert [reply.text[:12] if reply else "" for reply in told] == ["Good evening", "Hello! I am "]


async def test_a_model_is_told_how_to_talk_and_who_it_is(personas: Personas) -> None:
    writer = FunctionWriter(lambda prompt: "Yes, until ten.")

    answering = Personal(
        personas,
        lambda who: Generative(writer, who.speech, Decoding(), opening=Opening(who.opening, who.system)),
    )
    await answering.respond(asked(LUNA, "are you open"), lambda _: None)
    await answering.respond(asked(WEB, "are you open"), lambda _: None)
    luna, plain = writer.prompts
    said = [(Role.USER, "Hello"), (Role.ASSISTANT, "Good evening, I am Luna."), (Role.USER, "are you open")]
    assert [(line.role, line.text) for line in luna.lines] == said
    assert (luna.system, plain.system, len(plain.lines)) == ("You are Luna of the night shift.", "", 1)


def test_lines_alone_are_a_persona_too() -> None:
    Path("palaver.toml").write_text('[personas]\nwarm = ["hi", "Hello!"]\n')
    assert [line.text for line in load_personas().at(WEB, "warm").opening] == ["hi", "Hello!"]


@pytest.mark.parametrize(
    "lines",
    [
        "warm = 'hi'",
        "warm = [1]",
        "warm = ['']",
        "warm.wher = ['web']",
        "warm.where = 'web'",
        "warm.model = 3",
        "warm.phrases = 'hi'",
    ],
)
def test_a_wrong_persona_is_named(lines: str) -> None:
    Path("palaver.toml").write_text(f"[personas]\n{lines}")
    with pytest.raises(SettingsError, match=r"personas\.warm"):
        load_personas()


def test_a_wrong_phrase_or_fact_of_a_persona_is_told() -> None:
    Path("palaver.toml").write_text("[personas.warm.phrases.en]\nstrat = 'Hi'\n")
    with pytest.raises(SettingsError, match="strat"):
        load_personas()
