"""Shadows write beside replies: kept, never sent, never before a person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bot.business import load_business
from bot.messages import Address, Conversation, Question, Reply, Speaker, Turn
from bot.phrases import load_phrases
from bot.responders.generative import Generative
from bot.rollout.quiet import Quiet
from bot.rollout.shadowing import Shadowing
from bot.rollout.versioned import Versioned
from bot.speech import Speech
from bot.testing import FunctionWriter, ScriptedResponder
from connectors.rasa.tracker import BEGINNING
from nlg.contract import Busy, Decoding, Draft, Finish, Late, OnChunk, Prompt, Writer


class Pausing:
    """A model that writes for as long as the test likes."""

    trouble = ""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.begun, self.go = asyncio.Event(), asyncio.Event()
        self.cancelled = 0
        self.prompts: list[Prompt] = []

    async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
        self.prompts.append(prompt)
        self.begun.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error:
            raise self.error
        return Draft(prompt.id, "from the shadow", -0.5, "new@1", Finish.END)

    async def stop(self, prompt_id: str) -> None:
        return

    async def close(self) -> None:
        return


class Beside:
    """A shadowing with what it kept and told."""

    def __init__(self, *writers: Writer, slots: int = 2) -> None:
        speech = Speech(load_phrases(), load_business())
        self.make: Callable[[Writer], Generative] = lambda writer: Generative(writer, speech, Decoding())
        self.kept: list[tuple[int, int, str, Reply]] = []
        self.told: list[tuple[str, str]] = []
        self.quiet = Quiet()
        named = [(f"new{place}" if place else "new", writer) for place, writer in enumerate(writers)]
        told = lambda version, outcome: self.told.append((version, outcome))  # noqa: E731
        self.shadowing = Shadowing(lambda: named, self.make, self._keep, self.quiet, told, slots)

    async def _keep(self, conversation: int, turn: int, version: str, reply: Reply) -> bool:
        self.kept.append((conversation, turn, version, reply))
        return True

    async def settled(self, outcomes: int = 1) -> None:
        async with asyncio.timeout(10):
            while len(self.told) < outcomes:
                await asyncio.sleep(0.001)


def question(seconds: float = 30.0) -> Question:
    said = Turn(1, 1, Speaker.USER, "hello", BEGINNING)
    return Question(Conversation(5, Address("web", "x", "y")), (said,), "live", seconds, version="old")


async def test_what_a_shadow_writes_is_kept_beside_the_reply():
    beside = Beside(FunctionWriter(lambda prompt: "hello yourself"))
    beside.shadowing.offer(question(), 9)
    await beside.settled()
    [(conversation, turn, version, reply)] = beside.kept
    assert (conversation, turn, version, reply.text) == (5, 9, "new", "hello yourself")
    assert reply.writing is not None
    assert beside.told == [("new", "written")]


async def test_its_prompt_has_a_name_of_its_own_so_that_stopping_a_reply_does_not_stop_it():
    model = Pausing()
    model.go.set()
    beside = Beside(model)
    beside.shadowing.offer(question(), 9)
    await beside.settled()
    assert model.prompts[0].id != "live"


async def test_why_a_shadow_said_nothing_is_kept_too():
    model = Pausing(Late("too slow"))
    model.go.set()
    beside = Beside(model)
    beside.shadowing.offer(question(), 9)
    await beside.settled()
    assert [(reply.text, reply.responder, reply.reason) for *_, reply in beside.kept] == [("", "", "late")]
    assert beside.told == [("new", "failed")]


async def test_a_shadow_waits_while_a_person_waits_for_a_reply():
    model = Pausing()
    model.go.set()
    beside = Beside(model)
    with beside.quiet.broken():
        beside.shadowing.offer(question(), 9)
        await asyncio.sleep(0.01)
        assert model.prompts == []
    await beside.settled()
    assert beside.told == [("new", "written")]


async def test_a_shadow_that_writes_is_stopped_at_once_when_a_person_comes():
    model = Pausing()
    beside = Beside(model)
    beside.shadowing.offer(question(), 9)
    await model.begun.wait()
    with beside.quiet.broken():
        await beside.settled()
        assert model.cancelled == 1
    assert beside.told == [("new", "dropped")]
    assert beside.kept == []


async def test_under_a_load_that_never_ends_shadows_are_dropped():
    beside = Beside(Pausing())
    with beside.quiet.broken():
        beside.shadowing.offer(question(seconds=0.01), 9)
        await beside.settled()
    assert beside.told == [("new", "dropped")]


async def test_more_than_there_are_slots_for_are_dropped_without_waiting():
    model = Pausing()
    beside = Beside(model, slots=1)
    beside.shadowing.offer(question(), 1)
    beside.shadowing.offer(question(), 2)
    assert beside.told == [("new", "dropped")]
    model.go.set()
    await beside.settled(2)
    assert [turn for _, turn, *_ in beside.kept] == [1]


async def test_a_busy_worker_drops_a_shadow():
    model = Pausing(Busy("full"))
    model.go.set()
    beside = Beside(model)
    beside.shadowing.offer(question(), 9)
    await beside.settled()
    assert (beside.told, beside.kept) == ([("new", "dropped")], [])


async def test_a_store_that_is_away_costs_the_shadow_and_nothing_else(monkeypatch):
    beside = Beside(FunctionWriter(lambda prompt: "x"))

    async def away(*args):
        raise OSError

    monkeypatch.setattr(beside.shadowing, "_keep", away)
    beside.shadowing.offer(question(), 9)
    await beside.settled()
    assert beside.told == [("new", "failed")]


async def test_at_the_end_what_is_being_written_is_given_up():
    model = Pausing()
    beside = Beside(model)
    beside.shadowing.offer(question(), 9)
    await model.begun.wait()
    await beside.shadowing.close()
    assert (model.cancelled, beside.kept) == (1, [])


async def test_each_shadow_answers_for_itself():
    beside = Beside(FunctionWriter(lambda prompt: "a"), FunctionWriter(lambda prompt: "b"))
    beside.shadowing.offer(question(), 9)
    await beside.settled(2)
    assert {(version, reply.text) for _, _, version, reply in beside.kept} == {("new", "a"), ("new1", "b")}


async def test_a_reply_says_which_version_was_asked_and_keeps_shadows_away_meanwhile():
    quiet, writer = Quiet(), FunctionWriter(lambda prompt: "x")
    noise: list[bool] = []

    async def lend(name: str) -> Writer:
        assert name == "old"
        return writer

    def make(lent: Writer) -> ScriptedResponder:
        def answer(asked: Question) -> Reply:
            noise.append(quiet._broken.is_set())
            return Reply("x", "generative")

        return ScriptedResponder(answer)

    reply = await Versioned(lend, make, quiet).respond(question(), lambda _: None)
    assert reply is not None
    assert reply.version == "old"
    assert noise == [True]
    await asyncio.wait_for(quiet.begins(), 1)


async def test_a_version_that_fails_makes_room_for_shadows_again():
    async def lend(name: str) -> Writer:
        raise Late("gone")

    quiet = Quiet()
    with pytest.raises(Late):
        await Versioned(lend, lambda writer: ScriptedResponder([]), quiet).respond(question(), lambda _: None)
    await asyncio.wait_for(quiet.begins(), 1)
