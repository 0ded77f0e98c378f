"""Commands of the models' room. Fast to import: what needs torch is imported when a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path, typer.Option(help="Folder with <source>.train.jsonl(.xz) and <source>.dev.jsonl(.xz).")]
Model = Annotated[Path | None, typer.Argument(help="Folder of a checkpoint; without it, the model that comes along.")]
Beams = Annotated[int, typer.Option(min=0, help="Search replies by so many beams; 0: token by token.")]
Choose = Annotated[str, typer.Option(help="Which of the found replies: likeliest, mbr, coverage.")]

Reviews = Annotated[
    list[Path] | None,
    typer.Option("--from-reviews", help="Learn from this file of reviews too (palaver export); repeat for more."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    for command in (train, distil, fuse, evaluate, card, stress, generate, explain, document, adopt, shrink, convert):
        app.command()(command)


def train(  # noqa: PLR0913, PLR0917 - each is one option of the command
    recipe: Annotated[Path, typer.Argument(help="What to train, as TOML.")],
    out: Annotated[Path, typer.Option(help="Folder of the run; the checkpoint will be in OUT/model.")],
    data: Data = Path("data"),
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run or the search in OUT.")] = False,
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:1 ...; without it, a GPU where there is one.")] = "",
    search: Annotated[int, typer.Option(min=0, help="Try so many variants from the recipe's [search] table.")] = 0,
    from_reviews: Reviews = None,
    start: Annotated[Path | None, typer.Option(help="Checkpoint to begin with, in place of the recipe's.")] = None,
) -> None:
    """Train a model by a recipe, measure it and write its card; or search for a better recipe.

    Examples:

        palaver train nlg/recipes/service.toml --out runs/service --data data

        palaver train nlg/recipes/service.toml --out runs/service --resume

        palaver train nlg/recipes/nano-gru.toml --out runs/search --search 20

        palaver train nlg/recipes/reviews.toml --from-reviews preferences.jsonl --out runs/reviewed

        accelerate launch --num_processes 4 .venv/bin/palaver train nlg/recipes/h200-gpt.toml --out runs/large
    """
    from nlg.training import commands  # noqa: PLC0415 - torch takes seconds

    changes = commands.Changes(start=start, reviews=tuple(from_reviews or ()))
    if search:
        commands.search(recipe, data, out, resume, device, search, changes)
    else:
        commands.train(recipe, data, out, resume, device, changes)


def distil(  # noqa: PLR0913, PLR0917 - each is one option of the command
    recipe: Annotated[Path, typer.Argument(help="The student and its phases, as TOML.")],
    out: Annotated[Path, typer.Option(help="Folder of the run; the student will be in OUT/model.")],
    data: Data = Path("data"),
    teacher: Annotated[Path | None, typer.Option(help="Folder of the teacher, in place of the recipe's.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in OUT.")] = False,
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:1 ...; without it, a GPU where there is one.")] = "",
    cache: Annotated[
        Path | None, typer.Option(help="Write the teacher's odds into this folder, and do not train.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="Tokens that --cache writes down at each place.")] = 32,
    from_reviews: Reviews = None,
) -> None:
    """Train a student by what a teacher says: a model of any family, or several that were fused.

    Examples:

        palaver distil nlg/recipes/nano-student.toml --teacher runs/fused --out runs/student

        palaver distil nlg/recipes/nano-student.toml --teacher runs/fused --cache odds --out runs/student

        palaver distil nlg/recipes/nano-student.toml --teacher odds --out runs/student
    """
    from nlg.training import commands  # noqa: PLC0415 - torch takes seconds

    changes = commands.Changes(teacher, reviews=tuple(from_reviews or ()))
    if cache:
        commands.cache(recipe, data, device, cache, most, changes)
    else:
        commands.distil(recipe, data, out, resume, device, changes)


def fuse(  # noqa: PLR0913, PLR0917 - each is one option of the command
    method: Annotated[str, typer.Argument(help="arithmetic, geometric, average, greedy_soup, slerp, ties, dare ...")],
    models: Annotated[list[Path], typer.Argument(help="Folders of the checkpoints.")],
    out: Annotated[Path, typer.Option(help="Folder of the checkpoint to write.")],
    name: Annotated[str, typer.Option(help="Its name.")] = "fused",
    weight: Annotated[list[float] | None, typer.Option(help="One a model; without, the method finds its own.")] = None,
    base: Annotated[Path | None, typer.Option(help="The checkpoint that all of them began with.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE of a setting of the method.")] = None,
    data: Data = Path("data"),
    source: Annotated[list[str] | None, typer.Option(help="What to choose by; without, what the first learnt.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="So many dev examples; 0: all.")] = 1000,
    device: Annotated[str, typer.Option(help="cpu, cuda ...; without it, a GPU where there is one.")] = "",
    measure: Annotated[bool, typer.Option(help="Measure the result and write its card.")] = True,
) -> None:
    """Make one model of several: by mixing what models of any families say, or weights of models of one shape.

    Examples:

        palaver fuse arithmetic runs/lstm/model runs/gpt/model --out runs/fused --data data

        palaver fuse average runs/a/model runs/b/model --weight 2 --weight 1 --out runs/soup

        palaver fuse ties runs/a/model runs/b/model --base runs/start/model --set density=0.3 --out runs/ties
    """
    from nlg.fusing import commands  # noqa: PLC0415 - torch takes seconds
    from nlg.fusing.fuse import Wish  # noqa: PLC0415 - torch takes seconds

    choice = commands.Choice(data, source or [], limit, device)
    commands.fusing(method, Wish(models, base, weight or [], name), set_ or [], choice, out, measure)


def evaluate(  # noqa: PLR0913, PLR0917 - each is one option of the command
    model: Model = None,
    data: Data = Path("data"),
    split: Annotated[str, typer.Option(help="dev or test.")] = "dev",
    source: Annotated[list[str] | None, typer.Option(help="What to ask; without it, what the model learnt.")] = None,
    against: Annotated[
        Path | None, typer.Option(help="Folder of another checkpoint to compare with, or copy, lead or template.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="So many examples, drawn by chance; 0: all.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed draws the same examples and samples.")] = 0,
    beams: Beams = 0,
    choose: Choose = "likeliest",
    out: Annotated[Path | None, typer.Option(help="Folder for the report as HTML, Markdown, JSON and PNG.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and not Markdown.")] = False,
) -> None:
    """Measure a model: perplexity, BLEU, chrF, ROUGE, F1, variety, repetition, slot errors, speed; or compare two.

    Examples:

        palaver evaluate --data data --limit 200

        palaver evaluate runs/service/model --split test --out reports/service

        palaver evaluate runs/small/model --against runs/large/model --json > figures.json

        palaver evaluate runs/zh/model --source tatoeba_en_zh --source tatoeba_en_zh:swapped --split test --against copy

        palaver evaluate runs/fused --beams 8 --choose mbr
    """
    from nlg.evaluation import commands  # noqa: PLC0415 - torch takes seconds

    choice = commands.Choice(data, split, source or [], limit, seed)
    commands.evaluate(model, against, choice, commands.Reply(beams, choose), out, json)


def card(
    model: Annotated[Path, typer.Argument(help="Folder of a checkpoint that was trained here.")],
    data: Data = Path("data"),
    graded: Annotated[Path | None, typer.Option(help="Replies that a person graded, as JSON lines.")] = None,
) -> None:
    """Measure a checkpoint again and write its card anew, with replies that a person graded if there are any.

    Examples:

        palaver card runs/mine-int8 --data data

        palaver card runs/mine/model --data data --graded graded.jsonl
    """
    from nlg.evaluation import commands  # noqa: PLC0415 - torch takes seconds

    commands.card(model, data, graded)


def stress(  # noqa: PLR0913, PLR0917 - each is one option of the command
    model: Model = None,
    data: Data = Path("data"),
    split: Annotated[str, typer.Option(help="dev or test.")] = "dev",
    source: Annotated[list[str] | None, typer.Option(help="What to ask; without it, what the model learnt.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="So many examples, drawn by chance; 0: all.")] = 300,
    seed: Annotated[int, typer.Option(help="The same seed draws and wears the same examples.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for the report as Markdown, JSON and PNG.")] = None,
    into: Annotated[Path | None, typer.Option(help="Markdown page whose results are written anew.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and not Markdown.")] = False,
) -> None:
    """Ask a model worn questions (typos, noise, nothing at all, other languages) and injections: what gets worse?

    Examples:

        palaver stress --data data --limit 100

        palaver stress runs/service/model --data data --split test --out reports/stress
    """
    from nlg.evaluation.commands import Choice  # noqa: PLC0415 - torch takes seconds
    from nlg.robustness import commands  # noqa: PLC0415 - torch takes seconds

    commands.stress(model, Choice(data, split, source or [], limit, seed), out, into, json)


def generate(
    text: Annotated[str, typer.Argument(help="What the customer says; without it, talk line by line.")] = "",
    model: Annotated[Path | None, typer.Option(help="Folder of a checkpoint.")] = None,
    language: Annotated[str, typer.Option(help="en or zh; empty lets the model see for itself.")] = "",
    temperature: Annotated[float, typer.Option(min=0.0, help="0 always takes the likeliest word.")] = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed draws the same reply.")] = 0,
    beams: Beams = 0,
    choose: Choose = "likeliest",
) -> None:
    """Write a reply, as it comes; or search for one, and show it whole.

    Examples:

        palaver generate "Where is my order?"

        palaver generate 我的快递到哪了 --temperature 0.7 --seed 3

        palaver generate --model runs/service/model

        palaver generate "Where is my order?" --model runs/fused --beams 4 --choose mbr
    """
    from nlg import commands  # noqa: PLC0415 - torch takes seconds

    how = commands.How(language, temperature, seed, beams, choose)
    commands.generate(text, model, how)


def explain(
    text: Annotated[str, typer.Argument(help="What the customer says.")],
    model: Annotated[Path | None, typer.Option(help="Folder of a checkpoint.")] = None,
    reply: Annotated[str | None, typer.Option(help="Explain this reply, and not what the model would say.")] = None,
    language: Annotated[str, typer.Option(help="en or zh; empty lets the model see for itself.")] = "",
    alternatives: Annotated[int, typer.Option(min=0, max=50, help="How many other tokens to tell at each step.")] = 5,
    out: Annotated[Path | None, typer.Option(help="Folder for explanation.json and explanation.png.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the JSON and not a table.")] = False,
) -> None:
    """Tell why a model says what it says: where it looked, how likely each token was, and what else it might have said.

    Examples:

        palaver explain "Where is my parcel?" --out why

        palaver explain 我的快递到哪了 --language zh --model runs/service/model

        palaver explain "Where is my parcel?" --reply "It left us yesterday." --json > why.json
    """
    from nlg.explaining import commands  # noqa: PLC0415 - torch takes seconds

    commands.explain(text, model, reply, language, alternatives, out, json)


def document(
    template: Annotated[Path, typer.Argument(help="TOML or JSON: fields, fixed sentences, and what to ask the model.")],
    set_: Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE of a field. Can be given often.")] = None,
    fields: Annotated[Path | None, typer.Option(help="TOML or JSON file with values of fields.")] = None,
    model: Annotated[Path | None, typer.Option(help="Folder of a checkpoint.")] = None,
    tries: Annotated[int, typer.Option(min=1, max=64, help="Texts that the model may write for a paragraph.")] = 4,
    out: Annotated[Path | None, typer.Option(help="File for the document; without it, it is printed.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON, with who wrote what and why.")] = False,
) -> None:
    """Write a document from a template: given names and numbers appear as given, or the template's own sentence does.

    Examples:

        palaver document docs/templates/late-parcel.toml --set customer="Ana Lin" --set order=A-4711 --set days=6

        palaver document letter.toml --fields ana.json --model runs/mine/model --out letter.txt
    """
    from nlg.documents import commands  # noqa: PLC0415 - torch takes seconds

    commands.document(template, set_ or [], fields, model, tries, out, json)


def adopt(
    source: Annotated[Path, typer.Argument(help="Folder of a checkpoint of transformers, with its tokenizer.")],
    target: Annotated[Path, typer.Argument(help="Folder to write; a recipe names it as model.path.")],
) -> None:
    """Move a GPT-2, Qwen, Llama, BART, T5, BERT or RoBERTa on this machine over to our tokens, to train it further.

    Examples:

        palaver adopt downloads/gpt2 models/gpt2
    """
    from nlg import commands  # noqa: PLC0415 - torch takes seconds

    commands.adopt(source, target)


def shrink(
    model: Annotated[Path, typer.Argument(help="Folder of a checkpoint.")],
    out: Annotated[Path, typer.Option(help="Folder of the checkpoint to write.")],
    data: Annotated[Path | None, typer.Option(help="Measure what was lost on the dev files in this folder.")] = None,
    source: Annotated[list[str] | None, typer.Option(help="What to ask; without it, what the model learnt.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="So many examples, drawn by chance; 0: all.")] = 200,
) -> None:
    """Write a checkpoint with int8 weights: a quarter of float32 in size, and quicker on a CPU.

    Examples:

        palaver shrink runs/service/model --out runs/service/int8

        palaver shrink runs/service/model --out runs/service/int8 --data data --limit 500
    """
    from nlg import shrinking  # noqa: PLC0415 - torch takes seconds

    shrinking.shrink(model, out, shrinking.Choice(data, source or [], limit))


def convert(
    model: Annotated[Path, typer.Argument(help="Folder of a checkpoint of the family gpt, with float weights.")],
    out: Annotated[Path, typer.Option(help="Folder to write, for PALAVER_WRITER=ctranslate2.")],
    weights: Annotated[str, typer.Option(help="int8 or float32.")] = "int8",
) -> None:
    """Lay a GPT of ours out for CTranslate2, which writes several times as fast on a CPU.

    Examples:

        palaver convert runs/gpt/model --out runs/gpt/converted

        PALAVER_WRITER=ctranslate2 PALAVER_MODEL=runs/gpt/converted palaver run
    """
    from nlg.converting import commands  # noqa: PLC0415 - torch takes seconds

    commands.convert(model, out, weights)
