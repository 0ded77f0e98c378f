"""What every way of writing promises, with the same small model behind each."""

from __future__ import annotations

import asyncio
import inspect
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import torch

from bot import writers
from bot.plugins import load_plugin, plugin_names
from bot.writers import WriterSettings, open_writer
from bot.writers.openai.standin import StandIn, serving
from nlg import checkpoint, plugins
from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding, Finish, Line, Prompt, Role, Writer
from nlg.tokenizer import EOS, ReplyTokenizer

WORDS = ["where is my parcel", "can I send it back", "你好，我的快递在哪里"]
LONG = Decoding(max_tokens=300)
ENDLESS = Decoding(max_tokens=100_000)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with weights by chance, which writes whole letters and never ends a reply by itself."""
    torch.manual_seed(1)
    tokenizer = ReplyTokenizer.train(WORDS, 320)
    family = plugins.family("seq2seq")
    module = family.build(family.config(vocab_size=tokenizer.size, embedding=256, encoder=64, decoder=1000)).eval()
    letters = [token for token in range(tokenizer.size) if tokenizer.decode([token]).strip().isalpha()]
    with torch.no_grad():
        module.get_parameter("bias")[letters] += 99.0
        module.get_parameter("bias")[EOS] = -99.0
    folder = tmp_path_factory.mktemp("models") / "tiny"
    checkpoint.save(Checkpoint("tiny", "seq2seq", module, tokenizer, 48), folder)
    return folder


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a GPT, as CTranslate2 reads it."""
    pytest.importorskip("ctranslate2", reason="palaver[ctranslate2] is not installed")
    from nlg.converting import commands  # noqa: PLC0415 - as the test is skipped without its library

    torch.manual_seed(1)
    tokenizer = ReplyTokenizer.train(WORDS, 320)
    family = plugins.family("gpt")
    module = family.build(family.config(vocab_size=tokenizer.size, width=768, inner=3072, layers=4)).eval()
    letters = [token for token in range(tokenizer.size) if tokenizer.decode([token]).strip().isalpha()]
    with torch.no_grad():
        module.get_parameter("decoder.norm.bias")[0] = 9.0
        module.get_parameter("embedding.weight")[:, 0] = -9.0
        module.get_parameter("embedding.weight")[letters, 0] = 9.0
    folder = tmp_path_factory.mktemp("models")
    checkpoint.save(Checkpoint("tiny", "gpt", module, tokenizer, 48), folder / "gpt")
    commands.convert(folder / "gpt", folder / "converted", "float32")
    return folder / "converted"


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """The address of a Redis of these tests alone."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    try:
        server = subprocess.Popen(["redis-server", "--port", str(port), "--save", ""], stdout=subprocess.DEVNULL)
    except FileNotFoundError:
        pytest.skip("no redis-server to start")
    yield f"redis://127.0.0.1:{port}/0"
    server.kill()
    server.wait()


@pytest.fixture(scope="module")
def worker(broker: str, model: Path) -> Iterator[str]:
    """A worker with the model; yields the address of its broker."""
    command = "import typer; from nlg.worker_cli import worker; typer.run(worker)"
    environment = {**os.environ, "PALAVER_BROKER_URL": broker, "PALAVER_MODEL": str(model)}
    process = subprocess.Popen([sys.executable, "-c", command], env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"ready: model tiny@")
    yield broker
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()


@asynccontextmanager
async def opened(name: str, model: str, broker: str | None) -> AsyncIterator[Writer]:
    """A writer of this name, with the model behind it."""
    writer = await open_writer(WriterSettings(writer=name, model=model, broker_url=broker))
    yield writer
    await writer.close()


@asynccontextmanager
async def behind_a_server(model: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Writer]:
    """A writer that asks a server in OpenAI's format, which has the model."""
    async with opened("engine", str(model), None) as engine, serving(StandIn(engine)) as url:
        monkeypatch.setenv("PALAVER_OPENAI_URL", url)
        async with opened("openai", "", None) as writer:
            yield writer


@pytest.fixture(params=plugin_names(writers))
async def writer(request: pytest.FixtureRequest, model: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Writer]:
    broker = request.getfixturevalue("worker") if request.param == "celery" else None
    monkeypatch.setenv("PALAVER_STUB_TOKENS", "100000")
    monkeypatch.setenv("PALAVER_STUB_DELAY", "0.001")
    name = {"chain": "engine, stub"}.get(request.param, request.param)
    folder = request.getfixturevalue("converted") if name == "ctranslate2" else model
    opening = behind_a_server(model, monkeypatch) if name == "openai" else opened(name, str(folder), broker)
    async with opening as writer:
        if request.param == "chain":
            await first_of_chain_is_loaded(writer)
        yield writer


async def first_of_chain_is_loaded(writer: Writer) -> None:
    """Until then the second writes in its place."""
    async with asyncio.timeout(60):
        while not (await writer.write(prompt(), nowhere)).model.startswith("tiny@"):
            await asyncio.sleep(0.1)


def prompt(name: str = "p", text: str = WORDS[0], seconds: float = 20.0, decoding: Decoding | None = None) -> Prompt:
    return Prompt(name, (Line(Role.USER, text),), seconds, "en", decoding or Decoding(max_tokens=24))


def nowhere(_: str) -> None: ...


@pytest.mark.parametrize("name", plugin_names(writers))
def test_each_module_offers_a_way_to_open_it(name: str) -> None:
    module = load_plugin(writers, name)
    assert module is not None
    assert inspect.iscoroutinefunction(module.open_writer)


async def test_the_chunks_make_up_the_draft(writer: Writer) -> None:
    chunks: list[str] = []
    draft = await writer.write(prompt(decoding=Decoding(max_tokens=64)), chunks.append)
    assert (draft.id, draft.finish, draft.reply_tokens) == ("p", Finish.LENGTH, 64)
    assert "@" in draft.model
    assert "".join(chunks) == draft.text


async def test_a_writer_that_has_written_is_in_no_trouble(writer: Writer) -> None:
    await writer.write(prompt(), nowhere)
    assert writer.trouble == ""


async def test_prompts_at_once_do_not_mix(writer: Writer) -> None:
    alone = [(await writer.write(prompt(text, text), nowhere)).text for text in WORDS]
    many = [prompt(f"p{at}", text) for at, text in enumerate(WORDS * 4)]
    together = await asyncio.gather(*(writer.write(asked, nowhere) for asked in many))
    assert [draft.text for draft in together] == alone * 4


async def test_the_time_allowed_ends_it_with_the_text_so_far(writer: Writer) -> None:
    await writer.write(prompt(), nowhere)  # now it is loaded
    began = time.monotonic()
    draft = await writer.write(prompt(seconds=0.7, decoding=ENDLESS), nowhere)
    assert time.monotonic() - began < 2.7
    assert draft.finish is Finish.DEADLINE
    assert draft.text


async def test_stop_ends_it_with_the_text_so_far(writer: Writer) -> None:
    loop, begun = asyncio.get_running_loop(), asyncio.Event()
    asked = prompt("stop me", decoding=ENDLESS)
    writing = asyncio.create_task(writer.write(asked, lambda _: loop.call_soon_threadsafe(begun.set)))
    await asyncio.wait_for(begun.wait(), 20)
    await writer.stop("stop me")
    draft = await asyncio.wait_for(writing, 3)
    assert (draft.id, draft.finish) == ("stop me", Finish.STOPPED)
    assert draft.text


async def test_stopping_an_unknown_prompt_is_ignored(writer: Writer) -> None:
    await writer.stop("nobody")
    assert (await writer.write(prompt("nobody"), nowhere)).finish is Finish.LENGTH


async def test_a_stopped_prompt_can_be_asked_again(writer: Writer) -> None:
    writing = asyncio.create_task(writer.write(prompt("again", decoding=LONG), nowhere))
    await asyncio.sleep(0)
    await writer.stop("again")
    await writing
    assert (await writer.write(prompt("again"), nowhere)).finish is Finish.LENGTH


async def test_cancelling_the_call_lets_others_go_on(writer: Writer) -> None:
    loop, begun = asyncio.get_running_loop(), asyncio.Event()
    many = [
        asyncio.create_task(
            writer.write(prompt(f"p{at}", decoding=ENDLESS), lambda _: loop.call_soon_threadsafe(begun.set))
        )
        for at in range(8)
    ]
    await asyncio.wait_for(begun.wait(), 20)
    for task in many:
        task.cancel()
    assert all(isinstance(r, asyncio.CancelledError) for r in await asyncio.gather(*many, return_exceptions=True))
    draft = await writer.write(prompt("after", seconds=5.0), nowhere)
    assert draft.finish is Finish.LENGTH


async def test_closing_finishes_what_is_being_written(writer: Writer) -> None:
    loop, begun = asyncio.get_running_loop(), asyncio.Event()
    writing = asyncio.create_task(writer.write(prompt(decoding=LONG), lambda _: loop.call_soon_threadsafe(begun.set)))
    await asyncio.wait_for(begun.wait(), 20)
    await writer.close()
    assert (await asyncio.wait_for(writing, 3)).reply_tokens == 300
