"""What a worker does with an ask, with an engine that can fail in every way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from nlg.contract import Draft, Finish, OnChunk, Prompt
from nlg.serving import crowding as crowding_module
from nlg.serving import generation as generation_module
from nlg.serving.generation import Generation
from nlg.serving.sender import ReplySender
from nlg.serving.wire import LEAVING, Ask, Kind, Reply
from nlg.testing import StubEngine, prompt_of, stub_text


@dataclass
class Box:
    """Keeps what would be sent."""

    replies: list[Reply] = field(default_factory=list)

    def post(self, queue: str, reply: Reply, until: float) -> None:
        assert queue == "nlg.reply.x"
        assert reply.draft is None or until > time.monotonic() + 1.0, "drafts of the last moment would not be sent"
        self.replies.append(reply)

    @property
    def last(self) -> Reply:
        return self.replies[-1]


class BrokenEngine:
    """Raises or hangs."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.stopped: list[str] = []

    def submit(self, prompt: Prompt, on_chunk: OnChunk) -> Future[Draft]:
        if self.error is not None:
            raise self.error
        return Future()

    def stop(self, prompt_id: str) -> None:
        self.stopped.append(prompt_id)

    def close(self) -> None: ...


def ask_of(text: str, seconds: float = 5.0, **more: Any) -> Ask:
    return Ask(prompt_of(text, seconds), "nlg.reply.x", **more)


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def engine() -> Iterator[StubEngine]:
    opened = StubEngine(tokens=20, delay=0.01)
    yield opened
    opened.close()


@pytest.fixture
def generation(engine: StubEngine, box: Box) -> Generation:
    return Generation(engine, cast("ReplySender", box))


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def test_chunks_come_before_the_draft_and_say_where_they_belong(generation: Generation, box: Box) -> None:
    ask = ask_of("where is my order", run=2)
    generation.answer(ask.to_wire())
    *chunks, end = box.replies
    text = ""
    for chunk in chunks:
        assert (chunk.kind, chunk.at, chunk.run) == (Kind.CHUNK, len(text), 2)
        text += chunk.text
    assert end.draft is not None
    assert end.draft.text == text == stub_text(ask.prompt, 20)


def test_an_old_ask_is_not_written(generation: Generation, box: Box) -> None:
    generation.answer(ask_of("too old", seconds=5.0, sent=time.time() - 6.0).to_wire())
    assert [(reply.kind, reply.reason) for reply in box.replies] == [(Kind.ERROR, "late")]


def test_the_engine_gets_only_the_time_that_is_left(generation: Generation, box: Box) -> None:
    generation.answer(ask_of("a story", seconds=10.0, sent=time.time() - 9.9).to_wire())
    assert box.last.draft is not None
    assert box.last.draft.finish is Finish.DEADLINE


def test_an_ask_that_is_at_work_is_not_written_twice(
    generation: Generation, box: Box, threads: ThreadPoolExecutor
) -> None:
    ask = ask_of("where is my order")
    list(threads.map(generation.answer, [ask.to_wire()] * 4))
    assert sum(reply.kind is Kind.DRAFT for reply in box.replies) == 1


def test_a_stop_that_overtakes_its_prompt_is_kept(generation: Generation, box: Box) -> None:
    ask = ask_of("never mind")
    generation.stop(ask.prompt.id)
    generation.answer(ask.to_wire())
    assert [reply.kind for reply in box.replies] == [Kind.DRAFT]
    assert box.last.draft is not None
    assert (box.last.draft.finish, box.last.draft.text) == (Finish.STOPPED, "")


def test_only_the_newest_stops_are_kept(generation: Generation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation_module, "STOPS_KEPT", 3)
    for number in range(10):
        generation.stop(f"p{number}")
    assert list(generation._stopped) == ["p7", "p8", "p9"]


def test_leaving_sends_those_who_wait_to_another_worker(
    engine: StubEngine, box: Box, threads: ThreadPoolExecutor
) -> None:
    generation, begun = Generation(engine, cast("ReplySender", box)), threading.Event()
    post = box.post
    box.post = lambda *args: (post(*args), begun.set())[0]  # type: ignore[method-assign]
    writing = threads.submit(generation.answer, ask_of("a long story").to_wire())
    assert begun.wait(5)
    generation.leave()
    writing.result(5)
    assert LEAVING in [reply.reason for reply in box.replies]


@pytest.mark.parametrize("error", [RuntimeError("my secret"), MemoryError(), KeyError("x")])
def test_an_engine_that_fails_is_said_without_its_words(box: Box, error: Exception) -> None:
    generation = Generation(BrokenEngine(error), cast("ReplySender", box))
    generation.answer(ask_of("hello").to_wire())
    assert (box.last.kind, box.last.reason) == (Kind.ERROR, "failed")


def test_an_engine_that_hangs_is_given_up(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation_module, "GRACE_SECONDS", 0.05)
    engine = BrokenEngine(None)
    ask = ask_of("hello", seconds=0.05)
    Generation(engine, cast("ReplySender", box)).answer(ask.to_wire())
    assert (box.last.kind, box.last.reason) == (Kind.ERROR, "late")
    assert engine.stopped == [ask.prompt.id]


def test_a_full_engine_is_said(box: Box, threads: ThreadPoolExecutor) -> None:
    engine = StubEngine(slots=1, waiting=1, delay=0.05)
    generation = Generation(engine, cast("ReplySender", box))
    list(threads.map(lambda _: generation.answer(ask_of("hello", 1.0).to_wire()), range(4)))
    assert "busy" in [reply.reason for reply in box.replies]
    engine.close()


@dataclass
class Notes:
    """Keeps what a watcher is told."""

    begun: list[tuple[float, int]] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def taken(self, waited: float, at_once: int) -> None:
        self.begun.append((waited, at_once))

    def written(self, draft: Draft) -> None:
        self.drafts.append(draft)

    def failed(self, reason: str) -> None:
        self.reasons.append(reason)


def test_prompts_of_a_standing_queue_are_told_busy_only_while_no_slot_is_free(
    engine: StubEngine, box: Box, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowding_module, "STANDING_SECONDS", 0.0)
    notes, begun = Notes(), threading.Event()
    generation = Generation(engine, cast("ReplySender", box), slots=1, watcher=notes)
    old = {"seconds": 8.0, "sent": time.time() - 3.0}
    generation.answer(ask_of("the worker idles", **old).to_wire())
    post = box.post
    box.post = lambda *args: (post(*args), begun.set())[0]  # type: ignore[method-assign]
    writing = threads.submit(generation.answer, ask_of("a long story", 8.0).to_wire())
    assert begun.wait(5)
    generation.answer(ask_of("the worker is full", **old).to_wire())
    generation.answer(ask_of("young enough to wait", 8.0, sent=time.time() - 0.5).to_wire())
    writing.result(5)
    assert notes.reasons == ["busy"]
    assert [draft.finish for draft in notes.drafts] == [Finish.END] * 3
    assert [at_once for _, at_once in notes.begun] == [1, 1, 2]
    assert notes.begun[0][0] == pytest.approx(3.0, abs=1.0)
