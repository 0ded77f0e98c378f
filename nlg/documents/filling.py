"""Puts what is given into the places of a template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nlg.documents.template import SLOT, Field
from nlg.errors import RecipeError
from nlg.tokenizer import PLACEHOLDER


def values(fields: Mapping[str, Field], given: Mapping[str, Any]) -> dict[str, str]:
    """What each field is filled with; raise `RecipeError` that names all that is missing, or what does not fit."""
    if unknown := sorted(set(given) - set(fields)):
        raise RecipeError(f"there is no field {unknown[0]!r}. The template has: {', '.join(fields)}.")
    filled = {name: _plain(name, given[name]) if name in given else field.default for name, field in fields.items()}
    missing = [f"{name} ({fields[name].about})" for name, value in filled.items() if not value]
    if missing:
        raise RecipeError(f"not given are: {', '.join(missing)}.")
    for name, value in filled.items():
        if fields[name].kind == "number" and not any(sign.isdecimal() for sign in value):
            raise RecipeError(f"the field {name} is a number, and {value!r} has no digit.")
    return filled


def fill(text: str, given: Mapping[str, str]) -> str:
    """Put values in for `{name}`, and leave `{{name}}`. What a value holds is never read as a place."""
    return SLOT.sub(lambda match: given[match["now"]] if match["now"] else match[0], text)


def fill_later(text: str, given: Mapping[str, str]) -> str:
    """Put values in for `{{name}}` where there is one."""
    return PLACEHOLDER.sub(lambda match: given.get(_name(match[0]), match[0]), text)


def placeholders(text: str) -> list[str]:
    """Names of the placeholders that a text holds."""
    return [_name(placeholder) for placeholder in PLACEHOLDER.findall(text)]


def _name(placeholder: str) -> str:
    return placeholder.strip("{}")


def _plain(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RecipeError(f"the field {name} should be a text or a number, and is {value!r}.")
    text = str(value).strip()
    if any(not sign.isprintable() and sign != "\n" for sign in text):
        raise RecipeError(f"the field {name} holds a control sign: {text!r}.")
    return text
