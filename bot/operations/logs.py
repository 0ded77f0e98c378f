"""How the bot logs: events and numbers on standard error, never what people said, never a secret."""

from __future__ import annotations

import logging
import sys
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import Processor

from bot.operations.discretion import Discretion, Exceptions, first_line
from bot.operations.redaction import Redactor, known_secrets
from bot.settings import Section

OURS = ("bot", "connectors", "nlg", "migrations")
LOUD = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "telegram": logging.WARNING,
    "uvicorn": logging.ERROR,
    "uvicorn.access": logging.CRITICAL,
}
"""Libraries that need their own level. httpx's INFO line has Telegram's token in its URL; uvicorn warns about every
broken request of a stranger, and whoever wants to fill our disk would be glad."""


class LogSettings(Section, table="log", env_prefix="PALAVER_LOG_", env_ignore_empty=True):
    """`format`: `auto` is `pretty` on a terminal and `json` elsewhere.

    `words` shows the messages of all exceptions whole. They may hold what people said: for your own machine only.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "pretty"] = "auto"
    words: bool = False


def log_beside_a_talk() -> None:
    """For commands that talk with a person on this terminal: only what needs care, unless a level was asked for."""
    settings = LogSettings.load()
    asked = "level" in settings.model_fields_set
    configure_logs(settings if asked else settings.model_copy(update={"level": "warning"}))


def configure_logs(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Send all logs of this process to `stream`, standard error unless given. May be called again."""
    stream = stream or sys.stderr
    shared = _shared(settings)
    pretty = settings.format == "pretty" or (settings.format == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared if settings.words else [first_line, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(pretty, stream)],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    _set_levels(settings.level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _log_uncaught


def _shared(settings: LogSettings) -> list[Processor]:
    redactor = Redactor(known_secrets())
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        Exceptions(whole=settings.words),
        Discretion(redactor),
    ]


def _renderer(pretty: bool, stream: TextIO) -> Processor:
    if pretty:
        return structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _set_levels(level: str) -> None:
    """Ours as asked; all others only from warnings on."""
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    for name, quiet in LOUD.items():
        logging.getLogger(name).setLevel(quiet)


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    structlog.get_logger("bot").critical("stopped by an error", exc_info=error)
