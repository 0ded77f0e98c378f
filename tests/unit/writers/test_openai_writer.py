"""The writer for other servers, against a stand-in on a real socket that can do everything wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.errors import SettingsError
from bot.testing import FunctionWriter
from bot.writers import WriterSettings
from bot.writers.openai import OpenAISettings, open_writer
from bot.writers.openai.asking import retry_after
from bot.writers.openai.standin import Fault, StandIn, serving
from bot.writers.openai.writer import OpenAIWriter
from nlg.contract import Busy, Decoding, Draft, Finish, Late, Line, OnChunk, Prompt, Role, Unreachable, WritingError

SECRET = "my pin is 8642"
KEY = "sk-a-key-that-nobody-guesses"
TEXT = "It is on its way."


class Slow(FunctionWriter):
    """A word every few milliseconds, for ever."""

    def __init__(self) -> None:
        super().__init__(lambda _: "")
        self.cancelled = 0

    async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
        try:
            while True:
                on_chunk("word ")
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


@pytest.fixture
def standin() -> StandIn:
    return StandIn(FunctionWriter(lambda _: TEXT))


@pytest.fixture
async def address(standin: StandIn) -> AsyncIterator[str]:
    async with serving(standin) as url:
        yield url


@pytest.fixture
async def open_one(address: str) -> AsyncIterator[Callable[..., OpenAIWriter]]:
    opened: list[OpenAIWriter] = []

    def make(key: str = "", **settings: object) -> OpenAIWriter:
        opened.append(OpenAIWriter(OpenAISettings(**{"url": address, **settings}), key))  # type: ignore[arg-type]
        return opened[-1]

    yield make
    for writer in opened:
        await writer.close()


def prompt(seconds: float = 10.0, name: str = "p", **decoding: object) -> Prompt:
    lines = (Line(Role.USER, "hello"), Line(Role.ASSISTANT, "Hello!"), Line(Role.USER, SECRET))
    return Prompt(name, lines, seconds, "en", Decoding(**decoding))  # type: ignore[arg-type]


def nowhere(_: str) -> None: ...


async def test_a_reply_streams_and_says_who_wrote_it(open_one, standin):
    chunks: list[str] = []
    draft = await open_one().write(prompt(), chunks.append)
    assert (draft.text, draft.finish, draft.model) == (TEXT, Finish.END, "standin-7b@fp_1")
    assert "".join(chunks) == TEXT
    assert len(chunks) > 2
    assert (draft.prompt_tokens, draft.reply_tokens) == (3, 5)
    assert 0 < draft.timing.first <= draft.timing.total


async def test_what_was_said_goes_out_after_the_persona_and_nothing_unusual_unless_it_is_wanted(open_one, standin):
    await open_one(model="big", system="Be kind. {places}").write(prompt(max_tokens=7), nowhere)
    asked = standin.asked[0]
    assert asked["messages"][0]["content"].startswith("Be kind. {{company}}, ")
    assert [one["role"] for one in asked["messages"]] == ["system", "user", "assistant", "user"]
    assert asked["messages"][-1]["content"] == SECRET
    assert (asked["model"], asked["max_tokens"], asked["temperature"]) == ("big", 7, 0.0)
    assert not {"top_k", "top_p", "repetition_penalty", "seed"} & set(asked)
    await open_one(system="").write(prompt(temperature=0.7, top_k=5, seed=3), nowhere)
    asked = standin.asked[1]
    assert (asked["top_k"], asked["seed"], asked["messages"][0]["role"]) == (5, 3, "user")


async def test_a_model_that_nobody_named_is_the_first_that_the_server_has(open_one, standin):
    await open_one().write(prompt(), nowhere)
    assert standin.asked[0]["model"] == "standin-7b"


async def test_a_server_that_does_not_stream_is_understood(open_one, standin):
    standin.streams = False
    assert (await open_one().write(prompt(), nowhere)).text == TEXT


async def test_without_usage_tokens_are_counted(open_one, standin):
    standin.usage = False
    assert (await open_one().write(prompt(), nowhere)).reply_tokens == 5


async def test_stopping_hangs_up_and_the_server_stops_writing(open_one, standin):
    standin.writer = slow = Slow()
    begun = asyncio.Event()
    writer = open_one()
    writing = asyncio.create_task(writer.write(prompt(name="stop me"), lambda _: begun.set()))
    await asyncio.wait_for(begun.wait(), 5)
    await writer.stop("stop me")
    draft = await asyncio.wait_for(writing, 2)
    assert draft.finish is Finish.STOPPED
    assert draft.text.startswith("word")
    async with asyncio.timeout(5):
        while not slow.cancelled:
            await asyncio.sleep(0.01)
    assert writer._stopping == {}


async def test_cancelling_the_call_hangs_up(open_one, standin):
    standin.writer = slow = Slow()
    begun = asyncio.Event()
    writing = asyncio.create_task(open_one().write(prompt(), lambda _: begun.set()))
    await asyncio.wait_for(begun.wait(), 5)
    writing.cancel()
    async with asyncio.timeout(5):
        while not slow.cancelled:
            await asyncio.sleep(0.01)


async def test_a_server_that_says_when_it_is_free_is_asked_again_then(open_one, standin):
    standin.faults.append(Fault(429, {"Retry-After": "0.3"}))
    began = time.monotonic()
    assert (await open_one().write(prompt(), nowhere)).text == TEXT
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize(
    "fault",
    [
        Fault(429),
        Fault(503, {"Retry-After": "60"}),
        Fault(429, {"Retry-After": "Fri, 31 Dec 2049 23:59:59 GMT"}),
        Fault(503, {"Retry-After": "soon"}),
    ],
)
async def test_a_server_that_is_busy_for_too_long_is_given_up_at_once(open_one, standin, fault):
    standin.faults.append(fault)
    began = time.monotonic()
    with pytest.raises(Busy):
        await open_one().write(prompt(), nowhere)
    assert time.monotonic() - began < 3.0


async def test_a_server_that_is_busy_twice_is_not_asked_a_third_time(open_one, standin):
    standin.faults.extend([Fault(503, {"Retry-After": "0"})] * 3)
    with pytest.raises(Busy):
        await open_one().write(prompt(), nowhere)
    assert len(standin.asked) == 2


WORD = b'data: {"choices": [{"delta": {"content": "Once "}}]}\n\n'


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(500, body=SECRET), "unreachable"),
        (Fault(400, body=SECRET), "failed"),
        (Fault(404, body=SECRET), "failed"),
        (Fault(302, {"Location": "http://169.254.169.254/"}), "failed"),
        (Fault(pieces=(b"data: {broken " + SECRET.encode() + b"\n\n",)), "failed"),
        (Fault(pieces=(WORD, b'data: {"error": {"message": "' + SECRET.encode() + b'"}}\n\n')), "failed"),
        (Fault(pieces=(WORD,)), "unreachable"),
        (Fault(pieces=(WORD, b"data: [DONE]\n\n")), "unreachable"),
    ],
)
async def test_each_kind_of_failure_has_its_reason_and_quotes_nobody(open_one, standin, fault, reason):
    standin.faults.append(fault)
    with capture_logs() as logs, pytest.raises(WritingError) as caught:
        await open_one().write(prompt(), nowhere)
    assert caught.value.reason == reason
    assert "8642" not in str(caught.value) + str(logs)
    assert len(standin.asked) == 1


async def test_the_time_allowed_ends_it_with_the_text_so_far(open_one, standin):
    standin.faults.append(Fault(pieces=(WORD, WORD), hang=True))
    draft = await open_one().write(prompt(0.4), nowhere)
    assert (draft.finish, draft.text) == (Finish.DEADLINE, "Once Once")


async def test_without_a_word_in_time_it_is_late(open_one, standin):
    standin.faults.append(Fault(hang=True))
    with pytest.raises(Late):
        await open_one().write(prompt(0.3), nowhere)


async def test_a_server_that_falls_silent_is_given_up_before_the_time_is_over(open_one, standin):
    standin.faults.append(Fault(pieces=(WORD,), hang=True))
    began = time.monotonic()
    with pytest.raises(Late):
        await open_one(silence=0.3).write(prompt(20.0), nowhere)
    assert time.monotonic() - began < 5.0


async def test_a_key_that_is_refused_is_trouble_and_never_logged(open_one, standin):
    standin.key = KEY
    writer = open_one("sk-another-key-entirely")
    with capture_logs() as logs:
        with pytest.raises(WritingError) as caught:
            await writer.write(prompt(), nowhere)
        assert "refuses the key" in writer.trouble
    assert caught.value.reason == "key refused"
    assert "sk-" not in str(caught.value) + str(logs) + repr(writer)
    good = open_one(KEY)
    assert (await good.write(prompt(), nowhere)).text == TEXT
    assert good.trouble == ""


async def test_nobody_there_is_unreachable_and_trouble(open_one):
    writer = open_one(url="http://127.0.0.1:1/v1", model="x")
    with pytest.raises(Unreachable):
        await writer.write(prompt(), nowhere)
    assert "cannot be reached" in writer.trouble


async def test_a_server_that_comes_back_is_no_trouble_any_more(standin, open_one, monkeypatch):
    from bot.writers.openai import writer as module  # noqa: PLC0415

    monkeypatch.setattr(module, "LOOK_SECONDS", 0.05)
    standin.key = KEY
    writer = open_one()
    async with asyncio.timeout(5):
        while "refuses" not in writer.trouble:
            await asyncio.sleep(0.01)
        standin.key = ""
        while writer.trouble:
            await asyncio.sleep(0.01)


async def test_a_closed_writer_writes_no_more(address):
    writer = OpenAIWriter(OpenAISettings(url=address), "")
    await writer.close()
    with pytest.raises(Unreachable):
        await writer.write(prompt(), nowhere)


def test_when_a_server_is_free_again_is_understood_in_both_forms():
    assert retry_after("2", 0.0) == 2.0
    assert retry_after("Thu, 01 Jan 1970 00:00:10 GMT", 4.0) == 6.0
    assert retry_after("-5", 0.0) == 0.0
    assert retry_after("", 0.0) == retry_after("soon", 0.0) == float("inf")


async def test_a_key_may_be_in_a_file_that_only_its_owner_reads(standin, address, monkeypatch, tmp_path: Path):
    standin.key = KEY
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PALAVER_OPENAI_URL", address)
    monkeypatch.setenv("PALAVER_OPENAI_KEY_FILE", str(file))
    writer = await open_writer(WriterSettings(writer="openai"))
    assert (await writer.write(prompt(), nowhere)).text == TEXT
    await writer.close()
    file.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        await open_writer(WriterSettings(writer="openai"))
    monkeypatch.setenv("PALAVER_OPENAI_KEY_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsError, match="cannot be read") as caught:
        await open_writer(WriterSettings(writer="openai"))
    assert KEY not in str(caught.value)


async def test_the_models_of_palaver_toml_name_models_of_the_server(standin, address, monkeypatch):
    monkeypatch.setenv("PALAVER_OPENAI_URL", address)
    monkeypatch.setenv("PALAVER_OPENAI_MODEL", "usual")
    for settings in (WriterSettings(writer="openai"), WriterSettings(writer="openai", model="other")):
        writer = await open_writer(settings)
        await writer.write(prompt(), nowhere)
        await writer.close()
    assert [asked["model"] for asked in standin.asked] == ["usual", "other"]


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://x"])
def test_an_address_that_is_none_is_said(monkeypatch, url):
    monkeypatch.setenv("PALAVER_OPENAI_URL", url)
    with pytest.raises(SettingsError, match="must begin with http"):
        OpenAISettings.load()
