"""Rasa's own templates. Rasa does not send them to an NLG server, so they are read from its domain, once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from bot.errors import SettingsError
from bot.messages import Speaker
from connectors.rasa.faithful import HAN
from connectors.rasa.tracker import Asked

SLOT = re.compile(r"(?<!\{)\{([^\n{}]+?)\}(?!\})")
"""As in Rasa's own interpolator."""
BLANKS = re.compile(r"[ \t]{2,}")
BEFORE_STOP = re.compile(r"\s+([,.;:!?，。；：！？])")

Variation = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Filled:
    """One variation with its slots filled. `values` are the words that came from slots, to be kept as they are."""

    text: str = ""
    id: str | None = None
    buttons: Sequence[Mapping[str, Any]] = ()
    elements: Sequence[Mapping[str, Any]] = ()
    image: str | None = None
    attachment: Mapping[str, Any] | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)
    values: tuple[str, ...] = ()
    missing: str = ""
    """The first slot that has no value; it was left out."""
    rephrase: bool = True


class Templates:
    """The responses of a domain."""

    def __init__(self, responses: Mapping[str, Sequence[Variation]]) -> None:
        self._responses = responses

    @classmethod
    def load(cls, path: str) -> Templates:
        """Read a domain, a file or a folder of them; without a path there are none. Raises `SettingsError`."""
        if not path:
            return cls({})
        place = Path(path)
        files = sorted([*place.rglob("*.yml"), *place.rglob("*.yaml")]) if place.is_dir() else [place]
        responses: dict[str, Sequence[Variation]] = {}
        for file in files:
            responses |= _responses(file)
        if not responses:
            raise SettingsError(f"PALAVER_RASA_DOMAIN: no responses in {path}. Name Rasa's domain file or folder.")
        return cls(responses)

    def choose(self, asked: Asked) -> Filled | None:
        """Return the variation that Rasa would choose, filled; `None` for a response without any.

        One whose slots are all there goes before others, and of those the one that says most. Among equals the turn
        decides, so that asking again gives the same.
        """
        eligible = _in_language(_eligible(self._responses.get(asked.response, ()), asked), asked)
        filled = [fill(variation, asked.values) for variation in eligible]
        complete = [one for one in filled if not one.missing] or filled
        if not complete:
            return None
        most = max(len(one.values) for one in complete)
        complete = [one for one in complete if len(one.values) == most]
        seed = sha256(f"{asked.sender}\x1f{asked.turn}\x1f{asked.nth}".encode()).digest()
        return complete[int.from_bytes(seed[:4]) % len(complete)]


def fill(variation: Variation, values: Mapping[str, Any]) -> Filled:
    """Return the variation with its slots filled, wherever they stand."""
    used, missing = _used(str(variation.get("text") or ""), values)
    said = {name: _filled(part, values) for name, part in variation.items()}
    attachment, custom = said.get("attachment"), said.get("custom")
    extra = {} if attachment is None or isinstance(attachment, dict) else {"attachment": attachment}
    return Filled(
        str(said.get("text") or ""),
        variation.get("id") if isinstance(variation.get("id"), str) else None,
        _objects(said.get("buttons")),
        _objects(said.get("elements")),
        said.get("image") if isinstance(said.get("image"), str) else None,
        attachment if isinstance(attachment, dict) else None,
        # Rasa's schema takes no plain link for an attachment, so that goes along where there is room.
        {**(custom if isinstance(custom, dict) else {}), **extra},
        used,
        missing,
        _metadata(variation).get("rephrase") is not False,
    )


def _used(text: str, values: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    names = SLOT.findall(text)
    missing = next((name for name in names if values.get(name) is None), "")
    return tuple(str(values[name]) for name in names if values.get(name) is not None), missing


def _filled(part: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(part, str):
        return _text(part, values)
    if isinstance(part, list):
        return [_filled(item, values) for item in part]
    if isinstance(part, dict):
        return {name: _filled(item, values) for name, item in part.items()}
    return part


def _text(text: str, values: Mapping[str, Any]) -> str:
    gaps = [name for name in SLOT.findall(text) if values.get(name) is None]
    filled = SLOT.sub(lambda slot: "" if values.get(slot[1]) is None else str(values[slot[1]]), text)
    return BEFORE_STOP.sub(r"\1", BLANKS.sub(" ", filled)).strip() if gaps else filled


def _eligible(variations: Sequence[Variation], asked: Asked) -> list[Variation]:
    """As Rasa: the one that it named; else those with conditions and channel, channel, conditions, or neither."""
    named = [one for one in variations if asked.variation and one.get("id") == asked.variation]
    if named:
        return named
    conditional = [one for one in variations if one.get("condition") and _met(one["condition"], asked.slots)]
    plain = [one for one in variations if one.get("condition") is None]
    groups = (
        [one for one in conditional if one.get("channel") == asked.channel],
        [one for one in plain if one.get("channel") == asked.channel],
        [one for one in conditional if one.get("channel") is None],
        [one for one in plain if one.get("channel") is None],
    )
    return next((group for group in groups if group), [])


def _in_language(variations: list[Variation], asked: Asked) -> list[Variation]:
    """Leave those whose metadata name the conversation's language, where there are any; else those that name none."""
    said = next((turn.text for turn in reversed(asked.turns) if turn.speaker is Speaker.USER), "")
    language = asked.language or ("zh" if HAN.search(said) else "en")
    fitting = [one for one in variations if _metadata(one).get("language") == language]
    return fitting or [one for one in variations if not _metadata(one).get("language")] or variations


def _met(conditions: Iterable[Mapping[str, Any]], slots: Mapping[str, Any]) -> bool:
    pairs = [(slots.get(one.get("name", "")), one.get("value")) for one in conditions]
    return all(
        have.casefold() == want.casefold() if isinstance(have, str) and isinstance(want, str) else have == want
        for have, want in pairs
    )


def _metadata(variation: Variation) -> Mapping[str, Any]:
    metadata = variation.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _objects(value: object) -> tuple[Mapping[str, Any], ...]:
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def _responses(file: Path) -> dict[str, Sequence[Variation]]:
    # Imported here, so that who has no templates does not pay for it.
    import yaml  # noqa: PLC0415

    try:
        domain = yaml.safe_load(file.read_text("utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"PALAVER_RASA_DOMAIN: {file} cannot be read ({type(error).__name__}).") from None
    found = domain.get("responses") if isinstance(domain, dict) else None
    if found is None:
        return {}
    try:
        return {str(name): tuple(_variation(name, one) for one in variations) for name, variations in found.items()}
    except (AttributeError, TypeError):
        raise SettingsError(f"PALAVER_RASA_DOMAIN: `responses` in {file} is not as Rasa writes it.") from None


def _variation(name: object, value: object) -> Variation:
    if isinstance(value, str):
        return {"text": value}
    if not isinstance(value, dict):
        raise TypeError(name)
    return value
