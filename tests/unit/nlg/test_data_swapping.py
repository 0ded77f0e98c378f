from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlg import checkpoint
from nlg.contract import Line, Role
from nlg.data import batches, corpus
from nlg.data.rows import Row
from nlg.data.schemas import pair
from nlg.data.swapping import swapped
from nlg.errors import DataError
from nlg.tokenizer import CONTROLS, ReplyTokenizer
from nlg.training import recipe as recipes
from nlg.training import run
from nlg.training.run import Silence, train

PAIR = {"id": "1", "task": "translate_en_zh", "input": "Good morning.", "target": "早上好。"}


def write(path: Path, *records: object) -> None:
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")


def test_a_pair_is_read_from_the_other_side(tmp_path: Path) -> None:
    write(tmp_path / "mine.train.jsonl", PAIR)
    there, back = (corpus.load(tmp_path, [name], "train")[0] for name in ("mine", "mine:swapped"))
    assert (there.lines, there.replies) == ((Line(Role.USER, "Good morning."),), ("早上好。",))
    assert (back.lines, back.replies) == ((Line(Role.USER, "早上好。"),), ("Good morning.",))
    assert (there.language, there.read, there.domain) == ("zh", "en", "translate_en_zh")
    assert (back.language, back.read, back.domain) == ("en", "zh", "translate_zh_en")


TEXTS = st.text(min_size=1, max_size=9)


@given(TEXTS, TEXTS, st.sampled_from(["translate_en_zh", "summarise_zh", "chat", ""]))
def test_who_swaps_twice_has_the_pair_again(given: str, wanted: str, task: str) -> None:
    record = {"input": given, "target": wanted, "task": task, "lang": "en"}
    row = Row(1, "pair", record, pair.content(record))
    assert swapped(swapped(row)) == row


def test_a_dialogue_has_no_other_side(corpus_folder: Path) -> None:
    with pytest.raises(DataError, match=r"shop\.train\.jsonl, line 1: only pairs.*without :swapped"):
        corpus.load(corpus_folder, ["shop:swapped"], "train")


@pytest.fixture
def corpus_folder(questions: Path) -> Path:
    return questions


def test_a_translator_learns_to_be_told_either_language_or_none(tmp_path: Path, tokenizer: ReplyTokenizer) -> None:
    write(tmp_path / "mine.train.jsonl", {**PAIR, "input": "good morning."})
    (encoded,) = batches.encode(corpus.load(tmp_path, ["mine"], "train"), tokenizer, 48)
    opened = [CONTROLS[context[0]] for context in encoded.contexts]
    assert opened == ["<|user|>", "<|zh|>", "<|en|>"]
    (summary,) = batches.encode([replace(corpus.load(tmp_path, ["mine"], "train")[0], read="")], tokenizer, 48)
    assert [CONTROLS[context[0]] for context in summary.contexts] == ["<|user|>", "<|zh|>"]


def test_a_source_to_learn_from_only_needs_no_dev_file(recipe: Path, corpus: Path) -> None:
    write(corpus / "pairs.train.jsonl", PAIR, {**PAIR, "input": "Bye."})
    text = recipe.read_text(encoding="utf-8").replace("[text]", '[text]\nmore = ["pairs", "pairs:swapped"]')
    recipe.write_text(text, encoding="utf-8")
    found = run.read(recipes.load(recipe), corpus)
    assert len(found.learnt) == len(found.asked) + 3


def test_a_checkpoint_writes_as_long_replies_as_its_recipe_says(recipe: Path, corpus: Path, tmp_path: Path) -> None:
    text = recipe.read_text(encoding="utf-8").replace("[text]", "[text]\nreply = 7").replace("epochs = 6", "epochs = 1")
    recipe.write_text(text, encoding="utf-8")
    made = checkpoint.load(train(recipe, corpus, tmp_path / "run", Silence()))
    assert made.decoding.max_tokens == 7
