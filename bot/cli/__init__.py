"""The command `palaver`: a file here is a command (or a family of them), found by its name.

Each offers `register(app: typer.Typer) -> None` and imports what it needs only when it is called, so that `--help` is
quick and a bot without models needs no torch.
"""

from __future__ import annotations

import sys

import typer

from bot.errors import PalaverError
from bot.operations.logs import LogSettings, configure_logs
from bot.plugins import load_plugin, plugin_names

HELP = """A chatbot for Telegram, Slack and the web that answers with dialogue models you train yourself.

Start with [bold]palaver run[/bold] (a web chat on this machine) or [bold]palaver chat[/bold] (in this terminal).
"""


def build() -> typer.Typer:
    """Return the application with all commands."""
    app = typer.Typer(help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich")
    package = sys.modules[__name__]
    for name in plugin_names(package):
        module = load_plugin(package, name)
        if module is not None:
            module.register(app)
    return app


def main() -> None:
    """Run the command. Errors of ours end in a sentence and the exit code of their kind, not in a traceback."""
    try:
        configure_logs(LogSettings.load())
        build()()
    except PalaverError as error:
        typer.secho(f"palaver: {error}", fg=typer.colors.RED, err=True)
        sys.exit(error.exit_code)
