"""One piece of work of a journey, in a process of its own: `python -m nlg.headline.work train ...`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from nlg import checkpoint, plugins
from nlg.evaluation import asking
from nlg.evaluation.measuring import searching
from nlg.evaluation.progress import bars
from nlg.fusing.fuse import Wish, fuse, reader, save
from nlg.headline import figures, speed
from nlg.telling import told
from nlg.training import recipe, run, tutor, vocabulary
from nlg.training.progress import Bars
from nlg.training.team import gathered, usable

DONE = "done.json"
DEV_EXAMPLES = 1000
"""By which a fused model finds its weights."""
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
Device = Annotated[str, typer.Option()]


@app.command()
def train(path: Path, data: Path, out: Path, device: Device = "") -> None:
    """Follow a recipe."""
    with told(), gathered(device) as team, Bars(Console(stderr=True)) as shown:
        run.train(path, data, out, shown, resume=True, team=team)
    (out / DONE).write_text("{}\n")


@app.command()
def mix(out: Path, data: Path, members: list[Path], device: Device = "") -> None:
    """Fuse what models say, with weights found on dev."""
    with told():
        sources = recipe.load(members[0] / run.RECIPE).text.sources
        read = reader(data, sources, checkpoint.load(members[0]), DEV_EXAMPLES)
        wish = Wish(members, name="fused")
        made, blend = fuse(plugins.fusion("arithmetic")(), wish, read, usable(device))
        save(out, made, blend, members)
    (out / DONE).write_text(json.dumps({"note": blend.note}) + "\n")


@app.command()
def write(path: Path, data: Path, out: Path, device: Device = "") -> None:
    """Have the teacher of a recipe reply to all that its student reads."""
    out.mkdir(parents=True, exist_ok=True)
    with told(), bars(Console(stderr=True, force_terminal=False)) as begin:
        read = recipe.load(path)
        tokens = vocabulary.load(Path(read.text.tokenizer))
        found = tutor.reading(read, run.read(read, data).learnt, tokens, out, usable(device), begin)
    (out / DONE).write_text(json.dumps({"replies": sum(bool(one.written) for one in found)}) + "\n")


@app.command()
def measure(  # noqa: PLR0913, PLR0917 - each is one thing to tell
    name: str,
    model: Path,
    data: Path,
    sources: str,
    splits: str,
    out: Path,
    limit: int,
    beams: int = 1,
    choice: str = "likeliest",
    device: Device = "",
) -> None:
    """Measure a system on some splits; what comes of each lies in the folder `out`."""
    with told():
        made = checkpoint.load(model)
        made.model.to(usable(device))
        wanted = searching(beams if beams > 1 else 0, choice, made.decoding.max_tokens)
        for split in splits.split(","):
            asked = asking.load(data, sources.split(","), split, limit)
            figures.measure(name, made, asked, wanted).save(out / f"{name}.{split}.json")


@app.command()
def race(out: Path, data: Path, sources: str, student: Path, teacher: Path, fused: Path, beams: int) -> None:
    """Time student, largest teacher and fused model on this machine's CPU, in turns."""
    with told():
        asked = asking.load(data, sources.split(","), "dev", speed.EXAMPLES)
        runners = speed.Runners(*(checkpoint.load(one) for one in (student, teacher, fused)))
        found = speed.race(runners, asked.examples, beams)
    out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    app()
