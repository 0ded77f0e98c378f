"""What `palaver shrink` does: writes a checkpoint with int8 weights, and says what was won and lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import typer
from rich.console import Console
from torch import Tensor

from nlg import checkpoint, int8, manifest
from nlg.card import CARD
from nlg.checkpoint import CONFIG, GENERATION, TOKENIZER, WEIGHTS, Checkpoint
from nlg.contract import Decoding, Line, Role
from nlg.data.batches import pad
from nlg.errors import CheckpointError
from nlg.evaluation import asking, tables
from nlg.evaluation.measuring import measure
from nlg.evaluation.progress import bars
from nlg.evaluation.report import Group, Report
from nlg.running import write
from nlg.telling import told, writing
from nlg.tokenizer import BOS, PAD
from nlg.training import recipe
from nlg.training.run import RECIPE

OWN = frozenset({CONFIG, GENERATION, TOKENIZER, WEIGHTS})
SENTENCES = ("Where is my order?", "Can I send it back?", "I was charged twice.", "我的快递到哪了？", "可以退货吗？")
NOTED = """
## int8

These are the weights of `{id}` in int8, made by `palaver shrink`. The figures above are those of `{id}`.
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """By what the loss of quality is measured: dev examples of some sources in a folder, `limit` of them (0: all)."""

    data: Path | None
    sources: Sequence[str]
    limit: int


def shrink(folder: Path, out: Path, choice: Choice) -> None:
    with told():
        made = checkpoint.load(folder)
        _check(folder, out, made)
        _save(folder, out, made)
        small = checkpoint.load(out)
        before, after = (_size(place) for place in (folder, out))
        typer.echo(f"{small.id} is in {out}: {after / 1e6:.1f} MB, and {made.id} takes {before / 1e6:.1f} MB.")
        typer.echo(_told(apart(made, small)))
        if choice.data:
            typer.echo(_table(*_measured(folder, choice.data, choice, [made, small])))


def apart(one: Checkpoint, other: Checkpoint) -> list[float]:
    """For each token that `one` says to a few sentences, how much of the probability `other` gives to other tokens.

    That is the total variation distance: 0 is no difference, 1 is a different mind.
    """
    found: list[float] = []
    for sentence in SENTENCES:
        context = one.tokenizer.context((Line(Role.USER, sentence),), "", one.context)
        [row] = write(one.writer, [context], [Decoding()], one.tokenizer.silent)
        first, second = (_odds(made, context, row.tokens) for made in (one, other))
        found += (0.5 * (first - second).abs().sum(dim=-1)).tolist()
    return found


@torch.inference_mode()
def _odds(made: Checkpoint, context: list[int], reply: list[int]) -> Tensor:
    """Probabilities of what comes after each token of a reply (T + 1, V)."""
    return made.writer(*pad([context], PAD), torch.tensor([[BOS, *reply]]))[0].softmax(dim=-1)


def _told(moved: Sequence[float]) -> str:
    return (
        f"On {len(SENTENCES)} sentences {sum(moved) / len(moved):.1%} of the probability goes to other tokens on "
        f"average, and {max(moved):.1%} at the token where the most does."
    )


def _check(folder: Path, out: Path, made: Checkpoint) -> None:
    if out.resolve() == folder.resolve():
        raise CheckpointError(f"{out} is the model itself, whose float weights would be lost. Name another --out.")
    checkpoint.spare(out)
    if int8.is_quantised(made):
        raise CheckpointError(f"{folder} has int8 weights already. Name the checkpoint that it was made of.")


def _save(folder: Path, out: Path, made: Checkpoint) -> None:
    files, _ = manifest.read(folder)
    kept = {name: data for name, data in files.items() if name not in OWN}
    if CARD in kept:
        kept[CARD] += NOTED.format(id=made.id).encode()
    with writing(out):
        checkpoint.save(int8.quantised(made), out, kept)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _measured(folder: Path, data: Path, choice: Choice, both: Sequence[Checkpoint]) -> list[Report]:
    sources = choice.sources or recipe.load(folder / RECIPE).text.sources
    asked = asking.load(data, sources, "dev", choice.limit)
    with bars(Console(stderr=True)) as begin:
        return [measure(one, asked, begin).report for one in both]


def _table(before: Report, after: Report) -> str:
    rows = [["", "before", "int8"], ["---"] * 3, *_rows(before, after)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _rows(before: Report, after: Report) -> Iterator[list[str]]:
    for one, other in zip(before.groups, after.groups, strict=True):
        title = tables.title(one.language, one.turns)
        for name, value in FIGURES.items():
            yield [f"{title}: {name}", value(one), value(other)]
    yield ["tokens a second, 16 at once", *(f"{report.speed.tokens_per_second:.0f}" for report in (before, after))]
    yield ["ms a reply, median", *(f"{report.speed.reply_ms_p50:.1f}" for report in (before, after))]


FIGURES: dict[str, Callable[[Group], str]] = {
    "perplexity a token": lambda group: f"{group.perplexity_token:.2f}",
    "BLEU": lambda group: f"{group.scores['bleu'] or 0:.2f}",
}
