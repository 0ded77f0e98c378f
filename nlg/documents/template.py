"""What a document is made of, read from TOML or JSON.

`{name}` stands for what a field is given. An `ask` may also hold `{{name}}`: the model reads the placeholder itself,
and what it writes is filled in afterwards, so that a small model need not copy a number it has never seen.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nlg.errors import RecipeError
from nlg.settings import build

Kind = Literal["name", "number", "text"]
SLOT = re.compile(r"\{\{(?P<later>[a-z_]+)\}\}|\{(?P<now>[a-z_]+)\}")
NAME = re.compile(r"[a-z_]+")


@dataclass(frozen=True, slots=True)
class Field:
    """Something to be filled in. Names and numbers have to appear as given wherever a paragraph was asked with them."""

    kind: Kind = "text"
    about: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A fixed `text`; or an `ask`, which a model answers, with `instead`, which stands there if the answer is no good.

    `optional` are fields of the `ask` that the answer may leave out.
    """

    text: str = ""
    ask: str = ""
    instead: str = ""
    optional: list[str] = field(default_factory=list)

    def named(self) -> list[str]:
        """The fields that the question names."""
        return [match["later"] or match["now"] for match in SLOT.finditer(self.ask)]


@dataclass(frozen=True, slots=True)
class Template:
    """A document that is still to be written, in `language` (en or zh; empty lets the model see for itself)."""

    language: str
    fields: Mapping[str, Field]
    parts: tuple[Part, ...]

    def kept(self, part: Part) -> list[str]:
        """The fields whose values have to appear in the answer to a part's question."""
        wanted = (name for name in part.named() if self.fields[name].kind != "text" and name not in part.optional)
        return list(dict.fromkeys(wanted))


def load(path: Path) -> Template:
    """Read a template; raise `RecipeError` that says where it is wrong."""
    told = read(path)
    if unknown := sorted(set(told) - {"language", "fields", "parts"}):
        raise RecipeError(f"{path}: unknown setting {unknown[0]!r}. Known are: language, fields, parts.")
    fields, parts = told.get("fields", {}), told.get("parts", [])
    if not isinstance(fields, dict) or not isinstance(parts, list) or not parts:
        raise RecipeError(f"{path}: it needs [fields.NAME] tables and at least one [[parts]].")
    template = Template(
        language=str(told.get("language", "")),
        fields={
            name: build(Field, _table(value, f"fields.{name}"), f"fields.{name}") for name, value in fields.items()
        },
        parts=tuple(build(Part, _table(part, f"parts.{at}"), f"parts.{at}") for at, part in enumerate(parts, start=1)),
    )
    for trouble in _troubles(template):
        raise RecipeError(f"{path}: {trouble}")
    return template


def read(path: Path) -> dict[str, Any]:
    """Plain values of a TOML or JSON file; raise `RecipeError` when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
        told = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise RecipeError(f"{path} cannot be read as TOML or JSON: {error}") from error
    if not isinstance(told, dict):
        raise RecipeError(f"{path}: it should be a table of names and values.")
    return told


def _table(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise RecipeError(f"{where}: {value!r} should be a table.")
    return value


def _troubles(template: Template) -> Iterator[str]:
    for name in template.fields:
        if not NAME.fullmatch(name):
            yield f"{name!r} is no name for a field: use a-z and underscore."
    for number, part in enumerate(template.parts, start=1):
        for trouble in (*_wrong_places(part, template.fields), *_wrong_kind(part)):
            yield f"part {number} {trouble}"


def _wrong_places(part: Part, fields: Mapping[str, Field]) -> Iterator[str]:
    for text in (part.text, part.ask, part.instead):
        for match in SLOT.finditer(text):
            name = match["later"] or match["now"]
            if name not in fields:
                yield f"names {match[0]}, and there is no [fields.{name}]."
            if match["later"] and text is not part.ask:
                yield f"holds {match[0]}, which only an ask may. Write {{{name}}}."


def _wrong_kind(part: Part) -> Iterator[str]:
    if bool(part.text) == bool(part.ask):
        yield "needs either a text or an ask."
    if bool(part.ask) != bool(part.instead):
        yield "needs an instead with its ask, and only there: it stands where what the model writes is no good."
    if loose := sorted(set(part.optional) - set(part.named())):
        yield f"calls {loose[0]!r} optional, and its ask does not name it."
