"""The stub engine keeps the promises of an engine, so that what is tested with it holds for the real one."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from nlg.contract import Busy, Finish
from nlg.testing import Mishap, StubEngine, prompt_of, stub_text


def test_it_repeats_the_last_line_and_chunks_make_up_the_text() -> None:
    engine, chunks, prompt = StubEngine(tokens=7, delay=0.0), [], prompt_of("where is my order")
    draft = engine.submit(prompt, chunks.append).result(5)
    assert draft.text == "".join(chunks) == stub_text(prompt, 7) == "where is my order where is my"
    assert draft.finish is Finish.END
    engine.close()


def test_the_most_tokens_are_kept() -> None:
    engine = StubEngine(tokens=20, delay=0.0)
    draft = engine.submit(prompt_of("hello", tokens=3), lambda _: None).result(5)
    assert (draft.reply_tokens, draft.finish) == (3, Finish.LENGTH)
    engine.close()


def test_only_so_many_are_written_at_once_and_the_rest_wait() -> None:
    engine = StubEngine(slots=2, tokens=10, delay=0.005)
    drafts = [engine.submit(prompt_of("hello"), lambda _: None) for _ in range(6)]
    queued = sorted(draft.result(5).timing.queued for draft in drafts)
    assert queued[1] < queued[2] < queued[4]
    engine.close()


def test_too_many_waiting_are_refused() -> None:
    engine = StubEngine(slots=1, delay=0.05, waiting=1)
    futures = [engine.submit(prompt_of("hello", tokens=2), lambda _: None) for _ in range(4)]
    assert any(isinstance(future.exception(5), Busy) for future in futures)
    engine.close()


def test_stop_keeps_the_text_so_far_and_reaches_those_that_wait() -> None:
    engine, begun = StubEngine(slots=1, tokens=96, delay=0.01), threading.Event()
    first, second = prompt_of("hello"), prompt_of("waiting")
    futures = [engine.submit(first, lambda _: begun.set()), engine.submit(second, lambda _: None)]
    assert begun.wait(5)
    for prompt in (first, second, prompt_of("unknown")):
        engine.stop(prompt.id)
    writing, waiting = (future.result(5) for future in futures)
    assert (writing.finish, waiting.finish) == (Finish.STOPPED, Finish.STOPPED)
    assert 0 < writing.reply_tokens < 96
    assert waiting.text == ""
    engine.close()


def test_the_deadline_ends_it() -> None:
    engine = StubEngine(tokens=96, delay=0.02)
    assert engine.submit(prompt_of("hello", seconds=0.1), lambda _: None).result(5).finish is Finish.DEADLINE
    engine.close()


def test_closing_finishes_what_was_taken_and_takes_no_more() -> None:
    engine = StubEngine(tokens=5, delay=0.01)
    future = engine.submit(prompt_of("hello"), lambda _: None)
    engine.close()
    assert future.result(0).reply_tokens == 5
    with pytest.raises(Busy):
        engine.submit(prompt_of("hello"), lambda _: None).result(0)


def test_what_stalls_is_never_written_and_holds_up_nobody_else() -> None:
    engine = StubEngine(tokens=3, delay=0.0, mishaps=True)
    stalled = engine.submit(prompt_of("stub-stall-1", seconds=0.0), lambda _: None)
    assert engine.submit(prompt_of("hello"), lambda _: None).result(5).finish is Finish.END
    assert not stalled.done()
    engine.close()
    assert stalled.done()


def test_what_fails_fails_as_nobody_expects_and_alone() -> None:
    engine = StubEngine(tokens=3, delay=0.0, mishaps=True)
    failed = engine.submit(prompt_of("so stub-fail-1 it is"), lambda _: None)
    with pytest.raises(RuntimeError, match="told to fail"):
        failed.result(5)
    assert engine.submit(prompt_of("hello"), lambda _: None).result(5).finish is Finish.END
    engine.close()


def test_what_crashes_takes_the_process_along() -> None:
    program = (
        "from nlg.testing import Mishap, StubEngine, prompt_of\n"
        "StubEngine(mishaps=True).submit(prompt_of('stub-crash-1'), print).result(30)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -signal.SIGKILL


def test_only_a_stub_that_is_told_so_has_mishaps() -> None:
    engine = StubEngine(tokens=1, delay=0.0)
    for mishap in Mishap:
        assert engine.submit(prompt_of(mishap), lambda _: None).result(5).text == mishap
    engine.close()
