"""Everybody has a secret word, and the model repeats what it is asked: no word is ever seen by anybody else."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage

ROWS = ("S7",)
CANARY = re.compile(r"canary(\d+)x")
PROMPTS = """
    SELECT c.chat, p.lines, t.text FROM prompts AS p JOIN turns AS t ON t.id = p.turn_id
    JOIN conversations AS c ON c.id = t.conversation_id
"""


def options(asked: Options) -> Options | None:
    """`--messages 2000 --chats 1000` is the whole row. Nothing is broken here."""
    small = replace(asked, faults=0, latency=0.0)
    return replace(small, bots=1, workers=0) if asked.broker == "embedded" else small


async def run(stage: Stage) -> list[Row]:
    sayings = [replace(saying, name=f"canary{saying.chat}x{number}") for number, saying in enumerate(stage.plan())]
    findings = await stage.play(lambda: asyncio.sleep(0), sayings)
    asked = await stage.books.rows(PROMPTS)
    in_prompts = sum(foreign(row["chat"], f"{row['lines']} {row['text']}") for row in asked)
    chats = {saying.chat for saying in sayings}
    seen = [(chat, message["text"]) for chat in chats for message in stage.telegram.sent(chat)]
    in_replies = sum(foreign(str(chat), text) for chat, text in seen)
    return [
        *rows(findings, duplicates=0),
        Row(f"prompts of {len(asked)} with a word of somebody else", "0", str(in_prompts), in_prompts == 0),
        Row(f"replies of {len(seen)} with a word of somebody else", "0", str(in_replies), in_replies == 0),
        Row("prompts that were looked at", "> 0", str(len(asked)), bool(asked)),
    ]


def foreign(chat: str, text: str) -> bool:
    """Whether the text holds a canary of another chat."""
    return any(found != chat for found in CANARY.findall(text))
