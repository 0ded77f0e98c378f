"""A worker at its work: ready when it says so, busy when it must be, with another model when it gets one."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import torch

from bot.writers.celery.writer import CeleryWriter
from nlg import checkpoint, plugins
from nlg.checkpoint import Checkpoint
from nlg.contract import Busy, Decoding, Draft, Finish, Line, Prompt, Role, WritingError
from nlg.serving.broker import Broker
from nlg.testing import prompt_of, stub_text
from nlg.tokenizer import EOS, ReplyTokenizer
from tests.integration.broker.conftest import free_port

Eventually = Callable[..., Awaitable[None]]
QUICK = ("--stub-delay", "0.01", "--stub-tokens", "8")


def nowhere(_: str) -> None: ...


def a_model(folder: Path, name: str, size: int = 1000) -> Path:
    """A checkpoint that writes letters by chance and never ends a reply by itself: about 20 MB with this size."""
    torch.manual_seed(1)
    tokenizer = ReplyTokenizer.train(["where is my parcel", "can I send it back"], 320)
    family = plugins.family("seq2seq")
    module = family.build(family.config(vocab_size=tokenizer.size, embedding=256, encoder=64, decoder=size)).eval()
    letters = [token for token in range(tokenizer.size) if tokenizer.decode([token]).strip().isalpha()]
    with torch.no_grad():
        module.get_parameter("bias")[letters] += 99.0
        module.get_parameter("bias")[EOS] = -99.0
    checkpoint.save(Checkpoint(name, "seq2seq", module, tokenizer, 48), folder / name)
    return folder / name


def ask(number: int, tokens: int = 16, seconds: float = 60.0) -> Prompt:
    return Prompt(f"p{number}", (Line(Role.USER, f"parcel {number}"),), seconds, "en", Decoding(max_tokens=tokens))


def point(link: Path, folder: Path) -> None:
    """Let the link name another folder, at once, as owners switch versions."""
    fresh = link.with_name("fresh")
    fresh.symlink_to(folder)
    fresh.rename(link)


@pytest.mark.slow
async def test_a_model_is_changed_under_load_and_no_prompt_notices(
    writer: CeleryWriter, start_worker: Any, tmp_path: Path, eventually: Eventually
) -> None:
    """First by another folder under the same name, then by SIGHUP, again and again; the memory stays where it was."""
    link = tmp_path / "current"
    link.symlink_to(a_model(tmp_path, "one"))
    two = a_model(tmp_path, "two")
    worker = start_worker("--model", str(link), "--slots", "8").ready()
    drafts: list[Draft] = []
    done = asyncio.Event()

    async def person(number: int) -> None:
        while not done.is_set():
            drafts.append(await writer.write(ask(number), nowhere))

    people = [asyncio.create_task(person(number)) for number in range(6)]
    await eventually(lambda: len(drafts) > 6, "the first model writes", 30)
    point(link, two)
    await eventually(lambda: drafts[-1].model.startswith("two@"), "the second model writes", 60)
    sizes = []
    for number in range(3):
        worker.signal(signal.SIGHUP)
        await eventually(lambda: worker.log().count("model.renewed") == number + 2, "it is renewed", 60)  # noqa: B023
        sizes.append(psutil.Process(worker.process.pid).memory_info().rss)
    done.set()
    await asyncio.gather(*people)
    assert {draft.finish for draft in drafts} == {Finish.LENGTH}
    assert {draft.model.partition("@")[0] for draft in drafts} == {"one", "two"}
    names = [draft.model for draft in drafts]
    assert "one" not in {name.partition("@")[0] for name in names[-6:]}
    assert max(sizes[1:]) - sizes[0] < 40_000_000
    assert worker.alive()


@pytest.mark.parametrize("broker_url", ["redis"], indirect=True)
async def test_a_model_that_cannot_be_trusted_leaves_the_one_that_can_at_work(
    writer: CeleryWriter, start_worker: Any, tmp_path: Path, eventually: Eventually
) -> None:
    folder = a_model(tmp_path, "one")
    worker = start_worker("--model", str(folder)).ready()
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    await eventually(lambda: "model.kept" in worker.log(), "the change is refused", 30)
    assert (await writer.write(ask(1), nowhere)).model.startswith("one@")


async def test_prompts_beyond_what_can_be_done_are_told_so_long_before_their_time_is_over(
    writer: CeleryWriter, start_worker: Any
) -> None:
    """Two replies a second, and sixty people with ten seconds each."""
    start_worker("--stub-delay", "0.05", "--stub-tokens", "20", "--slots", "2").ready()
    began = time.monotonic()
    ends: list[tuple[str, float]] = []

    async def person(number: int) -> None:
        try:
            draft = await writer.write(prompt_of(f"order {number}", 10.0), nowhere)
            ends.append((draft.finish.value, time.monotonic() - began))
        except WritingError as error:
            ends.append((error.reason, time.monotonic() - began))

    await asyncio.gather(*(person(number) for number in range(60)))
    outcomes = Counter(reason for reason, _ in ends)
    assert outcomes[Busy.reason] > 20
    assert outcomes["end"] >= 8
    assert set(outcomes) <= {Busy.reason, "end", "deadline"}
    assert max(at for reason, at in ends if reason == Busy.reason) < 7.0


async def test_a_worker_that_is_idle_refuses_nobody_whatever_the_clocks_say(
    writer: CeleryWriter, start_worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.writers.celery import writer as writer_module  # noqa: PLC0415

    start_worker(*QUICK).ready()
    now = time.time
    monkeypatch.setattr(writer_module.time, "time", lambda: now() - 4.0)
    for number in range(20):
        assert (await writer.write(prompt_of(f"order {number}", 10.0), nowhere)).text
        await asyncio.sleep(0.08)


async def test_what_a_worker_that_ends_had_not_begun_is_written_by_another(
    writer: CeleryWriter, start_worker: Any, eventually: Eventually
) -> None:
    first = start_worker("--stub-delay", "0.1", "--stub-tokens", "10", "--slots", "2").ready()
    asked = [asyncio.create_task(writer.write(prompt_of(f"order {at}", 30.0), nowhere)) for at in range(10)]
    await asyncio.sleep(0.5)
    first.signal(signal.SIGTERM)
    start_worker(*QUICK)
    drafts = await asyncio.gather(*asked)
    assert {draft.finish for draft in drafts} == {Finish.END}
    await eventually(lambda: not first.alive(), "the first worker ends")
    assert first.process.returncode == 0


@pytest.mark.parametrize("broker_url", ["redis"], indirect=True)
async def test_it_is_ready_when_it_says_so_and_not_while_the_broker_is_away(
    private_redis: Any, start_worker: Any, tmp_path: Path, eventually: Eventually
) -> None:
    port, file = free_port(), tmp_path / "ready"
    worker = start_worker(*QUICK, "--ready-file", str(file), "--port", str(port))

    def readyz() -> int:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code
        except httpx.HTTPError:
            return 0

    worker.ready()
    await eventually(lambda: readyz() == 200 and file.exists(), "it is ready")
    private_redis.kill()
    await eventually(lambda: readyz() == 503 and not file.exists(), "it is not ready", 20)
    private_redis.start()
    await eventually(lambda: readyz() == 200 and file.exists(), "it is ready again", 30)
    worker.signal(signal.SIGTERM)
    await eventually(lambda: not worker.alive(), "it ends")
    assert not file.exists()


@pytest.mark.slow
@pytest.mark.parametrize("broker_url", ["redis"], indirect=True)
async def test_a_broker_that_was_away_for_long_is_taken_up_again_as_soon_as_it_is_back(
    private_redis: Any, start_worker: Any, tmp_path: Path, eventually: Eventually
) -> None:
    file = tmp_path / "ready"
    start_worker(*QUICK, "--ready-file", str(file)).ready()
    await eventually(file.exists, "it is ready")
    private_redis.kill()
    await asyncio.sleep(13.0)  # by then Celery would look every eight seconds
    assert not file.exists()
    private_redis.start()
    await eventually(file.exists, "it is ready again", 4.5)


def test_a_port_that_is_taken_is_said_before_a_model_is_loaded(private_redis: Any, start_worker: Any) -> None:
    worker = start_worker("--stub", "--port", str(private_redis.port), url=private_redis.url)
    assert worker.process.wait(30) == 2
    assert "Choose another port" in worker.log()


@pytest.mark.slow
async def test_five_hundred_prompts_a_fifth_stopped_midway_leave_no_slot_and_no_memory_behind(
    writer: CeleryWriter, start_worker: Any, tmp_path: Path, eventually: Eventually
) -> None:
    port = free_port()
    worker = start_worker("--model", str(a_model(tmp_path, "one", 64)), "--slots", "16", "--port", str(port)).ready()
    places = asyncio.Semaphore(24)
    loop = asyncio.get_running_loop()

    async def person(number: int) -> Draft:
        asked = ask(number, 1000 if number % 5 == 0 else 12)
        async with places:
            if number % 5:
                return await writer.write(asked, nowhere)
            begun = asyncio.Event()
            writing = asyncio.create_task(writer.write(asked, lambda _: loop.call_soon_threadsafe(begun.set)))
            await begun.wait()
            await writer.stop(asked.id)
            return await writing

    async def round_of(count: int) -> tuple[Counter[str], int]:
        drafts = await asyncio.gather(*(person(number) for number in range(count)))
        return Counter(draft.finish.value for draft in drafts), psutil.Process(worker.process.pid).memory_info().rss

    await round_of(100)
    _, before = await round_of(100)
    finishes, after = await round_of(500)
    assert finishes["length"] + finishes["stopped"] == 500
    assert finishes["stopped"] >= 90
    metrics = await asyncio.to_thread(lambda: httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text)
    assert "palaver_worker_slots_used 0.0" in metrics
    assert after - before < 30_000_000


async def test_each_queue_has_its_model(broker_url: str, queue: str, start_worker: Any) -> None:
    """As a canary or a shadow has: another worker, another name."""
    start_worker("--stub-tokens", "3", "--stub-delay", "0").ready()
    other = start_worker("--stub-tokens", "5", "--stub-delay", "0", "--queue", f"{queue}-canary").ready()
    writers = [CeleryWriter(Broker(broker_url), name) for name in (queue, f"{queue}-canary")]
    texts = [(await writer.write(prompt_of("one two"), nowhere)).text for writer in writers]
    assert texts == [stub_text(prompt_of("one two"), count) for count in (3, 5)]
    assert other.log().count("prompt.written") == 1
    for writer in writers:
        await writer.close()
    with Broker(broker_url).connect() as connection:
        Broker(broker_url).prompts(f"{queue}-canary")(connection.default_channel).delete()
