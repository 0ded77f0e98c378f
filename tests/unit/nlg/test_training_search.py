from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nlg.errors import RecipeError, TrainingError
from nlg.training import recipe as recipes
from nlg.training import run, toml
from nlg.training.run import Silence, train
from nlg.training.team import Alone

pytest.importorskip("optuna", reason="pip install 'palaver[train]'")

from nlg.training.search import history, ranges, trials
from nlg.training.search.chance import Chance
from nlg.training.search.history import Tried
from nlg.training.search.trials import Search

ROOT = Path(__file__).parents[3]
TABLE = """
[search.schedule]
epochs = 3
rate = { low = 1e-3, high = 3e-2, log = true }
batch = [2, 4]
[search.model]
embedding = { low = 8, high = 24, step = 8 }
cell = ["gru", "lstm"]
"""


@pytest.fixture
def searched(recipe: Path) -> Path:
    recipe.write_text(recipe.read_text() + TABLE)
    return recipe


def search(
    recipe: Path, corpus: Path, folder: Path, count: int, resume: bool = False, tell: Callable[[Tried], None] = id
) -> Path:
    examples = trials.prepare(recipe, corpus, folder, resume)
    return Search(folder, examples, Alone(torch.device("cpu")), Silence(), tell).run(count)


def told(folder: Path) -> list[Tried]:
    return [replace(tried, seconds=0.0) for tried in history.load(folder / "history.json")]


def test_a_search_leaves_the_best_recipe_ready_to_train(searched: Path, corpus: Path, tmp_path: Path) -> None:
    heard: list[Tried] = []
    best = search(searched, corpus, tmp_path / "search", 5, tell=heard.append)
    assert [tried.number for tried in heard] == [0, 1, 2, 3, 4]
    assert [replace(tried, seconds=0.0) for tried in heard] == told(tmp_path / "search")
    won = min((tried for tried in heard if tried.outcome == "done"), key=lambda tried: tried.best)
    made = recipes.load(best)
    head = f"# The best of 5 trials: number {won.number}, with a dev loss of {won.best:.4f}.\n"
    assert best.read_text().startswith(head)
    assert made.schedule.rate == won.values["schedule.rate"]
    assert (made.schedule.batch, made.model["cell"]) == (won.values["schedule.batch"], won.values["model.cell"])
    assert made.schedule.epochs == 6  # the fewer epochs were for trials only
    assert not made.search
    assert made.about == recipes.load(searched).about
    assert len({json.dumps(tried.values) for tried in heard}) == 5
    assert (tmp_path / "search" / "search.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "search" / "trials" / "000" / "model" / "manifest.json").exists()
    assert not list((tmp_path / "search").rglob("state.*"))
    train(best, corpus, tmp_path / "run", Silence())


def test_what_a_trial_drew_is_what_it_trained_with(searched: Path, corpus: Path, tmp_path: Path) -> None:
    search(searched, corpus, tmp_path / "search", 2)
    for tried in told(tmp_path / "search"):
        made = recipes.load(tmp_path / "search" / "trials" / f"{tried.number:03}" / "recipe.toml")
        assert made.schedule.rate == tried.values["schedule.rate"]
        assert made.model["embedding"] == tried.values["model.embedding"]
        assert made.schedule.epochs == 3
        assert len(tried.losses) == 3


def test_a_search_goes_on_to_more_trials(searched: Path, corpus: Path, tmp_path: Path) -> None:
    search(searched, corpus, tmp_path / "parts", 1)
    with pytest.raises(TrainingError, match="--resume"):
        search(searched, corpus, tmp_path / "parts", 3)
    search(searched, corpus, tmp_path / "parts", 3, resume=True)
    search(searched, corpus, tmp_path / "whole", 3)
    assert told(tmp_path / "parts") == told(tmp_path / "whole")


KILLED = """
import sys
from pathlib import Path
import torch
from nlg.training import trainer
from nlg.training.run import Silence
from nlg.training.search import trials
from nlg.training.search.trials import Search
from nlg.training.team import Alone

class Epochs(Silence):
    def stepped(self, step, steps, loss): pass
    def measured(self, row, better): print("epoch", flush=True)

torch.set_num_threads(1)
recipe, corpus, folder = map(Path, sys.argv[1:])
examples = trials.prepare(recipe, corpus, folder, resume=True)
Search(folder, examples, Alone(torch.device("cpu")), Epochs(), print).run(3)
"""


def test_a_search_that_was_killed_goes_on_as_if_nothing_had_happened(
    searched: Path, corpus: Path, tmp_path: Path
) -> None:
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    command = [sys.executable, "-c", KILLED, str(searched), str(corpus), str(cut)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        for at, line in enumerate(process.stdout):
            if at == 5:  # three epochs and the end of the first trial, and the second epoch of the second
                assert line == "epoch\n"
                os.kill(process.pid, signal.SIGKILL)
                break
    assert [tried.outcome for tried in told(cut)] == ["done", "running"]
    search(searched, corpus, cut, 3, resume=True)
    search(searched, corpus, whole, 3)
    assert told(cut) == told(whole)
    for name in ("best.toml", "trials/001/model/model.safetensors", "trials/002/model/model.safetensors"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes()


def test_trials_that_do_not_work_do_not_end_the_search(searched: Path, corpus: Path, tmp_path: Path) -> None:
    text = searched.read_text().replace('cell = ["gru", "lstm"]', 'attention = ["additive", "dot"]')
    searched.write_text(text)  # dot needs a decoder as wide as the encoder says, and it is not
    search(searched, corpus, tmp_path / "search", 4)
    tried = told(tmp_path / "search")
    assert {one.outcome for one in tried if one.values["model.attention"] == "dot"} == {"failed"}
    assert {one.outcome for one in tried if one.values["model.attention"] == "additive"} <= {"done", "pruned"}
    assert all("attention 'dot' needs" in one.why for one in tried if one.outcome == "failed")


def test_a_search_without_a_single_success_says_why(searched: Path, corpus: Path, tmp_path: Path) -> None:
    searched.write_text(searched.read_text().replace("rate = { low = 1e-3, high = 3e-2, log = true }", "rate = [1e30]"))
    with pytest.raises(TrainingError, match=r"none of 2 trials came to its end: step \d+: the loss is"):
        search(searched, corpus, tmp_path / "search", 2)
    assert not (tmp_path / "search" / "best.toml").exists()


@pytest.fixture
def space(searched: Path) -> ranges.Space:
    return ranges.space(recipes.load(searched).search)


def tried(space: ranges.Space, losses: list[float], number: int = 0, outcome: Any = "done") -> Tried:
    return Tried(number, Chance(space, [], number).values, outcome, losses)


def test_a_trial_is_hopeless_when_it_is_worse_than_the_median(space: ranges.Space) -> None:
    before = [tried(space, [5.0, loss, 1.0], at) for at, loss in enumerate([2.0, 3.0, 4.0])]
    chance = Chance(space, before, 0)
    assert not chance.hopeless([9.0])  # the first epoch says too little
    assert chance.hopeless([9.0, 3.1])
    assert not Chance(space, before, 0).hopeless([9.0, 2.9])
    assert not Chance(space, before[:2], 0).hopeless([9.0, 9.0])  # and two others are too few


def test_a_hopeless_trial_is_given_up(searched: Path, corpus: Path, tmp_path: Path, space: ranges.Space) -> None:
    folder = tmp_path / "search"
    trials.prepare(searched, corpus, folder, resume=False)
    history.save(folder / "history.json", [tried(space, [0.1, 0.1, 0.1], at) for at in range(3)])
    search(searched, corpus, folder, 4, resume=True)
    assert told(folder)[3].outcome == "pruned"
    assert len(told(folder)[3].losses) == 2


def test_what_failed_is_not_taken_for_what_is_good(space: ranges.Space) -> None:
    before = [tried(space, [1.0], 0, "failed"), tried(space, [1.5], 1, "pruned"), tried(space, [2.0], 2)]
    assert history.best(before) == before[2]
    assert history.best(before[:2]) is None
    Chance(space, before, 0)


def test_another_recipe_or_other_ranges_cannot_go_on_with_a_search(
    searched: Path, corpus: Path, tmp_path: Path
) -> None:
    trials.prepare(searched, corpus, tmp_path / "search", resume=False)
    text = searched.read_text()
    searched.write_text(text.replace("high = 24", "high = 32"))
    with pytest.raises(TrainingError, match="ranges are not those"):
        trials.prepare(searched, corpus, tmp_path / "search", resume=True)
    searched.write_text(text.replace("seed = 3", "seed = 4"))
    with pytest.raises(TrainingError, match="not the one this run began with"):
        trials.prepare(searched, corpus, tmp_path / "search", resume=True)


def test_a_run_is_not_mistaken_for_a_search(searched: Path, corpus: Path, tmp_path: Path) -> None:
    train(searched, corpus, tmp_path / "run", Silence())
    with pytest.raises(TrainingError, match="holds a run, and not a search"):
        trials.prepare(searched, corpus, tmp_path / "run", resume=True)


def test_a_history_that_is_damaged_says_so(searched: Path, corpus: Path, tmp_path: Path) -> None:
    trials.prepare(searched, corpus, tmp_path / "search", resume=False)
    (tmp_path / "search" / "history.json").write_text('{"trials": [{"n": 1}]}')
    with pytest.raises(TrainingError, match="is no history of a search"):
        search(searched, corpus, tmp_path / "search", 1, resume=True)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("[search.model]", "[search.text]", r"search\.text: losses are compared"),
        ("low = 8, high", "high", r"search\.model\.embedding: .*Give a list of choices"),
        ("low = 8, high = 24", "low = 30, high = 24", r"search\.model\.embedding: .*low <= high"),
        ("low = 1e-3", "low = 0.0", r"search\.schedule\.rate: .*log=True"),
        ("batch = [2, 4]", "batch = []", r"search\.schedule\.batch"),
        ("batch = [2, 4]", "batch = [[2], 4]", r"search\.schedule\.batch: only plain values"),
        ("batch = [2, 4]", "batsh = [2, 4]", r"schedule: unknown setting 'batsh'"),
        ("batch = [2, 4]", "batch = [0, -4]", r"schedule\.batch: .* should be at least 1"),
        ("embedding = {", "width = {", r"model: unknown setting 'width'"),
    ],
)
def test_ranges_that_make_no_sense_are_named(
    searched: Path, corpus: Path, tmp_path: Path, old: str, new: str, reason: str
) -> None:
    text = searched.read_text()
    head, tail = text.split("[search.schedule]")
    assert old in "[search.schedule]" + tail
    searched.write_text(head + ("[search.schedule]" + tail).replace(old, new))
    with pytest.raises(RecipeError, match=reason):
        trials.prepare(searched, corpus, tmp_path / "search", resume=False)
    assert not (tmp_path / "search").exists()


def test_a_recipe_without_ranges_is_told_how_to_give_them(recipe: Path, corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"says nothing of what to search.*\[search\.schedule\] rate"):
        trials.prepare(recipe, corpus, tmp_path / "search", resume=False)


def test_a_search_table_does_not_keep_a_recipe_from_being_trained(searched: Path, corpus: Path, tmp_path: Path) -> None:
    train(searched, corpus, tmp_path / "run", Silence())
    text = searched.read_text()
    searched.write_text(text[: text.index("[search.schedule]")])
    assert run.follow(tmp_path / "run", run.read(recipes.load(searched), corpus), Silence(), Alone(torch.device("cpu")))


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
plain = st.one_of(st.booleans(), st.integers(-(2**62), 2**62), st.floats(allow_nan=False), names)
values = st.recursive(plain, lambda one: st.lists(one, max_size=3) | st.dictionaries(names, one, max_size=3))


@given(document=st.dictionaries(names, values, max_size=5))
@settings(max_examples=150, deadline=None)
def test_what_is_written_as_toml_reads_as_it_was(document: dict[str, Any]) -> None:
    assert tomllib.loads(toml.render(document)) == document


RECIPES = sorted((ROOT / "nlg" / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", [path for path in RECIPES if recipes.load(path).search], ids=lambda path: path.stem)
def test_a_recipe_that_comes_along_can_be_searched(path: Path) -> None:
    trials.try_out(path)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipes_are_written_as_they_were_read(path: Path) -> None:
    known = recipes.read(path)
    assert tomllib.loads(toml.render(known)) == known


def test_a_number_that_is_none_is_written_too() -> None:
    assert math.isnan(tomllib.loads(toml.render({"a": math.nan}))["a"])
