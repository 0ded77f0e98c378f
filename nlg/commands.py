"""What the commands do. Errors that a person can mend are one line on the error output, and exit status 1."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import typer

from nlg import default_model
from nlg.contract import Decoding, Line, Prompt, Role
from nlg.engine import Engine
from nlg.errors import RecipeError
from nlg.telling import told

PATIENCE_SECONDS = 60.0


def generate(text: str, model: Path | None, language: str, temperature: float, seed: int) -> None:
    with told():
        engine = Engine(model or default_model())
        decoding = replace(engine.checkpoint.decoding, temperature=temperature, seed=seed)
        try:
            if text:
                _reply(engine, (Line(Role.USER, text),), language, decoding)
            else:
                _talk(engine, language, decoding)
        finally:
            engine.close()


def adopt(source: Path, target: Path) -> None:
    with told():
        try:
            from nlg import adoption  # noqa: PLC0415 - transformers is an extra
        except ImportError as error:
            raise RecipeError(f"this needs more packages: pip install 'palaver[hub]' ({error})") from error
        adoption.adopt(source, target)
        typer.echo(f"Name {target} in a recipe: see nlg/recipes/nano-pretrained.toml.")


def _talk(engine: Engine, language: str, decoding: Decoding) -> None:
    lines: tuple[Line, ...] = ()
    for said in _spoken(lambda: input("> ")):
        lines = (*lines, Line(Role.USER, said))
        lines = (*lines, Line(Role.ASSISTANT, _reply(engine, lines, language, decoding)))


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


def _show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
