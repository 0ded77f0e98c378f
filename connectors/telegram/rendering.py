"""Markdown as a model writes it, as text with entities: nothing has to be escaped, and nothing can be refused for a
mark that was never closed.

What is no mark for certain stays as it is. Links are shown with their address, so that none can be masked. Offsets
count UTF-16 code units, as Telegram does. Source: core.telegram.org/bots/api#messageentity
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from telegram import MessageEntity

MARKS = re.compile(
    r"(?:^|(?<=\n))```(?P<language>[A-Za-z0-9_+#.-]*)[ \t]*\n(?P<fence>.+?)\n?```(?=\n|$)"
    r"|`(?P<code>[^`\n]+)`"
    r"|\*\*(?P<bold>[^\s*](?:[^\n]*?[^\s*])?)\*\*"
    r"|~~(?P<strike>[^\s~](?:[^\n~]*[^\s~])?)~~"
    r"|(?<![\w*])\*(?P<star>[^\s*](?:[^\n*]*[^\s*])?)\*(?![\w*])"
    r"|(?<![\w_])_(?P<line>[^\s_](?:[^\n_]*[^\s_])?)_(?![\w_])"
    r"|(?:^|(?<=\n))\#{1,6}[ \t]+(?P<heading>[^\n]*[^\n#\s])[ \t#]*(?=\n|$)"
    r"|\[(?P<label>[^\]\[\n]+)\]\((?P<address>https?://[^\s()]+)\)"
    r"|\\(?P<escaped>[*_`~#\[\]()\\])",
    re.DOTALL,
)
INNER = {"bold": "bold", "strike": "strikethrough", "star": "italic", "line": "italic", "heading": "bold"}
"""Marks whose inside may be marked again, and the entity that each becomes."""
DEEPEST = 4


@dataclass
class Rendered:
    """The text as a person reads it, and what is special in it, in the order in which it begins."""

    text: str = ""
    entities: list[MessageEntity] = field(default_factory=list)

    def say(self, words: str) -> None:
        self.text += words

    def mark(self, kind: str, words: Callable[[], None], language: str | None = None) -> None:
        """Let `words` say something, and mark it; what is blank cannot be marked."""
        start, place = units(self.text), len(self.entities)
        before = len(self.text)
        words()
        if self.text[before:].strip():
            self.entities.insert(place, MessageEntity(kind, start, units(self.text) - start, language=language))


def render(text: str) -> Rendered:
    """Return the text with its marks as entities. A text that would be blank without its marks is left as it is."""
    rendered = Rendered()
    _render(rendered, text, 0)
    return rendered if rendered.text.strip() else Rendered(text)


def unmasked(text: str) -> str:
    """Return the Markdown with every link shown by its address."""
    return MARKS.sub(lambda found: _shown(found) if found["label"] else found[0], text)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _render(into: Rendered, text: str, depth: int) -> None:
    at = 0
    for found in _marks(text, depth):
        into.say(text[at : found.start()])
        _one(into, found, depth)
        at = found.end()
    into.say(text[at:])


def _marks(text: str, depth: int) -> Iterator[re.Match[str]]:
    return MARKS.finditer(text) if depth < DEEPEST else iter(())


def _one(into: Rendered, found: re.Match[str], depth: int) -> None:
    name = found.lastgroup or ""
    if name == "fence":
        into.mark(MessageEntity.PRE, lambda: into.say(found["fence"]), found["language"] or None)
    elif name == "code":
        into.mark(MessageEntity.CODE, lambda: into.say(found["code"]))
    elif name in INNER:
        into.mark(INNER[name], lambda: _render(into, found[name], depth + 1))
    else:
        into.say(found["escaped"] or _shown(found))


def _shown(found: re.Match[str]) -> str:
    label, address = found["label"], found["address"]
    return address if label == address else f"{label} ({address})"
