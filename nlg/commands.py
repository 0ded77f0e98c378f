"""What the commands do. Errors that a person can mend are one line on the error output, and exit status 1."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import typer

from nlg import checkpoint, default_model
from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding, Line, Prompt, Role
from nlg.data.examples import Example
from nlg.engine import Engine
from nlg.errors import RecipeError
from nlg.evaluation.measuring import searching
from nlg.evaluation.writing import Searching, answers
from nlg.telling import told

PATIENCE_SECONDS = 60.0
Speak: TypeAlias = Callable[[tuple[Line, ...]], str]
"""Replies to the lines of a conversation, and shows the reply."""


@dataclass(frozen=True, slots=True)
class How:
    """How to reply: in which language, and drawn token by token, or searched by `beams` (0: not) and then chosen."""

    language: str = ""
    temperature: float = 0.0
    seed: int = 0
    beams: int = 0
    choice: str = "likeliest"


def generate(text: str, model: Path | None, how: How) -> None:
    with told(), _speaking(checkpoint.load(model or default_model()), how) as speak:
        if text:
            speak((Line(Role.USER, text),))
        else:
            _talk(speak)


def adopt(source: Path, target: Path) -> None:
    with told():
        try:
            from nlg import adoption  # noqa: PLC0415 - transformers is an extra
        except ImportError as error:
            raise RecipeError(f"this needs more packages: pip install 'palaver[hub]' ({error})") from error
        adoption.adopt(source, target)
        typer.echo(f"Name {target} in a recipe: see nlg/recipes/nano-pretrained.toml.")


@contextmanager
def _speaking(made: Checkpoint, how: How) -> Iterator[Speak]:
    wanted = searching(how.beams, how.choice, made.decoding.max_tokens)
    if wanted and how.temperature:
        raise RecipeError("a search draws nothing by chance: leave --temperature out, or --beams.")
    if wanted:
        yield lambda lines: _found(made, lines, how.language, wanted)
        return
    engine = Engine(made)
    decoding = replace(made.decoding, temperature=how.temperature, seed=how.seed)
    try:
        yield lambda lines: _reply(engine, lines, how.language, decoding)
    finally:
        engine.close()


def _talk(speak: Speak) -> None:
    lines: tuple[Line, ...] = ()
    for said in _spoken(lambda: input("> ")):
        lines = (*lines, Line(Role.USER, said))
        lines = (*lines, Line(Role.ASSISTANT, speak(lines)))


def _spoken(ask: Callable[[], str]) -> Iterator[str]:
    while True:
        try:
            yield ask()
        except (EOFError, KeyboardInterrupt):
            return


def _reply(engine: Engine, lines: tuple[Line, ...], language: str, decoding: Decoding) -> str:
    prompt = Prompt("cli", lines, PATIENCE_SECONDS, language, decoding)
    draft = engine.submit(prompt, _show).result()
    _show("\n")
    return draft.text


def _found(made: Checkpoint, lines: tuple[Line, ...], language: str, wanted: Searching) -> str:
    [text] = answers(made, [Example(lines, language, "", ())], wanted=wanted)
    _show(text + "\n")
    return text


def _show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
