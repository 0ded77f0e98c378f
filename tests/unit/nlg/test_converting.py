"""A GPT of ours that CTranslate2 writes for says what it says when we write for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
import typer
from typer.testing import CliRunner

from nlg import checkpoint, plugins
from nlg.checkpoint import Checkpoint
from nlg.cli import register
from nlg.contract import Busy, Decoding, Draft, Finish, Line, Prompt, Role, WritingError
from nlg.engine import Engine
from nlg.errors import CheckpointError
from nlg.serving.interfaces import Generator
from nlg.tokenizer import EOS, ReplyTokenizer

pytest.importorskip("ctranslate2", reason="palaver[ctranslate2] is not installed")

from nlg.converting import MODEL, commands, converted
from nlg.converting.engine import ConvertedEngine

VARIANTS = plugins.family("gpt").variants
SECONDS = 20.0
ASKED = ("where is my parcel", "可以退货吗", "can i send it back", "", "x" * 300)
TALK = (Line(Role.USER, "where is my parcel"), Line(Role.ASSISTANT, "Please look."), Line(Role.USER, "退货"))


def gpt(tokenizer: ReplyTokenizer, variant: Mapping[str, Any] = VARIANTS[0]) -> Checkpoint:
    """A GPT with weights by chance, which says many things and sometimes comes to an end."""
    torch.manual_seed(3)
    family = plugins.family("gpt")
    model = family.build(family.config(vocab_size=tokenizer.size, **variant)).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.5 * torch.randn_like(weight))
    return Checkpoint("tiny", "gpt", model, tokenizer, 20)


def asked(text: str, name: str = "p", seconds: float = SECONDS, **decoding: Any) -> Prompt:
    return Prompt(name, (Line(Role.USER, text),), seconds, decoding=Decoding(**{"max_tokens": 40, **decoding}))


@contextmanager
def ours(made: Checkpoint) -> Iterator[Generator]:
    engine = Engine(made)
    yield engine
    engine.close()


@contextmanager
def theirs(made: Checkpoint, folder: Path, weights: str = "float32", threads: int = 1) -> Iterator[ConvertedEngine]:
    source = folder / "model"
    checkpoint.save(made, source)
    commands.convert(source, folder / "converted", weights)
    engine = ConvertedEngine(folder / "converted", threads)
    yield engine
    engine.close()


@pytest.fixture
def engine(tokenizer: ReplyTokenizer, tmp_path: Path) -> Iterator[ConvertedEngine]:
    with theirs(gpt(tokenizer), tmp_path) as made:
        yield made


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    register(made)
    return made


def nowhere(_: str) -> None: ...


def said(engine: Generator, prompt: Prompt) -> Draft:
    return engine.submit(prompt, nowhere).result(SECONDS)


def told(draft: Draft) -> tuple[str, Finish, int, int, list[str]]:
    pieces = [piece for piece, _ in draft.odds]
    return draft.text, draft.finish, draft.prompt_tokens, draft.reply_tokens, pieces


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_variant_says_what_our_engine_says(
    variant: Mapping[str, Any], tokenizer: ReplyTokenizer, tmp_path: Path
) -> None:
    made = gpt(tokenizer, variant)
    prompts = [asked(text, repetition_penalty=penalty) for text in ASKED for penalty in (1.0, 1.4)]
    with ours(made) as one, theirs(made, tmp_path) as other:
        expected, found = ([said(engine, prompt) for prompt in prompts] for engine in (one, other))
    assert [told(draft) for draft in found] == [told(draft) for draft in expected]
    assert len({draft.text for draft in found}) > 3
    plain = [at for at, prompt in enumerate(prompts) if prompt.decoding.repetition_penalty == 1]
    assert [found[at].score for at in plain] == pytest.approx([expected[at].score for at in plain], abs=0.1)


def test_a_reply_ends_where_the_model_ends_it(tokenizer: ReplyTokenizer, tmp_path: Path) -> None:
    made = gpt(tokenizer)
    with torch.no_grad():
        made.model.get_parameter("embedding.weight")[EOS] *= 3
    with ours(made) as one, theirs(made, tmp_path) as other:
        expected, found = ([said(engine, asked(text)) for text in ASKED] for engine in (one, other))
    assert [told(draft) for draft in found] == [told(draft) for draft in expected]
    assert Finish.END in {draft.finish for draft in found}
    assert all(draft.reply_tokens for draft in found)


def test_replies_that_open_with_a_topic_are_the_same_too(tmp_path: Path) -> None:
    tokenizer = ReplyTokenizer.train(ASKED, 340, topics=("parcel", "return", "greeting"))
    made = gpt(tokenizer)
    prompts = [Prompt("p", TALK[:size], SECONDS, "en", Decoding(max_tokens=16)) for size in (1, 3)]
    with ours(made) as one, theirs(made, tmp_path) as other:
        expected, found = ([said(engine, prompt) for prompt in prompts] for engine in (one, other))
    assert [told(draft) for draft in found] == [told(draft) for draft in expected]


def test_in_int8_it_is_smaller_and_still_writes(tokenizer: ReplyTokenizer, tmp_path: Path) -> None:
    made = gpt(tokenizer)
    sizes = {}
    for weights in ("float32", "int8"):
        with theirs(made, tmp_path / weights, weights) as engine:
            assert said(engine, asked("where is my parcel")).reply_tokens
        sizes[weights] = (tmp_path / weights / "converted" / MODEL).stat().st_size
    assert sizes["int8"] < sizes["float32"]


def test_chunks_join_to_the_text_and_come_while_it_is_written(engine: ConvertedEngine) -> None:
    heard: list[str] = []
    draft = engine.submit(asked("hello"), heard.append).result(SECONDS)
    assert "".join(heard) == draft.text
    assert len(heard) > 3
    assert draft.model == engine.model.id


def test_stop_ends_it_within_a_few_tokens(engine: ConvertedEngine) -> None:
    draft = engine.submit(asked("hello", max_tokens=1000), lambda _: engine.stop("p")).result(SECONDS)
    assert draft.finish is Finish.STOPPED
    assert draft.text
    assert draft.reply_tokens <= 16


def test_at_the_deadline_the_text_so_far_is_the_draft(engine: ConvertedEngine) -> None:
    draft = engine.submit(asked("hello", seconds=0.3, max_tokens=1000), lambda _: time.sleep(0.05)).result(SECONDS)
    assert draft.finish is Finish.DEADLINE
    assert draft.text
    assert draft.reply_tokens < 1000


def test_it_ends_before_a_text_to_stop_at(engine: ConvertedEngine) -> None:
    whole = said(engine, asked("hello")).text
    part = said(engine, asked("hello", stop=[whole[8:10]]))
    assert part.finish is Finish.END
    assert whole.startswith(part.text)
    assert whole[8:10] not in part.text


def test_drawn_replies_differ_and_the_likeliest_one_of_one_is_greedy(engine: ConvertedEngine) -> None:
    assert len({said(engine, asked("hello", temperature=1.0)).text for _ in range(4)}) > 1
    greedy = said(engine, asked("hello")).text
    assert said(engine, asked("hello", temperature=1.0, top_k=1)).text == greedy
    assert said(engine, asked("hello", temperature=1.0, top_p=0.001)).text == greedy


def test_many_at_once_do_not_mix(tokenizer: ReplyTokenizer, tmp_path: Path) -> None:
    with theirs(gpt(tokenizer), tmp_path, threads=2) as engine:
        alone = [said(engine, asked(text)).text for text in ASKED]
        futures = [engine.submit(asked(text, str(at)), nowhere) for at, text in enumerate(ASKED * 4)]
        assert [future.result(SECONDS).text for future in futures] == alone * 4


class Held:
    """A listener that holds its reply at its first chunk until it may go on."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, _: str) -> None:
        self.begun.set()
        self.go_on.wait(SECONDS)


def test_who_waits_can_be_stopped_and_who_has_gone_is_not_written_for(engine: ConvertedEngine) -> None:
    held = Held()
    first = engine.submit(asked("hello", "first", max_tokens=1000), held)
    assert held.begun.wait(SECONDS)
    second, third = (engine.submit(asked("hi", name), nowhere) for name in ("second", "third"))
    engine.stop("second")
    assert told(second.result(SECONDS))[:2] == ("", Finish.STOPPED)
    assert first.cancel()
    held.go_on.set()
    assert third.result(SECONDS).text


def test_when_too_many_wait_it_says_busy(engine: ConvertedEngine) -> None:
    held = Held()
    first = engine.submit(asked("hello", "first"), held)
    assert held.begun.wait(SECONDS)
    engine._admission.seconds_each = 1.0
    waiting = [engine.submit(asked("hi", str(at)), nowhere) for at in range(3)]
    with pytest.raises(Busy):
        said(engine, asked("hi", seconds=2.0))
    held.go_on.set()
    assert all(future.result(SECONDS).text for future in (first, *waiting))


def test_a_listener_that_fails_hurts_only_its_own_prompt(engine: ConvertedEngine) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("no ears")

    bad, good = engine.submit(asked("hello"), fail), engine.submit(asked("hello"), nowhere)
    with pytest.raises(WritingError, match="no ears"):
        bad.result(SECONDS)
    assert good.result(SECONDS).text


def test_settings_that_make_no_sense_are_the_prompts_own_error(engine: ConvertedEngine) -> None:
    with pytest.raises(WritingError, match="temperature"):
        said(engine, asked("hello", temperature=-1.0))
    assert said(engine, asked("hello")).text


def test_closing_finishes_what_was_taken_and_takes_no_more(engine: ConvertedEngine) -> None:
    futures = [engine.submit(asked("hello", str(at)), nowhere) for at in range(4)]
    engine.close()
    assert all(future.result(0).text for future in futures)
    with pytest.raises(WritingError, match="closed"):
        said(engine, asked("late"))
    engine.close()


def test_the_command_writes_a_folder_that_says_what_it_is(
    tokenizer: ReplyTokenizer, tmp_path: Path, app: typer.Typer
) -> None:
    checkpoint.save(gpt(tokenizer), tmp_path / "model", {"README.md": b"# tiny\n"})
    done = CliRunner().invoke(app, ["convert", str(tmp_path / "model"), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert f"{converted.load(tmp_path / 'out').id} is in " in done.output
    assert "## CTranslate2" in (tmp_path / "out" / "README.md").read_text("utf-8")
    with pytest.raises(CheckpointError, match="ctranslate2"):
        checkpoint.load(tmp_path / "out")
    again = CliRunner().invoke(app, ["convert", str(tmp_path / "model"), "--out", str(tmp_path / "model")])
    assert (again.exit_code, "Name another" in again.output) == (1, True)


def test_a_folder_that_was_changed_is_not_trusted(tokenizer: ReplyTokenizer, tmp_path: Path) -> None:
    with theirs(gpt(tokenizer), tmp_path):
        pass
    weights = tmp_path / "converted" / MODEL
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    with pytest.raises(CheckpointError, match="was changed"):
        ConvertedEngine(tmp_path / "converted")
