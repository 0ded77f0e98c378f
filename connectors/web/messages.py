"""What a page posts becomes a `Message`. Pure."""

from __future__ import annotations

import re
from typing import Any

from bot.messages import Address, Kind, Message, Opinion, Thumb
from bot.untrusted import Unusable, read_object

LONGEST = 4000
"""Characters of one message."""
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
COMMAND = re.compile(r"/([A-Za-z][A-Za-z0-9_]{0,63})(?:\s+(.*))?", re.DOTALL | re.ASCII)
LANGUAGES = ("en", "zh")
HIGHEST = 10**15


class TooLong(Unusable):
    """The text is longer than `LONGEST`."""


def to_message(address: Address, body: bytes) -> Message:
    """Read `{"id": uuid, "text": ..., "language": "en"}`. Raises `Unusable` with the reason, or `TooLong`."""
    posted = read_object(body)
    text = _text(posted.get("text"))
    command = COMMAND.fullmatch(text.strip())
    if command is None:
        return _message(address, posted, text)
    name, argument = command.groups(default="")
    return _message(address, posted, text, name.lower(), argument)


def to_command(address: Address, body: bytes, command: str) -> Message:
    """Read `{"id": uuid, "language": "en"}` that came with the press of a button. Raises `Unusable`."""
    return _message(address, read_object(body), f"/{command}", command)


def to_opinion(address: Address, body: bytes) -> Opinion:
    """Read `{"id": uuid, "seq": 7, "thumb": "up"}`; an empty thumb takes an opinion back. Raises `Unusable`."""
    posted = read_object(body)
    seq, thumb = posted.get("seq"), posted.get("thumb")
    if type(seq) is not int or not 0 < seq < HIGHEST:
        raise Unusable("seq is not the number of a turn")
    if thumb not in tuple(Thumb):
        raise Unusable("thumb must be up, down or empty")
    return Opinion(address, f"{address.chat}:{_name(posted)}", address.chat, Thumb(thumb), seq=seq)


def _message(address: Address, posted: dict[str, Any], text: str, command: str = "", argument: str = "") -> Message:
    """The page sends one message after the other, so they are in order by their arrival and need no `order`."""
    name = _name(posted)
    return Message(
        address,
        key=f"{address.chat}:{name}",
        text=text,
        sender=address.chat,
        platform_id=name,
        kind=Kind.COMMAND if command else Kind.TEXT,
        command=command,
        argument=argument,
        language=_language(posted.get("language")),
    )


def _name(posted: dict[str, Any]) -> str:
    name = posted.get("id")
    if not isinstance(name, str) or UUID.fullmatch(name) is None:
        raise Unusable("the id is no UUID in lower case")
    return name


def _text(text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise Unusable("the text is missing or empty")
    if len(text) > LONGEST:
        raise TooLong(f"the text has {len(text)} characters")
    return text


def _language(given: object) -> str:
    return str(given) if given in LANGUAGES else ""
