from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from safetensors.torch import save as bytes_of
from torch import Tensor, nn

from nlg import checkpoint, plugins
from nlg.data import batches
from nlg.data import corpus as corpora
from nlg.errors import RecipeError, TrainingError
from nlg.evaluation.writing import answers
from nlg.lessons import Lesson, Said
from nlg.losses.cross_entropy import CrossEntropy
from nlg.models.seq2seq import Seq2Seq, Seq2SeqConfig
from nlg.tokenizer import USER, ReplyTokenizer
from nlg.training import precision, state
from nlg.training import recipe as recipes
from nlg.training.measure import surprise
from nlg.training.objective import Objective
from nlg.training.run import Silence, train
from nlg.training.state import Progress
from nlg.training.trainer import Material, Trainer

ROOT = Path(__file__).parents[3]


class Heard(Silence):
    def __init__(self) -> None:
        self.losses: list[float] = []
        self.rows: list[dict[str, float]] = []
        self.notes: list[str] = []

    def stepped(self, step: int, steps: int, loss: float) -> None:
        self.losses.append(loss)

    def measured(self, row: dict[str, float], better: bool) -> None:
        self.rows.append(row)

    def noted(self, line: str) -> None:
        self.notes.append(line)


def change(path: Path, *pairs: tuple[str, str]) -> Path:
    text = path.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return path


def test_a_model_learns_a_tiny_corpus_by_heart(recipe: Path, corpus: Path, tmp_path: Path) -> None:
    change(
        recipe,
        ("epochs = 6", "epochs = 90\npatience = 90"),
        ("batch = 3\nrate = 1e-2", "batch = 8\nrate = 2e-2"),
        ("embedding = 16\nencoder = 12\ndecoder = 20", "embedding = 32\nencoder = 24\ndecoder = 40"),
        ("token_dropout = 0.1\naverage = 0.5", ""),
        ("dropout = 0.1", "dropout = 0.0"),
    )
    heard = Heard()
    made = checkpoint.load(train(recipe, corpus, tmp_path / "run", heard))
    assert heard.rows[-1]["dev"] < 0.3 < heard.rows[0]["dev"]
    asked = corpora.load(corpus, ["shop"], "dev")
    right = sum(said in e.replies for said, e in zip(answers(made, asked), asked, strict=True))
    assert right >= len(asked) - 1


def test_a_run_leaves_all_that_made_it(recipe: Path, corpus: Path, tmp_path: Path) -> None:
    heard = Heard()
    folder = train(recipe, corpus, tmp_path / "run", heard)
    assert folder == tmp_path / "run" / "model"
    assert (folder / "recipe.toml").read_bytes() == recipe.read_bytes()
    assert (folder / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "run" / "curve.json").read_text()) == heard.rows
    assert [row["epoch"] for row in heard.rows] == [1, 2, 3, 4, 5, 6]
    assert not list((tmp_path / "run").rglob("*.pt"))


def test_a_folder_with_a_run_is_not_overwritten(recipe: Path, corpus: Path, tmp_path: Path) -> None:
    train(recipe, corpus, tmp_path / "run", Heard())
    with pytest.raises(TrainingError, match="--resume"):
        train(recipe, corpus, tmp_path / "run", Heard())


def test_another_recipe_cannot_go_on_with_a_run(recipe: Path, corpus: Path, tmp_path: Path) -> None:
    train(recipe, corpus, tmp_path / "run", Heard())
    change(recipe, ("rate = 1e-2", "rate = 2e-2"))
    with pytest.raises(TrainingError, match="new folder"):
        train(recipe, corpus, tmp_path / "run", Heard(), resume=True)


@pytest.mark.parametrize(
    ("settings", "top"),
    [
        ("", ""),
        ('batch = 3\naccumulate = 2\nfall = "linear"', 'precision = "float16"'),
    ],
)
def test_a_run_that_was_killed_goes_on_as_if_nothing_had_happened(
    recipe: Path, corpus: Path, tmp_path: Path, settings: str, top: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "native", lambda *_: True)
    change(recipe, ("batch = 3", settings or "batch = 3"), ("seed = 3", f"seed = 3\n{top}"))
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    train(recipe, corpus, whole, Heard())
    kill_at(7, recipe, corpus, cut)
    assert len(state.history(cut / "state.safetensors")) == 2
    before = Heard()
    train(recipe, corpus, cut, before, resume=True)
    assert len(before.losses) in (11, 12)  # the 7th step was in the middle of the third epoch of six
    assert (cut / "state.safetensors").read_bytes() == (whole / "state.safetensors").read_bytes()
    for name in ("model.safetensors", "curve.json", "manifest.json"):
        assert (cut / "model" / name).read_bytes() == (whole / "model" / name).read_bytes()


KILLED = """
import sys
from pathlib import Path
import torch
from nlg.training import precision, trainer
from nlg.training.run import Silence, train

class Steps(Silence):
    def stepped(self, step, steps, loss): print(step, flush=True)

torch.set_num_threads(1)
trainer.SECONDS_BETWEEN_STATES = 0.0
precision.native = lambda *_: True
train(*map(Path, sys.argv[1:]), Steps(), resume=True)
"""


def kill_at(step: int, recipe: Path, corpus: Path, folder: Path) -> None:
    """Train in a process of its own and end that process, without warning, in the middle of an epoch."""
    command = [sys.executable, "-c", KILLED, str(recipe), str(corpus), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == step:
                os.kill(process.pid, signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL


def test_a_state_that_is_damaged_says_so(recipe: Path, corpus: Path, tmp_path: Path) -> None:
    train(recipe, corpus, tmp_path / "run", Heard())
    (tmp_path / "run" / "state.safetensors").write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ")
    with pytest.raises(TrainingError, match="cannot be resumed from"):
        train(recipe, corpus, tmp_path / "run", Heard(), resume=True)


def test_a_state_of_an_older_version_can_be_gone_on_with(recipe: Path, corpus: Path, tmp_path: Path) -> None:
    change(recipe, ("epochs = 6", "epochs = 2"))
    train(recipe, corpus, tmp_path / "run", Heard())
    path = tmp_path / "run" / "state.safetensors"
    with safe_open(path, framework="pt") as file:
        progress = json.loads(file.metadata()["progress"])
    del progress["scaler"]
    aged = {"progress": json.dumps({**progress, "recipe": "Recipe(name='tiny')", "step": 3})}
    path.write_bytes(bytes_of(load_file(path), metadata=aged))
    heard = Heard()
    train(recipe, corpus, tmp_path / "run", heard, resume=True)
    assert len(heard.losses) == 3


@pytest.fixture
def trainer(recipe: Path, corpus: Path, tokenizer: ReplyTokenizer, tmp_path: Path) -> Trainer:
    told = recipes.load(recipe)
    encoded = batches.encode(corpora.load(corpus, ["shop"], "train"), tokenizer, 32)
    return Trainer(told, Seq2Seq(told.config(tokenizer.size)), Material(encoded), tmp_path)


def nothing(model: nn.Module, progress: Progress) -> None: ...


def test_training_ends_when_the_dev_loss_no_longer_falls(trainer: Trainer) -> None:
    trainer.recipe = replace(trainer.recipe, schedule=replace(trainer.recipe.schedule, patience=2))
    losses = iter([3.0, 2.0, 2.5, 2.1, 1.0])
    best: list[float] = []
    progress = trainer.run(lambda _: {"dev": next(losses)}, lambda _, p: best.append(p.best), Heard())
    assert [row["dev"] for row in progress.history] == [3.0, 2.0, 2.5, 2.1]
    assert best == [3.0, 2.0]


def test_numbers_that_run_away_stop_the_run_and_keep_what_was_good(trainer: Trainer) -> None:
    trainer.save()
    good = trainer.path.read_bytes()
    weights = {name: weight.clone() for name, weight in trainer.model.state_dict().items()}

    @dataclass(frozen=True)
    class Lost(CrossEntropy):
        def __call__(self, said: Said, lesson: Lesson) -> Tensor:
            return CrossEntropy.__call__(self, said, lesson) * (math.nan if trainer.progress.step == 2 else 1.0)

    trainer.learner.objectives = [Objective([(1.0, Lost())])]
    with pytest.raises(TrainingError, match=r"step 2: the loss is nan.*lower schedule\.rate"):
        trainer.run(lambda _: {"dev": 1.0}, nothing, Heard())
    assert trainer.path.read_bytes() == good
    assert all(torch.isfinite(weight).all() for weight in trainer.model.state_dict().values())
    assert any(not torch.equal(weights[name], weight) for name, weight in trainer.model.state_dict().items())


def test_what_is_kept_is_a_running_average(trainer: Trainer) -> None:
    trainer.run(lambda _: {"dev": 1.0}, nothing, Heard())
    for old, new in zip(trainer.kept.parameters(), trainer.model.parameters(), strict=True):
        assert not torch.equal(old, new)
        assert not old.requires_grad


def test_without_averaging_the_last_weights_are_kept(trainer: Trainer) -> None:
    trainer.recipe = replace(trainer.recipe, care=replace(trainer.recipe.care, average=0.0))
    trainer.run(lambda _: {"dev": 1.0}, nothing, Heard())
    for old, new in zip(trainer.kept.parameters(), trainer.model.parameters(), strict=True):
        torch.testing.assert_close(old, new)


def test_surprise_is_the_mean_over_tokens_and_not_over_batches(tokenizer: ReplyTokenizer) -> None:
    torch.manual_seed(0)
    model = Seq2Seq(Seq2SeqConfig(vocab_size=tokenizer.size, embedding=8, encoder=8, decoder=8)).eval()
    pairs = [([USER, 30], [40]), ([USER, 31, 32], [41, 42, 43, 44])]
    apart = surprise(model, [batches.collate([pair]) for pair in pairs])
    together = surprise(model, [batches.collate(pairs)])
    assert apart["dev"] == pytest.approx(together["dev"], abs=1e-5)


def test_openings_are_the_first_tokens(tokenizer: ReplyTokenizer) -> None:
    model = Seq2Seq(Seq2SeqConfig(vocab_size=tokenizer.size, embedding=8, encoder=8, decoder=8)).eval()
    with torch.no_grad():
        model.bias[40] = 99.0
    batch = batches.collate([([USER], [40, 41]), ([USER], [41, 40]), ([USER], [40])])
    assert surprise(model, [batch])["opening"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('family = "seq2seq"', 'family = "magic"', r"no 'magic'.*seq2seq"),
        ('family = "seq2seq"', "", "no ''"),
        ('cell = "gru"', 'cell = "grue"', r"model\.cell: 'grue' is none of lstm, gru"),
        ("embedding = 16", 'embedding = "16"', r"model\.embedding: '16' should be of type int"),
        ("embedding = 16", "width = 16", r"model: unknown setting 'width'"),
        ("epochs = 6", "epoch = 6", r"schedule: unknown setting 'epoch'. Known are: epochs"),
        ("rate = 1e-2", "rate = true", r"schedule\.rate: True should be of type float"),
        ("batch = 3", "batch = 0", r"schedule\.batch: 0 should be at least 1"),
        ("token_dropout = 0.1", "smoothing = 1.5", r"care\.smoothing: 1\.5 should be between 0 and 1"),
        ("batch = 3", 'fall = "parabola"', r"schedule\.fall: 'parabola' is none of cosine, linear"),
        ('sources = ["shop"]', 'sources = ["shop"]\nquestions = ["q"]', r"text\.questions: .*Add topics = true"),
        ('sources = ["shop"]', "", r"text: something is missing; not given are: sources"),
        ('name = "tiny"', "", "something is missing"),
        ("seed = 3", "seed = ", "cannot read the recipe"),
    ],
)
def test_a_recipe_that_cannot_be_followed_says_where(recipe: Path, old: str, new: str, reason: str) -> None:
    change(recipe, (old, new))
    with pytest.raises(RecipeError, match=reason):
        recipes.load(recipe).config(340)


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"cannot read the recipe .*none\.toml"):
        recipes.load(tmp_path / "none.toml")


def test_an_unknown_loss_is_named_with_those_there_are() -> None:
    with pytest.raises(RecipeError, match=r"no 'magic'. It has: .*cross_entropy"):
        plugins.loss("magic")
