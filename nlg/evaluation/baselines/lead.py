"""The beginning of what is to be summarised: its first three turns or, where nothing marks turns, sentences.

Turns are lines. Lead-3 is hard to beat on news, which tell the main thing first (See, Liu and Manning 2017, section 5),
and less so on dialogues, which open with greetings (Gliwa et al. 2019).
"""

from __future__ import annotations

import regex

from nlg.data.examples import Example

PARTS = 3
SENTENCE = regex.compile(r"[^.!?。！？]+(?:[.!?。！？]+[\"'”’)]*|$)")
"""Up to its stop. A stop within an abbreviation ends it too."""


def reply(example: Example) -> str:
    text = example.lines[-1].text.strip()
    turns = [turn for turn in text.splitlines() if turn.strip()]
    if len(turns) > 1:
        return "\n".join(turns[:PARTS])
    return "".join(SENTENCE.findall(text)[:PARTS]).strip()
