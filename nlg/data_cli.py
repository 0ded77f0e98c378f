"""`palaver data ...`: look at data and clean it. Fast to import: what is heavy is imported when a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nlg import default_model

DEFAULT_MODEL = default_model()
FORMATS = "Dialogues, pairs, acts or transcripts: .jsonl, .csv, .tsv (also .xz, .gz), or a folder of datasets."
RULES = "empty, one_sided, broken, too_long, wrong_language, personal or repeated"

Files = Annotated[list[Path], typer.Argument(help=FORMATS, show_default=False)]
Source = Annotated[Path, typer.Argument(help=FORMATS, metavar="IN", show_default=False)]
Tokenizer = Annotated[
    Path, typer.Option(help="A checkpoint or its tokenizer.json.", show_default="that of the default model")
]
LongestText = Annotated[int, typer.Option(min=1, help="Characters of a text at most.")]
MostTurns = Annotated[int, typer.Option(min=1, help="Turns of a dialogue at most.")]
Allow = Annotated[list[str] | None, typer.Option(help=f"A rule to leave out: {RULES}. Can be given several times.")]


def register(app: typer.Typer) -> None:
    """Add the family to an app."""
    commands = typer.Typer(help="Data to train on: look at it, clean it.", no_args_is_help=True)
    commands.command()(report)
    commands.command()(clean)
    app.add_typer(commands, name="data")


def report(
    files: Files,
    out: Annotated[Path | None, typer.Option(help="Folder for the report as Markdown, JSON and PNG.")] = None,
    tokenizer: Tokenizer = DEFAULT_MODEL,
    examples: Annotated[int, typer.Option(min=0, help="How many rows to show of each file.")] = 5,
    longest_text: LongestText = 4000,
    most_turns: MostTurns = 100,
    allow: Allow = None,
) -> None:
    """Show what is in data files: counts, lengths, languages, topics, duplicates, examples.

    Says what `palaver data clean` would leave out, and changes nothing.

    Examples:

        palaver data report data/mine.train.jsonl

        palaver data report data/*.jsonl.xz --out reports/data --tokenizer runs/service/model
    """
    from nlg.data import commands  # noqa: PLC0415 - see above
    from nlg.data.rules import Limits  # noqa: PLC0415

    commands.report(files, out, tokenizer, examples, Limits(longest_text, most_turns, frozenset(allow or ())))


def clean(
    source: Source,
    out: Annotated[Path, typer.Option(help="File for the rows that are kept: .jsonl, .jsonl.xz or .jsonl.gz.")],
    longest_text: LongestText = 4000,
    most_turns: MostTurns = 100,
    allow: Allow = None,
) -> None:
    """Leave out what should not be learnt from: duplicates, empty, one-sided, broken and overlong rows, rows in another
    language than their label says, and rows with personal data.

    Each row that is left out is listed with its reasons beside OUT, in .dropped.jsonl; .cleaning.md and .cleaning.json
    have the figures. Names and addresses of people cannot be found: look at the examples of a report.

    Examples:

        palaver data clean raw/mine.train.csv --out data/mine.train.jsonl

        palaver data clean raw/chats.jsonl --out data/chats.train.jsonl.xz --longest-text 500 --allow wrong_language
    """
    from nlg.data import commands  # noqa: PLC0415 - see above
    from nlg.data.rules import Limits  # noqa: PLC0415

    commands.clean(source, out, Limits(longest_text, most_turns, frozenset(allow or ())))
