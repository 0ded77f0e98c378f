"""Takes personal data out of records before they leave the house, by one of the ways in `bot.redactors`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

from bot import redactors
from bot.errors import SettingsError
from bot.plugins import load_plugin, plugin_names

DEFAULT = "rules"
WORDS = frozenset({"text", "content", "draft", "correction", "note"})
"""Fields of records that hold what people said."""


class Redactor(Protocol):
    """A plugin in `bot.redactors`."""

    STATE: str
    """What a row says of itself: the way and its number, which grows when the way finds other things than before."""

    def redact(self, texts: Sequence[str]) -> list[str]:
        """Return the texts, which belong together, without personal data."""
        ...


def redactor(name: str) -> Redactor:
    """Return the redactor of that name. Raises `SettingsError` when there is none, or when its library is missing."""
    plugin = load_plugin(redactors, name)
    if plugin is None:
        raise SettingsError(
            f"The redactor {name!r} needs a library that is not installed. Install it: pip install 'palaver[{name}]'."
        )
    return cast("Redactor", plugin)


def redactor_names() -> list[str]:
    return plugin_names(redactors)


def clean(record: Mapping[str, Any], way: Redactor) -> dict[str, Any]:
    """Return the record with its words redacted, all of them together, so that a name in one is known in all."""
    texts = list(_texts(record))
    fresh = iter(way.redact(texts))
    return cast("dict[str, Any]", _replaced(record, fresh))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            if name in WORDS and isinstance(one, str):
                yield one
            else:
                yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def _replaced(value: Any, fresh: Iterator[str]) -> Any:
    if isinstance(value, Mapping):
        return {
            name: next(fresh) if name in WORDS and isinstance(one, str) else _replaced(one, fresh)
            for name, one in value.items()
        }
    return [_replaced(one, fresh) for one in value] if isinstance(value, list) else value
