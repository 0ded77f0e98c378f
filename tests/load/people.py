"""Who writes what: half of the people on Telegram, half on Slack, each in a chat of their own."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from tests.benchmarks.webhooks import slack_webhook, telegram_webhook
from tests.load.driving import Webhook

numbers = itertools.count(1_000_000)
"""Of messages: never the same twice in a run, and above those of any chat that was there before."""
chats = itertools.count(100_001)


@dataclass(frozen=True, slots=True)
class Person:
    """Writes in a chat of Telegram or of Slack."""

    platform: str
    chat: str

    def says(self, number: int, text: str) -> bytes:
        """Return the request that delivers it."""
        if self.platform == "telegram":
            return telegram_webhook(number, int(self.chat), text)
        return slack_webhook(number, self.chat, text)


def on_telegram() -> Person:
    """Return somebody who has never written."""
    return Person("telegram", str(next(chats)))


def on_slack() -> Person:
    return Person("slack", f"D0P{next(chats)}")


def evenly(people: Sequence[Person], count: int, rate: float, texts: Iterable[str] | None = None) -> Iterator[Webhook]:
    """Let them write in turn, `rate` a second together. Without `texts` each message is its own name."""
    said = iter(texts) if texts is not None else None
    for at in range(count):
        number = next(numbers)
        text = f"m{number}" if said is None else next(said)
        yield Webhook(at / rate, partial(people[at % len(people)].says, number, text))
