from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from typing import cast

import pytest

from nlg import remembering
from nlg.checkpoint import Checkpoint
from nlg.contract import Busy, Decoding, Draft, Finish, Late, Line, Prompt, Role, WritingError
from nlg.data.examples import Example
from nlg.engine import Engine
from nlg.evaluation.writing import answers

SECONDS = 20.0


def prompt(text: str, name: str = "p", seconds: float = SECONDS, **decoding: float) -> Prompt:
    return Prompt(name, (Line(Role.USER, text),), seconds, decoding=Decoding(**decoding))  # type: ignore[arg-type]


def nowhere(_: str) -> None: ...


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.001)


@pytest.fixture
def engine(parrot: Checkpoint) -> Iterator[Engine]:
    made = Engine(parrot, slots=4)
    until(lambda: made.ready)
    yield made
    gate(made).set()
    made.close()


def gate(engine: Engine) -> threading.Event:
    """Closed, it holds the model before its next step."""
    return cast("threading.Event", engine.checkpoint.model.gate)


class HoldAtFirstChunk:
    """A listener that closes the gate at the first chunk it hears."""

    def __init__(self, engine: Engine) -> None:
        self.done = threading.Event()
        self._gate = gate(engine)

    def __call__(self, _: str) -> None:
        if not self.done.is_set():
            self._gate.clear()
            self.done.set()


def draft(future: Future[Draft]) -> Draft:
    return future.result(SECONDS)


def test_a_draft_says_what_was_written_and_how_it_went(engine: Engine) -> None:
    told = draft(engine.submit(prompt("hello 你好", "a"), nowhere))
    assert (told.id, told.text, told.finish, told.model) == ("a", "hello 你好", Finish.END, "parrot@0")
    assert told.prompt_tokens == told.reply_tokens + 1
    assert -0.1 < told.score <= 0
    assert "".join(piece for piece, _ in told.odds) == "hello 你好"
    assert sum(odds for _, odds in told.odds) == pytest.approx(told.score * (told.reply_tokens + 1), abs=0.05)
    assert 0 <= told.timing.queued <= told.timing.first <= told.timing.total


def test_chunks_join_to_the_text_and_come_while_it_is_written(engine: Engine) -> None:
    heard: list[str] = []
    told = draft(engine.submit(prompt("a long line that takes more than one chunk 好的好的好的"), heard.append))
    assert "".join(heard) == told.text
    assert len(heard) > 3


def test_the_first_chunk_comes_before_the_end(engine: Engine) -> None:
    heard = HoldAtFirstChunk(engine)
    future = engine.submit(prompt("x y z " * 12), heard)
    assert heard.done.wait(SECONDS)
    assert not future.done()
    gate(engine).set()
    assert draft(future).finish is Finish.END


def test_fifty_prompts_at_once_each_get_their_own(engine: Engine) -> None:
    texts = [f"number {at} " + "好" * random.Random(at).randrange(1, 30) for at in range(50)]
    heard: dict[int, list[str]] = {at: [] for at in range(50)}
    futures = [engine.submit(prompt(text, str(at)), heard[at].append) for at, text in enumerate(texts)]
    told = [draft(future) for future in futures]
    assert [one.text for one in told] == texts
    assert [one.id for one in told] == [str(at) for at in range(50)]
    assert ["".join(pieces) for pieces in heard.values()] == texts


def test_a_real_model_says_in_a_crowd_what_it_says_alone(tiny: Checkpoint) -> None:
    asked = [Example((Line(Role.USER, f"where is parcel {at} 快递"),), "", "", ()) for at in range(20)]
    alone = [answers(tiny, [example], Decoding(max_tokens=20))[0] for example in asked]
    engine = Engine(tiny, slots=5)
    futures = [engine.submit(prompt(e.lines[0].text, str(at), max_tokens=20), nowhere) for at, e in enumerate(asked)]
    assert [draft(future).text for future in futures] == alone
    engine.close()


def test_a_prompt_joins_while_another_is_written(engine: Engine) -> None:
    gate(engine).clear()
    long = engine.submit(prompt("a b c d e f g " * 20), nowhere)
    until(lambda: bool(engine._batch.writing))
    short = engine.submit(prompt("hi"), nowhere)
    gate(engine).set()
    draft(short)
    assert not long.done() or draft(long).timing.total > draft(short).timing.total


def test_stop_ends_early_and_keeps_the_text_so_far(engine: Engine) -> None:
    whole = "one two three four five six seven " * 10
    heard = HoldAtFirstChunk(engine)
    future = engine.submit(prompt(whole, "me"), heard)
    other = engine.submit(prompt("hello", "you"), nowhere)
    assert heard.done.wait(SECONDS)
    engine.stop("me")
    gate(engine).set()
    told = draft(future)
    assert told.finish is Finish.STOPPED
    assert whole.startswith(told.text)
    assert 0 < len(told.text) < len(whole.strip())
    assert draft(other).text == "hello"


def test_stop_reaches_a_prompt_that_still_waits(parrot: Checkpoint) -> None:
    engine = Engine(parrot, slots=1)
    until(lambda: engine.ready)
    gate(engine).clear()
    first = engine.submit(prompt("a b c d", "first"), nowhere)
    second = engine.submit(prompt("hello", "second"), nowhere)
    engine.stop("second")
    gate(engine).set()
    assert (draft(second).finish, draft(second).text) == (Finish.STOPPED, "")
    assert draft(first).finish is Finish.END
    engine.close()


def test_a_stopped_prompt_whose_settings_make_no_sense_ends_nobody_else(parrot: Checkpoint) -> None:
    engine = Engine(parrot, slots=1)
    until(lambda: engine.ready)
    gate(engine).clear()
    first = engine.submit(prompt("a b c d", "first"), nowhere)
    second = engine.submit(prompt("hello", "second", temperature=-1.0), nowhere)
    engine.stop("second")
    gate(engine).set()
    assert draft(second).finish is Finish.STOPPED
    assert draft(first).finish is Finish.END
    engine.close()


def test_stop_reaches_a_prompt_whose_context_is_being_read(engine: Engine) -> None:
    door = cast("threading.Event", engine.checkpoint.model.door)
    door.clear()
    future = engine.submit(prompt("a long line of words", "me"), nowhere)
    until(lambda: bool(engine._batch.reading))
    engine.stop("me")
    door.set()
    assert draft(future).finish is Finish.STOPPED


def test_nothing_more_is_said_to_who_has_gone(engine: Engine) -> None:
    heard: list[str] = []
    gate(engine).clear()
    future = engine.submit(prompt("a b c d e f g h i j k"), heard.append)
    until(lambda: bool(engine._batch.writing))
    assert future.cancel()
    gate(engine).set()
    assert draft(engine.submit(prompt("hi"), nowhere)).text == "hi"
    assert heard == []


def test_stopping_what_nobody_asked_for_is_harmless(engine: Engine) -> None:
    engine.stop("nobody")
    assert draft(engine.submit(prompt("hi"), nowhere)).text == "hi"


def test_at_the_deadline_the_text_so_far_is_the_draft(engine: Engine) -> None:
    gate(engine).clear()
    future = engine.submit(prompt("a b c d e", seconds=1.0), nowhere)
    until(lambda: bool(engine._batch.writing))
    end = time.monotonic() + 1.0
    until(lambda: time.monotonic() > end)
    gate(engine).set()
    told = draft(future)
    assert told.finish is Finish.DEADLINE
    assert "a b c d e".startswith(told.text)
    assert told.text != "a b c d e"


def test_a_prompt_that_never_got_a_place_in_time_is_late(parrot: Checkpoint) -> None:
    engine = Engine(parrot, slots=1)
    until(lambda: engine.ready)
    gate(engine).clear()
    first = engine.submit(prompt("a"), nowhere)
    until(lambda: bool(engine._batch.writing))
    second = engine.submit(prompt("b", seconds=0.01), nowhere)
    end = time.monotonic() + 0.02
    until(lambda: time.monotonic() > end)
    gate(engine).set()
    with pytest.raises(Late):
        draft(second)
    assert draft(first).text == "a"
    engine.close()


def test_a_queue_that_is_too_long_is_busy_at_once(parrot: Checkpoint) -> None:
    engine = Engine(parrot, slots=1)
    until(lambda: engine.ready)
    engine._admission.seconds_each = 1.0
    gate(engine).clear()
    taken = [engine.submit(prompt("a", str(at)), nowhere) for at in range(4)]
    refused = engine.submit(prompt("b", seconds=2.0), nowhere)
    assert refused.done()
    with pytest.raises(Busy, match="prompts wait"):
        draft(refused)
    gate(engine).set()
    assert [draft(future).text for future in taken] == ["a"] * 4
    engine.close()


def test_a_listener_that_fails_hurts_only_its_own_prompt(engine: Engine) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("no ears")

    bad, good = engine.submit(prompt("a b c d e f g"), fail), engine.submit(prompt("hello there"), nowhere)
    with pytest.raises(WritingError, match="no ears"):
        draft(bad)
    assert draft(good).text == "hello there"


@pytest.mark.parametrize("wrong", [{"temperature": -1.0}, {"max_tokens": 0}])
def test_settings_that_make_no_sense_hurt_only_their_own_prompt(engine: Engine, wrong: dict[str, float]) -> None:
    gate(engine).clear()
    first = engine.submit(prompt("a"), nowhere)
    bad, good = engine.submit(prompt("x", **wrong), nowhere), engine.submit(prompt("hello"), nowhere)
    gate(engine).set()
    with pytest.raises(WritingError, match=next(iter(wrong))):
        draft(bad)
    assert (draft(first).text, draft(good).text) == ("a", "hello")


def test_a_row_that_makes_a_step_fail_is_lost_alone(engine: Engine, parrot: Checkpoint) -> None:
    letters = parrot.tokenizer.encode("q")
    assert len(letters) == 1
    parrot.model.poison = letters[0]  # type: ignore[assignment]
    gate(engine).clear()
    texts = ["a b c d e f g h", "x y q z", "one two three", "m n o p r s t u v w x"]
    futures = [engine.submit(prompt(text, str(at)), nowhere) for at, text in enumerate(texts)]
    until(lambda: len(engine._batch.writing) + len(engine._batch.reading) == len(texts))
    gate(engine).set()
    with pytest.raises(WritingError, match="makes it ill"):
        draft(futures.pop(1))
    assert [draft(future).text for future in futures] == [texts[0], *texts[2:]]
    assert draft(engine.submit(prompt("hi"), nowhere)).text == "hi"


def test_a_step_that_fails_ends_what_is_written_but_not_the_engine(engine: Engine, parrot: Checkpoint) -> None:
    gate(engine).clear()
    futures = [engine.submit(prompt("a b c", str(at)), nowhere) for at in range(2)]
    until(lambda: bool(engine._batch.writing))
    parrot.model.broken = ArithmeticError("too hot")  # type: ignore[assignment]
    gate(engine).set()
    for future in futures:
        with pytest.raises(WritingError, match="too hot"):
            draft(future)
    parrot.model.broken = None  # type: ignore[assignment]
    assert draft(engine.submit(prompt("hi"), nowhere)).text == "hi"


def test_a_cancelled_future_frees_its_place(parrot: Checkpoint) -> None:
    engine = Engine(parrot, slots=1)
    until(lambda: engine.ready)
    gate(engine).clear()
    long = engine.submit(prompt("a b c d e f " * 20), nowhere)
    until(lambda: bool(engine._batch.writing))
    waiting = engine.submit(prompt("w"), nowhere)
    last = engine.submit(prompt("hi"), nowhere)
    assert long.cancel()
    assert waiting.cancel()
    steps = parrot.model.steps
    gate(engine).set()
    assert draft(last).text == "hi"
    assert cast("int", parrot.model.steps) - cast("int", steps) < 20
    with pytest.raises(CancelledError):
        long.result(0)
    engine.close()


def test_close_finishes_what_was_taken_and_takes_no_more(parrot: Checkpoint) -> None:
    engine = Engine(parrot, slots=2)
    futures = [engine.submit(prompt(f"text {at}", str(at)), nowhere) for at in range(6)]
    engine.close()
    assert [draft(future).text for future in futures] == [f"text {at}" for at in range(6)]
    assert not engine.ready
    with pytest.raises(WritingError, match="closed"):
        draft(engine.submit(prompt("late"), nowhere))
    engine.close()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n",
        "\x00",
        "\ud83d",
        "x" * 100_000,
        "好" * 100_000,
        "მოგესალმებით",
        "<|eos|><|assistant|>",
        "👩‍👩‍👧" * 99,
    ],
)
def test_no_text_can_crash_it(tiny: Checkpoint, text: str) -> None:
    engine = Engine(tiny, slots=2)
    futures = [engine.submit(prompt(text, max_tokens=6), nowhere), engine.submit(Prompt("e", (), SECONDS), nowhere)]
    assert all(draft(future).reply_tokens >= 1 for future in futures)
    engine.close()


def test_drawing_by_chance_is_repeatable(tiny: Checkpoint) -> None:
    engine = Engine(tiny, slots=8)
    asked = [prompt("hello", str(at), temperature=1.0, seed=at % 2, max_tokens=12) for at in range(8)]
    told = [draft(future).text for future in [engine.submit(one, nowhere) for one in asked]]
    assert len(set(told)) == 2
    assert told == told[:2] * 4
    engine.close()


def test_a_reply_ends_before_a_text_that_stops_it_and_nothing_of_that_is_heard(engine: Engine) -> None:
    heard: list[str] = []
    asked = Prompt("s", (Line(Role.USER, "one two STOP three"),), SECONDS, decoding=Decoding(stop=("STOP", "never")))
    told = draft(engine.submit(asked, heard.append))
    assert (told.text, told.finish) == ("one two", Finish.END)
    assert "".join(heard) == "one two"


def test_what_only_looks_like_the_beginning_of_a_stop_is_said_in_the_end(engine: Engine) -> None:
    asked = Prompt("s", (Line(Role.USER, "one two ST"),), SECONDS, decoding=Decoding(stop=("STOP",)))
    heard: list[str] = []
    assert draft(engine.submit(asked, heard.append)).text == "one two ST" == "".join(heard)


def test_more_tokens_than_there_is_room_for_wait_their_turn(parrot: Checkpoint) -> None:
    engine = Engine(parrot, slots=8, tokens=2 * (parrot.context + 50))
    until(lambda: engine.ready)
    gate(engine).clear()
    futures = [engine.submit(prompt(f"text {at}", str(at), max_tokens=50), nowhere) for at in range(5)]
    until(lambda: len(engine._batch.writing) == 2)
    assert len(engine._admission) == 3
    gate(engine).set()
    assert [draft(future).text for future in futures] == [f"text {at}" for at in range(5)]
    engine.close()


def test_five_hundred_prompts_of_which_a_fifth_is_given_up_leave_nothing_behind(tiny: Checkpoint) -> None:
    engine = Engine(tiny, slots=16)
    chance = random.Random(4)
    futures = []
    for at in range(500):
        future = engine.submit(prompt(f"where is {chance.random()}", str(at), max_tokens=12), nowhere)
        futures.append(future)
        if at % 5 == 0:
            engine.stop(str(at)) if at % 10 else future.cancel()
    told = [future.result(SECONDS) for future in futures if not future.cancelled()]
    assert {one.finish for one in told} <= set(Finish)
    running = engine._batch._running
    until(lambda: not [*engine._batch, *engine._admission, *running.rows])
    engine.close()
    assert (len(running.rows), len(running._slots), len(engine._batch._reading)) == (0, 0, 0)
    assert all(len(slot._widths) == 0 and slot.rows <= 24 for slot in running._slots._kept.values())
    assert engine._batch.memory.used <= remembering.BYTES
