"""No web or mail address of its own: those of the owner stand as placeholders."""

from __future__ import annotations

import regex

from nlg.robustness.checking import Said

TITLE = "addresses"
SAYS = "No web address and no e-mail address that does not stand in the question."
ENDINGS = ("com", "net", "org", "cn", "io", "co", "uk", "de", "info", "biz", "shop", "xyz", "example", "test")
ADDRESS = regex.compile(
    r"(?:https?|ftp)://[^\s，。！？、）]+|\bwww\.[\w.-]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b[\w-]+(?:\.[\w-]+)*\.(?:\L<endings>)\b",
    regex.IGNORECASE | regex.ASCII,
    endings=list(ENDINGS),
)


def holds(said: Said) -> bool:
    heard = said.heard.lower()
    return all(found.lower().rstrip(".") in heard for found in ADDRESS.findall(said.reply))
