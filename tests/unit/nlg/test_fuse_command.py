"""`palaver fuse`, from the command line to the folder that it writes."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import torch
import typer
from torch import nn
from typer.testing import CliRunner, Result

from nlg import checkpoint, manifest, plugins
from nlg.checkpoint import Checkpoint
from nlg.cli import register
from nlg.contract import Decoding
from nlg.data.batches import pad
from nlg.fusing.fuse import recipe_of
from nlg.models.fused import Fused
from nlg.tokenizer import BOS, PAD, ReplyTokenizer
from nlg.training import recipe as recipes
from nlg.training import toml
from nlg.training.run import RECIPE

Run = Callable[..., Result]
CONTEXTS = [[9, 40, 41, 42], [10, 50]]
REPLIES = torch.tensor([[BOS, 90, 91], [BOS, 92, 93]])
MORE = """
licence = "CC-BY-4.0"
cannot = ["Anything else.", "Poems."]
"""


def model_of(family: str, size: int, seed: int, **changes: Any) -> nn.Module:
    torch.manual_seed(seed)
    kind = plugins.family(family)
    chosen = {**kind.variants[0], **({"positions": 64} if "positions" in kind.variants[0] else {}), **changes}
    return kind.build(kind.config(vocab_size=size, **chosen)).eval()


def keep(path: Path, name: str, family: str, tokenizer: ReplyTokenizer, recipe: str, seed: int, **changes: Any) -> Path:
    model = model_of(family, tokenizer.size, seed, **changes)
    made = Checkpoint(name, family, model, tokenizer, 40, Decoding(max_tokens=6))
    checkpoint.save(made, path / name, {RECIPE: recipe.encode()} if recipe else {}, half=True)
    return path / name


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, tokenizer: ReplyTokenizer, told: str) -> Path:
    """`gru` and `gpt` of one vocabulary; `twin` has the shape of `gru`, `cousin` began as it did."""
    path = tmp_path_factory.mktemp("shelf")
    keep(path, "gru", "seq2seq", tokenizer, told, 1)
    other = told.replace('licence = "Apache-2.0"\ncannot = ["Anything else."]', MORE.strip())
    keep(path, "gpt", "gpt", tokenizer, other.replace('["shop"]', '["shop", "more"]'), 2)
    keep(path, "twin", "seq2seq", tokenizer, told, 3)
    keep(path, "plain", "seq2seq", tokenizer, "", 4)
    keep(path, "foreign", "seq2seq", ReplyTokenizer.train(["another shop"], 340), told, 5)
    return path


@pytest.fixture(scope="module")
def data(questions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four questions under two names."""
    folder = tmp_path_factory.mktemp("data")
    for split in ("train", "dev"):
        text = (questions / f"shop.{split}.jsonl").read_text(encoding="utf-8")
        for source in ("shop", "more"):
            (folder / f"{source}.{split}.jsonl").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def run(shelf: Path, data: Path) -> Run:
    """Runs `palaver fuse METHOD NAMES ...`; names that start with a dash or stand after one are options."""
    app = typer.Typer()
    register(app)

    def fuse(method: str, *names: str, options: tuple[str, ...] = (), measure: bool = False) -> Result:
        folders = [str(shelf / name) for name in names]
        last = [] if measure else ["--no-measure"]
        return CliRunner().invoke(app, ["fuse", method, *folders, "--data", str(data), *options, *last])

    return fuse


@pytest.fixture
def evaluate(data: Path) -> Run:
    app = typer.Typer()
    register(app)
    return lambda *words: CliRunner().invoke(app, ["evaluate", *words, "--data", str(data)])


def said(made: Checkpoint) -> torch.Tensor:
    with torch.no_grad():
        return made.writer(*pad(CONTEXTS, PAD), REPLIES).softmax(dim=-1)


def line(told: Result) -> str:
    return " ".join(told.output.split())


def refused(told: Result) -> str:
    """The one line that says why; there is no traceback."""
    assert told.exit_code == 1, told.output
    assert isinstance(told.exception, SystemExit)
    assert line(told).startswith("Error: ")
    return line(told)


def test_models_of_two_families_become_one_that_is_measured_and_has_its_papers(
    run: Run, evaluate: Run, tmp_path: Path
) -> None:
    out = tmp_path / "runs" / "fused"
    told = run("arithmetic", "gru", "gpt", options=("--out", str(out), "--name", "choir"), measure=True)
    assert told.exit_code == 0, told.output
    made = checkpoint.load(out)
    assert f"{made.id} is in {out}." in told.output
    assert "perplexity" in told.output
    weights = cast("Fused", made.model).config.weights
    assert sum(weights) == pytest.approx(1, abs=1e-9)
    assert (made.name, made.family, made.context) == ("choir", "fused", 40)
    assert {"README.md", "FUSION.md", "recipe.toml", "evaluation.json"} <= set(manifest.read(out)[0])
    measured = evaluate(str(out))
    assert measured.exit_code == 0, measured.output
    assert "shop.dev, more.dev" in measured.output


def test_the_papers_tell_what_was_fused_and_how(run: Run, shelf: Path, tmp_path: Path) -> None:
    out = tmp_path / "fused"
    assert run("geometric", "gru", "gpt", options=("--out", str(out), "--weight", "1", "--weight", "3")).exit_code == 0
    made = checkpoint.load(out)
    story = (out / "FUSION.md").read_text()
    assert "Mixed (geometric) by the weights seq2seq 0.250, gpt 0.750." in story
    for name in ("gru", "gpt"):
        assert f"- `{checkpoint.load(shelf / name).id}`" in story
    told = recipes.load(out / RECIPE)
    assert told.text.sources == ["shop", "more"]
    assert told.text.context == 40
    assert told.config(made.tokenizer.size) == cast("Any", made.model).config
    assert told.about.licence == "Apache-2.0 AND CC-BY-4.0"
    assert told.about.data == "Four questions."
    assert told.about.cannot == ["Anything else.", "Poems."]


def test_a_licence_that_one_member_does_not_tell_is_not_told_of_all(tmp_path: Path, shelf: Path) -> None:
    for name, licence in (("told", "MIT"), ("silent", "")):
        (tmp_path / name).mkdir()
        told = recipes.read(shelf / "gru" / RECIPE)
        (tmp_path / name / RECIPE).write_text(toml.render({**told, "about": {"licence": licence}}))
    made, both = checkpoint.load(shelf / "gru"), [tmp_path / "told", tmp_path / "silent"]
    licences = [tomllib.loads(recipe_of(some, made).decode())["about"]["licence"] for some in (both[:1], both)]
    assert licences == ["MIT", ""]


def test_weights_that_are_given_are_taken_and_no_data_is_needed(run: Run, shelf: Path, tmp_path: Path) -> None:
    out = tmp_path / "fused"
    options = ("--out", str(out), "--weight", "2", "--weight", "6", "--data", str(tmp_path / "nowhere"))
    told = run("arithmetic", "gru", "gpt", options=options)
    assert told.exit_code == 0, told.output
    gru, gpt = (said(checkpoint.load(shelf / name)) for name in ("gru", "gpt"))
    torch.testing.assert_close(said(checkpoint.load(out)), 0.25 * gru + 0.75 * gpt, atol=1e-6, rtol=1e-5)


def test_weights_are_found_on_other_sources_if_told(run: Run, tmp_path: Path) -> None:
    out = ("--out", str(tmp_path / "fused"))
    assert run("arithmetic", "gru", "gpt", options=(*out, "--source", "more", "--limit", "3")).exit_code == 0
    assert "holds neither nowhere.dev" in refused(
        run("arithmetic", "gru", "gpt", options=(*out, "--source", "nowhere"))
    )


def test_settings_and_the_ancestor_reach_the_method(run: Run, shelf: Path, tmp_path: Path) -> None:
    out = tmp_path / "fused"
    base = ("--out", str(out), "--base", str(shelf / "gru"))
    assert run("ties", "gru", "twin", options=(*base, "--set", "density=1.0", "--set", "scale=2.0")).exit_code == 0
    gru, twin, made = (checkpoint.load(path).model.state_dict() for path in (shelf / "gru", shelf / "twin", out))
    for name, weight in made.items():  # the base moved by nobody but the twin, by twice as much
        torch.testing.assert_close(weight, gru[name] + 2 * (twin[name] - gru[name]), atol=2e-3, rtol=2e-3)
    assert "name their ancestor as base" in refused(run("ties", "gru", "twin", options=("--out", str(out))))


def test_the_mean_of_weights_is_saved_as_its_own_family(run: Run, shelf: Path, tmp_path: Path) -> None:
    out = tmp_path / "fused"
    assert run("average", "gru", "twin", options=("--out", str(out)), measure=True).exit_code == 0
    made = checkpoint.load(out)
    assert made.family == "seq2seq"
    gru, twin = (checkpoint.load(shelf / name).model.state_dict() for name in ("gru", "twin"))
    for name, weight in made.model.state_dict().items():
        torch.testing.assert_close(weight, (gru[name] + twin[name]) / 2, atol=1e-3, rtol=1e-3)
    assert recipes.load(out / RECIPE).config(made.tokenizer.size) == cast("Any", made.model).config


def test_a_fused_model_can_be_measured_by_what_it_finds(run: Run, evaluate: Run, tmp_path: Path) -> None:
    out = str(tmp_path / "fused")
    assert run("arithmetic", "gru", "gpt", options=("--out", out)).exit_code == 0
    told = evaluate(out, "--beams", "4", "--choose", "mbr")
    assert told.exit_code == 0, told.output
    assert "searched by 4 beams and taken by mbr" in line(told)


# What cannot be


@pytest.mark.parametrize("method", ["arithmetic", "average"])
def test_another_vocabulary_is_refused_with_the_reason(run: Run, tmp_path: Path, method: str) -> None:
    told = refused(run(method, "gru", "foreign", options=("--out", str(tmp_path / "fused"))))
    assert "has another vocabulary than gru@" in told
    assert "text.tokenizer" in told
    assert not (tmp_path / "fused").exists()


def test_an_ancestor_of_another_vocabulary_is_refused(run: Run, shelf: Path, tmp_path: Path) -> None:
    options = ("--out", str(tmp_path / "fused"), "--base", str(shelf / "foreign"))
    assert "foreign@" in refused(run("ties", "gru", "twin", options=options))


@pytest.mark.parametrize("method", ["average", "slerp", "regmean"])
def test_other_shapes_are_refused_with_advice(run: Run, tmp_path: Path, method: str) -> None:
    told = refused(run(method, "gru", "gpt", options=("--out", str(tmp_path / "fused"))))
    assert "gpt@" in told
    assert "Mix what the models say instead: arithmetic or geometric." in told


@pytest.mark.parametrize(
    ("family", "one", "other"),
    [("transformer", {"heads": 2}, {"heads": 4}), ("gpt", {"heads": 4}, {"heads": 8})],
)
def test_weights_of_one_shape_that_mean_something_else_are_refused(
    family: str, one: Any, other: Any, run: Run, tokenizer: ReplyTokenizer, told: str, tmp_path: Path
) -> None:
    paths = [keep(tmp_path, name, family, tokenizer, told, 1, **more) for name, more in (("a", one), ("b", other))]
    out = ("--out", str(tmp_path / "fused"))
    assert "one shape and meaning only" in refused(run("average", *map(str, paths), options=out))
    assert run("arithmetic", *map(str, paths), options=out).exit_code == 0


def test_settings_that_only_training_reads_may_differ(
    run: Run, tokenizer: ReplyTokenizer, told: str, tmp_path: Path
) -> None:
    paths = [keep(tmp_path, name, "gpt", tokenizer, told, 1, dropout=drop) for name, drop in (("a", 0.1), ("b", 0.3))]
    assert run("average", *map(str, paths), options=("--out", str(tmp_path / "fused"))).exit_code == 0


@pytest.mark.parametrize(
    "weights", [("1",), ("1", "1", "1"), ("-1", "2"), ("0", "0"), ("nan", "1"), ("inf", "1"), ("1", "nan")]
)
@pytest.mark.parametrize("method", ["arithmetic", "average"])
def test_weights_that_make_no_sense_are_refused(
    run: Run, tmp_path: Path, method: str, weights: tuple[str, ...]
) -> None:
    given = tuple(word for weight in weights for word in ("--weight", weight))
    told = refused(run(method, "gru", "twin", options=("--out", str(tmp_path / "fused"), *given)))
    assert "2 models need 2 weights, none negative and not all 0" in told


@pytest.mark.parametrize(
    ("method", "more", "error"),
    [
        ("magic", (), "nlg.fusions has no 'magic'. It has: arithmetic, average, dare, fisher, geometric"),
        ("ties", ("--set", "thickness=1"), "ties: unknown setting 'thickness'. Known are: density"),
        ("ties", ("--set", "density"), "--set density: write NAME=VALUE"),
        ("ties", ("--set", "density=much"), "--set density=much: write NAME=VALUE"),
        ("dare", ("--set", "drop=2.0"), "drop is 2.0, and should be at least 0"),
        ("arithmetic", ("--set", "loud=1"), "arithmetic: unknown setting 'loud'"),
        ("arithmetic", ("--name", "No name!"), "is no name for a model"),
        ("arithmetic", ("--device", "abacus"), "'abacus' cannot be used here"),
    ],
)
def test_what_is_not_known_is_refused(
    run: Run, shelf: Path, tmp_path: Path, method: str, more: tuple[str, ...], error: str
) -> None:
    base = ("--base", str(shelf / "gru"), "--out", str(tmp_path / "fused"))
    assert error in refused(run(method, "gru", "twin", options=(*base, *more)))
    assert not (tmp_path / "fused").exists()


def test_a_folder_that_is_no_checkpoint_is_refused(run: Run, tmp_path: Path) -> None:
    told = refused(run("arithmetic", "gru", str(tmp_path), options=("--out", str(tmp_path / "fused"))))
    assert "manifest.json cannot be read" in told


def test_a_fused_model_is_no_member_of_another(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "fused"
    assert run("arithmetic", "gru", "gpt", options=("--out", str(out))).exit_code == 0
    told = refused(run("arithmetic", "gru", str(out), options=("--out", str(tmp_path / "more"))))
    assert "a fused model cannot be a member of another. Fuse all of their members at once." in told


def test_nothing_is_lost_by_writing_over_it(run: Run, shelf: Path, tmp_path: Path) -> None:
    before = checkpoint.load(shelf / "gru").id
    assert "gru is one of the models, which would be lost" in refused(
        run("arithmetic", "gru", "gpt", options=("--out", str(shelf / "gru")))
    )
    assert checkpoint.load(shelf / "gru").id == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "manifest.json").write_text('{"name": "an extension of a browser"}')
    for path in (tmp_path / "mine", tmp_path / "mine" / "letter.txt", tmp_path / "app", shelf):
        told = refused(run("arithmetic", "gru", "gpt", options=("--out", str(path))))
        assert "is there and holds no checkpoint, so it would be lost. Name another folder." in told
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


def test_an_empty_folder_or_an_older_checkpoint_is_written_over(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "fused"
    out.mkdir()
    found = []
    for weight in ("1", "2"):
        weights = ("--weight", weight, "--weight", "1")
        assert run("arithmetic", "gru", "gpt", options=("--out", str(out), *weights)).exit_code == 0
        found.append(cast("Fused", checkpoint.load(out).model).config.weights)
    assert found == [[0.5, 0.5], pytest.approx([2 / 3, 1 / 3])]


def test_models_without_recipes_are_fused_and_not_measured(run: Run, evaluate: Run, tmp_path: Path) -> None:
    out = str(tmp_path / "fused")
    weights = ("--weight", "1", "--weight", "1")
    told = run("arithmetic", "plain", "plain", options=("--out", out, *weights), measure=True)
    assert told.exit_code == 0, told.output
    assert "No model has a recipe.toml" in line(told)
    assert RECIPE not in manifest.read(Path(out))[0]
    assert evaluate(out, "--source", "shop").exit_code == 0
    assert "cannot read the recipe" in refused(run("arithmetic", "plain", "gru", options=("--out", out)))
    assert run("arithmetic", "plain", "gru", options=("--out", out, "--source", "shop")).exit_code == 0
    assert recipes.load(Path(out) / RECIPE).text.sources == ["shop"]


def test_the_model_reads_no_more_than_all_members_do(
    run: Run, shelf: Path, tokenizer: ReplyTokenizer, tmp_path: Path
) -> None:
    short = replace(checkpoint.load(shelf / "gpt"), name="short", context=7)
    files, _ = manifest.read(shelf / "gpt")
    checkpoint.save(short, tmp_path / "short", {RECIPE: files[RECIPE]})
    told = run("arithmetic", "gru", str(tmp_path / "short"), options=("--out", str(tmp_path / "fused")))
    assert told.exit_code == 0, told.output
    assert checkpoint.load(tmp_path / "fused").context == 7
    assert tomllib.loads((tmp_path / "fused" / RECIPE).read_text())["text"]["context"] == 7
    assert tokenizer.size == checkpoint.load(tmp_path / "fused").tokenizer.size
