from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.business import load_business
from bot.messages import Address, Conversation, Kind, Question, Speaker, State, Turn
from bot.phrases import load_phrases
from bot.responders.reception import Reception, ReceptionSettings
from bot.speech import Speech

OPEN, SHUT = datetime(2026, 11, 26, 12, 0, tzinfo=UTC), datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
SPEECH = Speech(load_phrases(), load_business())


def question(text: str, language: str = "en", kind: Kind = Kind.TEXT) -> Question:
    said = Turn(1, 1, Speaker.USER, text, OPEN, kind)
    return Question(Conversation(1, Address("web", "1", "7"), language=language), (said,), "q")


def reception(now: datetime = OPEN, **settings: object) -> Reception:
    return Reception(SPEECH, ReceptionSettings(**{"hours": "mon-fri 9:00-17:00"} | settings), lambda: now)


@pytest.mark.parametrize("text", ["Can I talk to a person?", "TALK TO A HUMAN now", "我要转人工", "有没有人工客服"])
async def test_who_asks_for_a_person_is_handed_over(text: str) -> None:
    reply = await reception().respond(question(text), lambda _: None)
    assert reply is not None
    assert (reply.ends, reply.reason) == (State.HANDED_OVER, "asked for a person")
    assert reply.text == SPEECH.say("handover", "en")


async def test_outside_the_hours_they_are_told_that_nobody_is_there() -> None:
    reply = await reception(SHUT).respond(question("转人工", "zh"), lambda _: None)
    assert reply is not None
    assert reply.text == SPEECH.say("closed", "zh")


@pytest.mark.parametrize("text", ["a personal question", "Who is the person on the photo?", "人工智能是什么"])
async def test_other_words_are_left_to_others(text: str) -> None:
    assert await reception().respond(question(text), lambda _: None) is None


async def test_without_words_nobody_is_handed_over() -> None:
    assert await reception(words=()).respond(question("talk to a person"), lambda _: None) is None


@pytest.mark.parametrize("wrong", [{"hours": "always"}, {"timezone": "Mars/North"}])
def test_hours_that_cannot_be_read_are_refused_at_the_start(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"Write|Europe"):
        ReceptionSettings(**wrong)
