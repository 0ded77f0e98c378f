"""The writer for other engines against a server that we did not write: `transformers serve`, with a model made here."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import torch

from bot.writers.openai import OpenAISettings
from bot.writers.openai.writer import OpenAIWriter
from nlg.contract import Decoding, Draft, Finish, Line, OnChunk, Prompt, Role, Unreachable
from tests.rig.children import Child, Children
from tests.rig.palaver import environment
from tests.rig.ports import free_port

transformers = pytest.importorskip("transformers")
pytest.importorskip("fastapi", reason="`transformers serve` needs fastapi")
pytest.importorskip("openai", reason="`transformers serve` needs openai")

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant: "
START_SECONDS = 100.0


def make_model(folder: Path) -> None:
    """A Llama of chance weights with a byte-level tokenizer and a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: PLC0415

    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=["<s>", "</s>"], initial_alphabet=letters)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
    tokenizer.train_from_iterator(["where is my parcel", "it is on its way"], trainer)
    wrapped = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>")
    wrapped.chat_template = TEMPLATE
    torch.manual_seed(0)
    sizes = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = transformers.LlamaConfig(vocab_size=len(wrapped), bos_token_id=0, eos_token_id=1, **sizes)
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    wrapped.save_pretrained(folder)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[str, Child]]:
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    await asyncio.to_thread(make_model, folder / "model")
    program = str(Path(sys.executable).parent / "transformers")
    command = [program, "serve", str(folder / "model"), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    with Children(folder) as children:
        child = children.start("transformers-serve", command, environment({"HF_HUB_OFFLINE": "1"}))

        async def answers() -> bool:
            try:
                async with httpx.AsyncClient(trust_env=False, timeout=2) as http:
                    return (await http.get(f"http://127.0.0.1:{port}/health")).status_code == 200
            except httpx.HTTPError:
                return False

        await child.until(answers, START_SECONDS)
        yield f"http://127.0.0.1:{port}/v1", child


@pytest_asyncio.fixture(loop_scope="module")
async def writer(server: tuple[str, Child]) -> AsyncIterator[OpenAIWriter]:
    opened = OpenAIWriter(OpenAISettings(url=server[0], system="Be kind.", silence=60.0), "")
    yield opened
    await opened.close()


async def ask(writer: OpenAIWriter, name: str, tokens: int, on_chunk: OnChunk, seconds: float = 60.0) -> Draft:
    prompt = Prompt(name, (Line(Role.USER, "where is my parcel"),), seconds, "en", Decoding(max_tokens=tokens))
    return await writer.write(prompt, on_chunk)


def nowhere(_: str) -> None: ...


async def test_it_streams_counts_and_says_its_name(writer):
    chunks: list[str] = []
    draft = await ask(writer, "p", 24, chunks.append)
    assert (draft.finish, draft.reply_tokens) == (Finish.LENGTH, 24)
    assert "".join(chunks) == draft.text
    assert len(chunks) > 3
    assert draft.prompt_tokens > 10
    assert draft.model.endswith("model@server")
    assert 0 < draft.timing.first < draft.timing.total


async def test_the_same_greedy_text_for_all_who_ask_at_once(writer):
    drafts = await asyncio.gather(*(ask(writer, f"p{at}", 16, nowhere) for at in range(4)))
    assert len({draft.text for draft in drafts}) == 1


async def test_stopping_and_the_deadline_keep_what_there_is(writer):
    begun = asyncio.Event()
    writing = asyncio.create_task(ask(writer, "stop me", 1500, lambda _: begun.set()))
    await asyncio.wait_for(begun.wait(), 30)
    asked = time.monotonic()
    await writer.stop("stop me")
    stopped = await writing
    assert time.monotonic() - asked < 1.0
    late = await ask(writer, "late", 1500, nowhere, seconds=0.7)
    assert (stopped.finish, late.finish) == (Finish.STOPPED, Finish.DEADLINE)
    assert stopped.text
    assert late.text
    assert (await ask(writer, "after", 4, nowhere)).reply_tokens == 4, "it serves others again"


async def test_a_server_that_dies_in_the_middle_of_a_reply_is_unreachable(writer, server):
    begun = asyncio.Event()
    writing = asyncio.create_task(ask(writer, "last", 1500, lambda _: begun.set()))
    await asyncio.wait_for(begun.wait(), 30)
    server[1].kill()
    with pytest.raises(Unreachable):
        await writing
    assert writer.trouble
