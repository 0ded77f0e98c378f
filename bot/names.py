"""Finds people's names by what is said around them, in English and Chinese.

Names have no form of their own. What gives them away is an introduction ("my name is", 我叫), a title (Mrs, 先生), a
greeting, a signature, or a given name that is hardly ever another word. What nothing gives away is not found.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import regex

HIDDEN = "[name]"
SHORTEST = 2
"""Letters of a word that counts as a name when it stands alone."""

WORD = r"\p{Lu}[\p{L}\p{M}'’-]+"
FULL = rf"{WORD}(?:[ ](?:(?:van|von|de|da|del|bin|al)[ ])?(?:{WORD}|\p{{Lu}}\.?)){{0,2}}"
SMALL = r"[\p{L}\p{M}'’-]{2,}"
ENGLISH = (
    rf"(?i:\bmy (?:full )?name(?:'s|’s| is|:)|\bi am called|\bi'm called|\bname:|\bcall me)\s+(?P<n>{FULL})",
    rf"(?i:\bmy (?:full )?name(?:'s|’s| is)) +(?P<n>{SMALL}(?: {SMALL}(?=\s*(?:[.,;!?]|$)))?)",
    rf"\b(?i:i am|i'm|i’m|speaking to|spoke to|ask for)\s+(?P<n>{FULL})",
    rf"\b(?i:this is|it's|it’s) (?P<n>{FULL})(?= (?:calling|speaking|here|from|again)\b)",
    rf"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof)\b\.?\s+(?P<n>{FULL})",
    rf"\b(?i:dear|hi|hello|hey|thanks|thank you),?\s+(?P<n>{FULL})(?=\s*(?:[,!.:;]|$))",
    rf"(?i:regards|sincerely|cheers|best wishes|yours truly|many thanks),?\s+(?P<n>{FULL})\s*\.?\s*$",
    rf"\b(?P<n>(?:{{given}})\b(?:[ ](?:{WORD}))?)",
)
CHINESE = (
    r"(?:我叫|名字(?:是|叫)?[：:]?|本人|(?:姓名|收件人|收货人|联系人)(?:是|[：:])?)\s*(?P<n>{han})",
    r"(?:我是|这里是)(?P<n>{han})(?=[，。！？,.!?\s]|$)",
    r"(?P<n>(?:{surname})\p{{Han}}{{0,2}}?)(?={titles})",
    r"亲爱的(?P<n>{han})",
)


def hide_names(texts: Sequence[str]) -> list[str]:
    """Return the texts without the names that any of them gives away: what one says is then hidden in all."""
    known = {name for text in texts for name in find_names(text)}
    if not known:
        return list(texts)
    pattern = _either(known)
    return [pattern.sub(HIDDEN, text) for text in texts]


def find_names(text: str) -> Iterator[str]:
    """Yield the names that a text gives away, as they are written."""
    for pattern in _patterns():
        for match in pattern.finditer(text):
            yield from _worth(match["n"])


def _worth(name: str) -> Iterator[str]:
    """The name up to the first word that is none. One sign is enough of a Chinese name: a surname before a title."""
    words: list[str] = []
    for word in name.split():
        if word.strip(".'’-").capitalize() in _words()["no_name"]:
            break
        words.append(word)
    found = " ".join(words)
    if len(found) >= SHORTEST or _is_chinese(found):
        yield found


def _either(known: Iterable[str]) -> regex.Pattern[str]:
    """What finds each of the names, the longest first, as one may hold another."""
    found = sorted({form for name in known for form in _forms(name)}, key=lambda form: (-len(form), form))
    return regex.compile("|".join(found))


def _forms(name: str) -> Iterator[str]:
    """The ways in which a name is said again. English ones are whole words, and not those of a {{placeholder}}."""
    if not _is_chinese(name):
        for one in (name, *(word for word in name.split() if len(word) > SHORTEST and word[0].isupper())):
            yield rf"(?<![\p{{L}}\p{{N}}_{{]){regex.escape(one)}(?![\p{{L}}\p{{N}}_}}])"
    elif len(name) == 1:
        yield f"{name}(?={'|'.join(_words()['titles'])})"
    else:
        yield name
        if len(name) > 2:
            yield name[-2:]


def _is_chinese(name: str) -> bool:
    return bool(regex.match(r"\p{Han}", name))


@cache
def _patterns() -> Sequence[regex.Pattern[str]]:
    words = _words()
    surname = f"{'|'.join(words['compound'])}|[{''.join(words['surnames'])}]"
    parts = {
        "given": "|".join(words["given"]),
        "surname": surname,
        "titles": "|".join(words["titles"]),
        "han": rf"(?:{surname})(?:(?![{''.join(words['follows'])}])\p{{Han}}){{1,2}}",
    }
    english = [pattern.replace("{given}", parts["given"]) for pattern in ENGLISH]
    return [regex.compile(one, regex.M) for one in (*english, *(one.format(**parts) for one in CHINESE))]


@cache
def _words() -> Mapping[str, Sequence[str]]:
    told = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return {name: list(text) if name in ("surnames", "follows") else text.split() for name, text in told.items()}
