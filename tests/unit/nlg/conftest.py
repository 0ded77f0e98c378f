"""Tiny models, made on the spot."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
import torch
from torch import Tensor, nn

from nlg.checkpoint import Checkpoint
from nlg.interfaces import State
from nlg.models.seq2seq import Seq2Seq, Seq2SeqConfig
from nlg.tokenizer import EOS, USER, ReplyTokenizer

SMALL = {"embedding": 16, "encoder": 12, "decoder": 20, "attention_size": 8, "dropout": 0.0, "initial_range": 0.3}
QUESTIONS = {
    "where is my parcel": "Please look at {{tracking_page}}.",
    "can i send it back": "Yes, within {{return_days}} days.",
    "我的快递在哪里": "请看{{tracking_page}}。",
    "可以退货吗": "可以，{{return_days}}天内都行。",
}


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tokenizer() -> ReplyTokenizer:
    return ReplyTokenizer.train([*QUESTIONS, *QUESTIONS.values()], 340)


@pytest.fixture
def tiny(tokenizer: ReplyTokenizer) -> Checkpoint:
    """A real model with weights by chance."""
    torch.manual_seed(1)
    model = Seq2Seq(Seq2SeqConfig(vocab_size=tokenizer.size, **SMALL)).eval()  # type: ignore[arg-type]
    return Checkpoint("tiny", "seq2seq", model, tokenizer, 48, version="0")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with a train and a dev file of a source named `shop`."""
    return write_corpus(tmp_path / "corpus")


@pytest.fixture(scope="session")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same folder, for all tests: leave it as it is."""
    return write_corpus(tmp_path_factory.mktemp("questions") / "corpus")


def write_corpus(folder: Path) -> Path:
    folder.mkdir()
    for split in ("train", "dev"):
        lines = [json.dumps(dialogue(at, *pair), ensure_ascii=False) for at, pair in enumerate(QUESTIONS.items())]
        (folder / f"shop.{split}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def dialogue(number: int, question: str, answer: str) -> dict[str, object]:
    told = [("user", question), ("assistant", answer), ("user", "ok"), ("assistant", answer[::-1])]
    return {
        "id": f"d{number}",
        "lang": "en" if question.isascii() else "zh",
        "domain": f"topic{number % 2}",
        "turns": [{"role": role, "text": text} for role, text in told],
    }


RECIPE = """
name = "tiny"
seed = 3
[text]
sources = ["shop"]
vocab_size = 340
context = 32
[model]
family = "seq2seq"
cell = "gru"
embedding = 16
encoder = 12
decoder = 20
attention_size = 8
dropout = 0.1
initial_range = 0.3
[schedule]
epochs = 6
batch = 3
rate = 1e-2
[care]
token_dropout = 0.1
average = 0.5
[about]
data = "Four questions."
licence = "Apache-2.0"
cannot = ["Anything else."]
"""


@pytest.fixture(scope="session")
def told() -> str:
    """The recipe's text."""
    return RECIPE


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


class Parrot(nn.Module):
    """A reply model that says the words of the customer again, one a step.

    A step waits for the `gate` to be open, and reading contexts for the `door`. It fails with `broken`, if that is set,
    and where a row says the token `poison`.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.gate = threading.Event()
        self.door = threading.Event()
        self.gate.set()
        self.door.set()
        self.steps = 0
        self.broken: Exception | None = None
        self.poison = -1

    def start(self, contexts: Tensor, lengths: Tensor) -> State:
        self.door.wait(10)
        return {"words": contexts, "left": lengths, "at": (contexts == USER).int().argmax(dim=1) + 1}

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        self.gate.wait(10)
        self.steps += 1
        if self.broken:
            raise self.broken
        if self.poison in tokens:
            raise ArithmeticError(f"token {self.poison} makes it ill")
        ended = state["at"] >= state["left"]
        at = state["at"].clamp(max=state["words"].shape[1] - 1)
        words = state["words"].gather(1, at.unsqueeze(1)).squeeze(1)
        odds = torch.full((len(tokens), self.size), -9.0)
        odds[torch.arange(len(tokens)), torch.where(ended, EOS, words)] = 9.0
        return odds, {**state, "at": state["at"] + 1}

    def select(self, state: State, rows: Tensor) -> State:
        return {name: tensor[rows] for name, tensor in state.items()}


@pytest.fixture
def parrot(tokenizer: ReplyTokenizer) -> Iterator[Checkpoint]:
    """A checkpoint that says again what it hears, as slowly as its gate wants."""
    model = Parrot(tokenizer.size)
    yield Checkpoint("parrot", "none", model, tokenizer, 400, version="0")
    model.gate.set()


def parrot_of(made: Checkpoint) -> Parrot:
    return cast("Parrot", made.model)
