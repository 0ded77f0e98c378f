"""Nobody is left without an answer while one of several writers can give one."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsError
from bot.testing import FunctionWriter
from bot.versions import Version
from bot.writers import WriterSettings, named_versions, open_writer
from bot.writers.chain import Chain, Shown
from nlg.contract import Busy, Draft, Finish, Late, OnChunk, Prompt, Unreachable, WritingError
from nlg.testing import prompt_of

GOOD = "It is on its way."


class Failing:
    """Says some words, waits, and then fails; notes how much time it was given."""

    def __init__(self, error: WritingError, words: str = "", seconds: float = 0.0, trouble: str = "") -> None:
        self.error, self.words, self.wait, self.trouble = error, words, seconds, trouble
        self.given: list[float] = []
        self.closed = False

    async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
        self.given.append(prompt.seconds)
        if self.words:
            on_chunk(self.words)
        await asyncio.sleep(min(self.wait, prompt.seconds))
        raise self.error

    async def stop(self, prompt_id: str) -> None:
        return

    async def close(self) -> None:
        self.closed = True


class Half(FunctionWriter):
    """Has written so much when its time is over."""

    async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
        draft = await super().write(prompt, on_chunk)
        return Draft(draft.id, draft.text, 0.0, "half@1", Finish.DEADLINE)


def good() -> FunctionWriter:
    return FunctionWriter(lambda _: GOOD)


def nowhere(_: str) -> None: ...


async def test_the_first_that_can_writes_and_nothing_is_said_of_it():
    second = good()
    draft = await Chain([("one", good()), ("two", second)]).write(prompt_of("hello"), nowhere)
    assert (draft.text, draft.instead, second.prompts) == (GOOD, "", [])


async def test_each_reason_is_told_and_each_gets_its_share_of_one_deadline():
    first, second = Failing(Late(), seconds=9), Failing(Busy())
    last = good()
    began = time.monotonic()
    chain = Chain([("celery:fused", first), ("celery:distilled", second), ("engine", last)])
    draft = await chain.write(prompt_of("hello", seconds=1.0), nowhere)
    assert time.monotonic() - began < 1.0
    assert (draft.text, draft.instead) == (GOOD, "celery:fused (late), celery:distilled (busy)")
    assert first.given[0] == pytest.approx(0.5, abs=0.01)
    assert second.given[0] == pytest.approx(0.25, abs=0.05)
    assert last.prompts[0].seconds == pytest.approx(0.5, abs=0.1), "the last one gets all that is left"


async def test_when_all_fail_the_last_reason_is_raised():
    with pytest.raises(Busy):
        await Chain([("one", Failing(Late())), ("two", Failing(Busy()))]).write(prompt_of("hello"), nowhere)


async def test_who_is_in_trouble_is_passed_over_while_somebody_is_not():
    away = Failing(Unreachable(), trouble="the broker cannot be reached")
    draft = await Chain([("celery", away), ("engine", good())]).write(prompt_of("hello"), nowhere)
    assert (draft.text, draft.instead, away.given) == (GOOD, "celery (unreachable)", [])
    other = Failing(Busy(), trouble="the model is being loaded")
    chain = Chain([("celery", away), ("engine", other)])
    assert chain.trouble == "the broker cannot be reached"
    with pytest.raises(Busy):
        await chain.write(prompt_of("hello"), nowhere)
    assert (len(away.given), len(other.given)) == (1, 1), "where all are in trouble, all are tried"


async def test_half_a_reply_gives_way_to_a_whole_one_and_is_better_than_none():
    half = Half(lambda _: "It is on")
    draft = await Chain([("one", half), ("two", good())]).write(prompt_of("hello"), nowhere)
    assert (draft.text, draft.instead) == (GOOD, "one (deadline)")
    draft = await Chain([("one", half), ("two", Failing(Late()))]).write(prompt_of("hello"), nowhere)
    assert (draft.text, draft.finish) == ("It is on", Finish.DEADLINE)


async def test_a_model_with_nothing_to_say_gives_way():
    draft = await Chain([("one", FunctionWriter(lambda _: "")), ("two", good())]).write(prompt_of("hello"), nowhere)
    assert (draft.text, draft.instead) == (GOOD, "one (empty)")


async def test_words_that_were_shown_are_gone_on_with_or_left_to_the_draft():
    for words, shown in (("It is ", GOOD), ("Your parcel ", "Your parcel ")):
        chunks: list[str] = []
        first = Failing(Late(), words)
        draft = await Chain([("one", first), ("two", good())]).write(prompt_of("hello"), chunks.append)
        assert ("".join(chunks), draft.text) == (shown, GOOD)


async def test_stopping_ends_the_chain_too():
    first = Failing(Late(), "It is ", seconds=0.2)
    second = good()
    chain = Chain([("one", first), ("two", second)])
    asked = prompt_of("hello")
    writing = asyncio.create_task(chain.write(asked, nowhere))
    await asyncio.sleep(0.05)
    await chain.stop(asked.id)
    draft = await writing
    assert (draft.finish, draft.text, second.prompts) == (Finish.STOPPED, "It is ", [])
    assert (await chain.write(asked, nowhere)).text == GOOD, "it can be asked again"


@given(st.lists(st.lists(st.text("ab", max_size=3), max_size=4), max_size=4))
def test_what_is_shown_only_ever_grows_and_is_what_somebody_said(runs):
    chunks: list[str] = []
    shown = Shown(chunks.append)
    for run in runs:
        take = shown.another()
        for chunk in run:
            take(chunk)
    said = {"".join(run[:at]) for run in runs for at in range(len(run) + 1)} | {""}
    assert "".join(chunks) == shown.text
    assert shown.text in said


def test_who_was_replaced_is_not_heard_any_more():
    chunks: list[str] = []
    shown = Shown(chunks.append)
    first, second = shown.another(), shown.another()
    first("late words")
    second("new words")
    assert chunks == ["new words"]


def test_the_settings_name_writers_and_their_places():
    settings = WriterSettings(writer="celery:fused, celery , engine:models/small", broker_url="redis://h/0", model="m")
    assert settings.steps == ("celery:fused", "celery", "engine:models/small")
    assert (settings.name, settings.first, settings.queued, settings.apart) == ("chain", "celery", True, True)
    only = [settings.only(step) for step in settings.steps]
    assert [(one.name, one.queue, one.model) for one in only] == [
        ("celery", "fused", "m"),
        ("celery", "default", "m"),
        ("engine", "default", "models/small"),
    ]
    assert [WriterSettings(writer=name).apart for name in ("openai:big", "engine", "stub")] == [True, False, False]
    assert WriterSettings().steps == ("engine",)
    assert WriterSettings(broker_url="redis://h/0").steps == ("celery",)


def test_a_version_takes_the_place_of_the_first_writer_and_the_others_stand_in_for_it():
    settings = WriterSettings(writer="celery:fused, celery:distilled, engine", broker_url="redis://h/0")
    default = settings.of(named_versions(settings)[0])
    canary = settings.of(Version("canary", queue="fused-2"))
    assert default.steps == settings.steps
    assert canary.steps == ("celery", "celery:distilled", "engine")
    assert [canary.only(step).queue for step in canary.steps[:2]] == ["fused-2", "distilled"]


async def test_one_writer_alone_is_no_chain_and_what_cannot_be_opened_leaves_nothing_open():
    with pytest.raises(SettingsError, match="names several"):
        await open_writer(WriterSettings(writer="chain"))
    with pytest.raises(SettingsError, match="nothing"):
        await open_writer(WriterSettings(writer="stub, nothing"))
    writer = await open_writer(WriterSettings(writer="stub, stub"))
    assert (await writer.write(prompt_of("one", tokens=1), nowhere)).text == "one"
    await writer.close()
