"""Who is let in."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import SettingsError
from bot.messages import Edit, Kind
from connectors.telegram.admission import Admission
from connectors.telegram.settings import TelegramSettings

CODE = "letmein-2026"


class Memory:
    """A vault in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def put(self, name: str, text: str) -> None:
        self.kept[name] = text

    async def get(self, name: str) -> str | None:
        return self.kept.get(name)

    async def drop(self, name: str) -> bool:
        return self.kept.pop(name, None) is not None


@pytest.fixture
def door(inbox: Any) -> Any:
    vault = Memory()

    def make(**settings: Any) -> Admission:
        return Admission(inbox, TelegramSettings(token="123456789:abcdefghijk", **settings), vault)

    return make


def said(hear: Any, text: str, number: int, **more: Any) -> Any:
    return hear(text, message_id=number, **more)


async def test_without_settings_everybody_is_let_in(door: Any, inbox: Any, hear: Any) -> None:
    await door().accept(hear("hello"))
    assert inbox.texts == ["hello"]


async def test_who_is_not_let_in_gets_a_sentence_and_their_words_are_not_kept(door: Any, inbox: Any, hear: Any) -> None:
    await door(people=("8",)).accept(hear("my secret"))
    [message] = inbox.events
    assert (message.kind, message.command, message.text, message.argument) == (Kind.COMMAND, "locked", "", "")


async def test_whose_id_is_named_is_let_in(door: Any, inbox: Any, hear: Any) -> None:
    await door(people=("7", "8")).accept(hear("hello"))
    assert inbox.texts == ["hello"]


async def test_who_brings_the_code_is_let_in_from_then_on(door: Any, inbox: Any, hear: Any) -> None:
    admission = door(pairing_code=CODE)
    for number, text in enumerate(("hello", "/start wrong-code", f"/start {CODE}", "hello again"), 1):
        event = said(hear, text, number)
        object.__setattr__(event, "key", str(number))
        await admission.accept(event)
    assert [message.command for message in inbox.events] == ["locked", "locked", "start", ""]
    assert inbox.events[-1].text == "hello again"


async def test_only_groups_that_are_named_are_heard(door: Any, inbox: Any, hear: Any) -> None:
    group = {"id": -5, "type": "group", "title": "Friends"}
    entities = [{"type": "bot_command", "offset": 0, "length": 5}]
    await door(groups=("-9",)).accept(hear("/help", chat=group, entities=entities))
    assert inbox.events == []
    await door(groups=("-5",)).accept(hear("/help", chat=group, entities=entities))
    assert len(inbox.events) == 1


async def test_other_events_pass(door: Any, inbox: Any, hear: Any) -> None:
    await door(people=("8",)).accept(hear("new words", kind="edited_message"))
    assert isinstance(inbox.events[0], Edit)
    await door().reject("telegram", b"x", "why")
    door().heard("telegram", 5.0)
    assert (inbox.rejects, inbox.heards) == ([(b"x", "why")], [5.0])


def test_a_code_must_fit_into_a_link(monkeypatch: Any) -> None:
    monkeypatch.setenv("PALAVER_TELEGRAM_PAIRING_CODE", "a b")
    with pytest.raises(SettingsError, match="8 to 64"):
        TelegramSettings.load()
