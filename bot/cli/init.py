"""`palaver init`: the facts of the business, and the tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from bot.init.asking import Interview


def register(app: typer.Typer) -> None:
    app.command()(init)


def init(
    language: Annotated[str, typer.Option(help="en or zh. Default: that of this terminal.")] = "",
    pairs: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Set this without asking; repeat for more. VALUE - reads it."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: only take what --set gives.")] = False,
) -> None:
    """Ask for the facts of your business and for tokens, and write palaver.toml and .env.

    Everything may be skipped. What stands in these files is kept, and nothing is replaced unasked. A value of - is
    read from standard input, a line for each: other users of a machine can see what a command is called with.

    [bold]Examples[/bold]

      palaver init
      palaver init --language zh
      palaver init --yes --set company="Lin & Co" --set return_days=30 --set zh.company=林氏百货
      palaver init --yes --set PALAVER_TELEGRAM_TOKEN=- < token.txt
    """
    from pathlib import Path

    from bot.init.asking import Interview
    from bot.init.files import FactsFile, TokensFile
    from bot.settings import settings_file

    language, given = _language(language), _given(pairs or [])
    _needs_terminal(yes)
    interview = Interview(FactsFile(settings_file()), TokensFile(Path(".env")), language)
    interview.take(given)
    if not yes:
        interview.ask(Terminal(), given)
    _write(interview, settings_file(), Path(".env"))


class Terminal:
    """The person at this terminal."""

    def tell(self, text: str) -> None:
        typer.echo(text)

    def answer(self, question: str, *, secret: bool = False) -> str:
        return str(typer.prompt(question, default="", show_default=False, hide_input=secret))

    def agrees(self, question: str) -> bool:
        return typer.confirm(question, default=False)


def _language(asked: str) -> str:
    from bot.errors import SettingsError
    from connectors.console import locale_language

    if asked not in ("", "en", "zh"):
        raise SettingsError(f"There is no language {asked!r}. Give --language en or --language zh.")
    return asked or locale_language()


def _given(pairs: list[str]) -> dict[str, str]:
    """Read NAME=VALUE. Raises `SettingsError` that does not repeat the value, which may be a secret."""
    from bot.errors import SettingsError
    from bot.init.asking import shown

    given: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not value.strip():
            raise SettingsError("--set: a name or a value is missing. Write it as --set NAME=VALUE.")
        given[name.strip()] = _read_line(shown(name.strip())) if value.strip() == "-" else value.strip()
    return given


def _read_line(name: str) -> str:
    """Read a value from standard input; at a terminal ask for it, and do not show it."""
    import sys

    from bot.errors import SettingsError

    hidden = sys.stdin.isatty()
    line = (
        typer.prompt(name, default="", show_default=False, hide_input=True) if hidden else sys.stdin.readline()
    ).strip()
    if not line:
        raise SettingsError("--set: - found no line on standard input.")
    return line


def _needs_terminal(yes: bool) -> None:
    import sys

    from bot.errors import SettingsError

    if not yes and not sys.stdin.isatty():
        raise SettingsError("There is no terminal to ask in. Use --yes with --set NAME=VALUE for each thing to set.")


def _write(interview: Interview, facts: Path, tokens: Path) -> None:
    from bot.init.files import PRIVATE, write
    from bot.init.wording import say

    language, noted = interview.language, interview.noted
    files = ((facts, interview.facts.text, "facts", None), (tokens, interview.tokens.text, "tokens", PRIVATE))
    for path, text, kind, mode in files:
        if noted[kind]:
            write(path, text, mode)
            typer.echo(say("wrote", language, path=str(path), names=", ".join(noted[kind])))
    _tell_what_wins(noted["tokens"], language)
    typer.echo(say("next" if any(noted.values()) else "nothing", language))


def _tell_what_wins(names: list[str], language: str) -> None:
    import os

    from bot.init.wording import say

    for name in names:
        if os.environ.get(name):
            typer.echo(say("exported", language, name=name))
