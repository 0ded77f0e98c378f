"""A year of conversations as rows of the tables: channels, models, states and times in the shares of a real service."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import UUID

from bot.messages import Answering, Kind, Speaker, State, Thumb
from bot.store.rollout.askings import NOT_ITS_WORDS
from bot.store.tables import Base, ConversationRow, PartRow, TurnRow, WritingRow
from bot.store.tables.feedback import FeedbackRow
from bot.store.tables.rollout import AskingRow
from tests.benchmarks.turns.talks import LANGUAGES, conversation

YEAR = 365 * 86400.0
ACCOUNTS = {
    ("telegram", "7001"): 55,
    ("slack", "T0ACME"): 18,
    ("slack", "T0TINY"): 1,
    ("web", "site"): 20,
    ("rasa", "shop"): 6,
}
MODELS = ("service@1", "service@2", "service@3", "distilled@1", "service@4")
"""One after the other through the year, the last as canary of a tenth."""
ENDS = {
    State.ANSWERED: 950,
    State.HANDED_OVER: 20,
    State.IGNORED: 15,
    State.ANSWERED_UNSURE: 8,
    State.UNDELIVERABLE: 5,
    State.SHED: 2,
}
RESPONDERS = {"generative": 86, "scripted": 7, "fallback": 5, "neutral": 2}
WRITTEN = ("generative", "neutral")
ASKED = ("generative", *NOT_ITS_WORDS)
"""Responders that speak after a model was asked."""
THUMBS = {Thumb.UP: 25, Thumb.DOWN: 8, None: 967}

TABLES = (ConversationRow, TurnRow, WritingRow, PartRow, AskingRow, FeedbackRow)
"""In the order in which rows may be stored."""

Row = dict[str, Any]


@dataclass(slots=True)
class Year:
    """Makes rows of all tables until so many turns are made. The same seed makes the same rows."""

    turns: int
    now: float
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def batches(self, size: int) -> Iterator[dict[type[Base], list[Row]]]:
        """Give rows by their table, about `size` turns at a time, in the order in which they may be stored."""
        made, number = 0, 0
        while made < self.turns:
            rows: dict[type[Base], list[Row]] = {table: [] for table in TABLES}
            while made + len(rows[TurnRow]) < self.turns and len(rows[TurnRow]) < size:
                number += 1
                self._conversation(rows, number, made + len(rows[TurnRow]))
            made += len(rows[TurnRow])
            yield rows

    def _conversation(self, rows: dict[type[Base], list[Row]], number: int, made: int) -> None:
        language = pick(self.chance, LANGUAGES)
        lines = list(conversation(self.chance, language))[: self.turns - made]
        at = self.now - YEAR * (1 - made / self.turns)
        began = at
        for seq, (role, text) in enumerate(lines, start=1):
            at += self.chance.uniform(1, 90)
            turn = _turn(made + seq, number, seq, text, min(at, self.now))
            rows[TurnRow].append(turn)
            (self._asked if role == "user" else self._answered)(rows, turn)
        self._tie(rows[TurnRow][-len(lines) :])
        rows[ConversationRow].append(self._address(number, language, len(lines), (began, min(at, self.now))))

    def _address(self, number: int, language: str, turns: int, lived: tuple[float, float]) -> Row:
        channel, account = pick(self.chance, ACCOUNTS)
        answering = Answering.HUMAN if self.chance.random() < 0.01 else Answering.BOT
        return {
            "id": number, "channel": channel, "account": account, "chat": str(10_000 + number), "thread": "",
            "private": True, "language": language, "answering": answering, "next_seq": turns, "context_from": 0,
            "stop_seq": 0, "last_message_at": lived[1], "fence": 1, "attempts": 0, "created_at": lived[0],
        }  # fmt: skip

    def _asked(self, rows: dict[type[Base], list[Row]], turn: Row) -> None:
        turn |= {"speaker": Speaker.USER, "sender": str(turn["conversation_id"]), "platform_id": str(turn["id"])}
        turn |= {"state": pick(self.chance, ENDS)}

    def _answered(self, rows: dict[type[Base], list[Row]], turn: Row) -> None:
        responder = pick(self.chance, RESPONDERS)
        turn |= {"speaker": Speaker.BOT, "responder": responder, "state": State.ANSWERED, "ends": State.ANSWERED}
        rows[PartRow].append(_part(turn, self.chance))
        model = self._model(turn)
        if responder in WRITTEN:
            turn["draft"] = turn["text"]
            rows[WritingRow].append(self._writing(turn, model))
        if responder in ASKED:
            rows[AskingRow].append(_asking(turn, model))
            rows[FeedbackRow].extend(_feedback(turn, pick(self.chance, THUMBS)))

    def _model(self, turn: Row) -> str:
        when = 1 - (self.now - turn["at"]) / YEAR
        return MODELS[-1] if when > 0.9 and self.chance.random() < 0.1 else MODELS[min(3, int(when * 4))]

    def _writing(self, turn: Row, model: str) -> Row:
        queued, first = self.chance.expovariate(1 / 20), self.chance.expovariate(1 / 60)
        words = len(turn["text"]) // 4 + 1
        return {
            "turn_id": turn["id"], "model": model, "score": -self.chance.expovariate(4), "finish": "end",
            "prompt_tokens": 20 + words, "reply_tokens": words, "queued": queued, "first": queued + first,
            "total": queued + first + 9.0 * words,
        }  # fmt: skip

    def _tie(self, turns: list[Row]) -> None:
        for asked, answer in pairwise(turns):
            if asked["speaker"] is Speaker.USER and answer["speaker"] is Speaker.BOT:
                asked["reply_id"] = answer["id"]


def pick(chance: random.Random, shares: dict[Any, float]) -> Any:
    return chance.choices(list(shares), list(shares.values()))[0]


def _turn(number: int, conversation: int, seq: int, text: str, at: float) -> Row:
    return {
        "id": number, "conversation_id": conversation, "seq": seq, "kind": Kind.TEXT, "command": "", "argument": "",
        "text": text, "sender": "", "platform_id": "", "written": float(seq), "late": False, "reason": "",
        "responder": "", "draft": "", "ends": "", "at": at, "ended_at": at + 1.0,
    }  # fmt: skip


def _asking(turn: Row, model: str) -> Row:
    return {
        "turn_id": turn["id"], "conversation_id": turn["conversation_id"], "version": model,
        "failed": turn["responder"] in NOT_ITS_WORDS, "at": turn["at"],
    }  # fmt: skip


def _feedback(turn: Row, thumb: Thumb | None) -> list[Row]:
    given = {"turn_id": turn["id"], "sender": str(turn["conversation_id"]), "at": turn["at"], "changed_at": turn["at"]}
    return [{**given, "thumb": thumb}] if thumb else []


def _part(turn: Row, chance: random.Random) -> Row:
    return {
        "id": turn["id"], "turn_id": turn["id"], "conversation_id": turn["conversation_id"], "number": 0,
        "text": turn["text"], "send_key": str(UUID(int=chance.getrandbits(128))), "reply_to": "", "state": "sent",
        "attempts": 1, "not_before": turn["at"], "platform_id": str(turn["id"]), "maybe_duplicate": False,
        "last_error": "", "sent_at": turn["at"],
    }  # fmt: skip
