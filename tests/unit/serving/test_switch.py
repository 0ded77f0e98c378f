"""A worker's model is changed while it writes."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, wait

import pytest

from nlg.contract import Draft, Finish, OnChunk, Prompt, WritingError
from nlg.serving.switch import Switch
from nlg.testing import StubEngine, prompt_of, stub_text


def nowhere(_: str) -> None: ...


class Engines:
    """Opens stub engines, remembers them, and can be told to fail."""

    def __init__(self, delay: float = 0.005) -> None:
        self.delay = delay
        self.opened: list[StubEngine] = []
        self.error: Exception | None = None

    def open(self) -> StubEngine:
        if self.error is not None:
            raise self.error
        self.opened.append(StubEngine(slots=64, delay=self.delay))
        return self.opened[-1]


@pytest.fixture
def engines() -> Engines:
    return Engines()


def test_it_writes_once_a_first_token_was_written(engines: Engines) -> None:
    switch = Switch(engines.open)
    assert switch.model == "stub@1"
    assert switch.submit(prompt_of("hello"), nowhere).result(5).text == stub_text(prompt_of("hello"), 20)
    switch.close()


def test_what_was_begun_is_finished_by_the_old_engine_and_what_is_new_goes_to_the_new_one(engines: Engines) -> None:
    engines.delay = 0.05
    switch, begun = Switch(engines.open), threading.Event()
    long = switch.submit(prompt_of("a long story"), lambda _: begun.set())
    assert begun.wait(5)
    renewing = threading.Thread(target=switch.renew)
    renewing.start()
    while len(engines.opened) < 2 or switch._engine is not engines.opened[1]:
        time.sleep(0.005)
    short = switch.submit(prompt_of("new", tokens=1), nowhere)
    assert short.result(5).finish is Finish.LENGTH
    assert not long.done()
    assert long.result(5).reply_tokens == 20
    renewing.join(5)
    assert not engines.opened[0]._thread.is_alive(), "the old engine is gone"
    switch.close()


def test_a_stop_reaches_a_prompt_of_the_engine_that_is_leaving(engines: Engines) -> None:
    engines.delay = 0.1
    switch, begun = Switch(engines.open), threading.Event()
    asked = prompt_of("a long story")
    writing = switch.submit(asked, lambda _: begun.set())
    assert begun.wait(5)
    renewing = threading.Thread(target=switch.renew)
    renewing.start()
    while len(engines.opened) < 2 or switch._engine is not engines.opened[1]:
        time.sleep(0.005)
    switch.stop(asked.id)
    assert writing.result(1).finish is Finish.STOPPED
    renewing.join(5)
    switch.close()


def test_a_hundred_prompts_during_ten_renewals_are_all_written(engines: Engines) -> None:
    switch, futures = Switch(engines.open), list[Future[Draft]]()
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            futures.append(switch.submit(prompt_of("hello", tokens=3), nowhere))
            time.sleep(0.002)

    asking = threading.Thread(target=ask)
    asking.start()
    for _ in range(10):
        switch.renew()
    done.set()
    asking.join(5)
    wait(futures, 10)
    assert len(futures) > 20
    assert {future.result().text for future in futures} == {"hello hello hello"}
    assert sum(engine._thread.is_alive() for engine in engines.opened) == 1
    switch.close()


def test_a_new_engine_that_cannot_be_opened_leaves_the_old_one_at_work(engines: Engines) -> None:
    switch = Switch(engines.open)
    engines.error = MemoryError("no room for two")
    with pytest.raises(MemoryError):
        switch.renew()
    assert switch.submit(prompt_of("still there", tokens=2), nowhere).result(5).text == "still there"
    switch.close()


class Mute(StubEngine):
    """Loads, and cannot write."""

    def submit(self, prompt: Prompt, on_chunk: OnChunk) -> Future[Draft]:
        future: Future[Draft] = Future()
        future.set_exception(WritingError("the model's numbers ran away"))
        return future


def test_a_new_engine_that_cannot_write_is_closed_and_the_old_one_stays(engines: Engines) -> None:
    mute: list[Mute] = []
    switch = Switch(lambda: mute.append(Mute()) or mute[-1] if engines.opened else engines.open())
    with pytest.raises(WritingError):
        switch.renew()
    assert not mute[0]._thread.is_alive()
    assert switch.submit(prompt_of("still there", tokens=2), nowhere).result(5).text == "still there"
    switch.close()


def test_there_are_never_more_than_two_engines(engines: Engines) -> None:
    engines.delay = 0.02
    switch = Switch(engines.open)
    most = 0

    def watch() -> None:
        nonlocal most
        while any(thread.is_alive() for thread in renewals):
            most = max(most, sum(engine._thread.is_alive() for engine in engines.opened))
            time.sleep(0.001)

    renewals = [threading.Thread(target=switch.renew) for _ in range(4)]
    for thread in renewals:
        switch.submit(prompt_of("a long story"), nowhere)
        thread.start()
    watch()
    assert most == 2
    switch.close()
