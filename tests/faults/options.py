"""How large a trial is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """`faults` is how often something is broken while `messages` are written, `rate` a second on average.

    `token` is how many seconds the stub model takes for one of its words, `latency` how many the platform takes to
    answer a sending, which is when a crash leaves it open whether a message arrived.
    """

    store: str = "postgresql"
    broker: str = "redis"
    messages: int = 200
    chats: int = 20
    faults: int = 4
    rate: float = 10.0
    twice: float = 0.2
    bots: int = 2
    workers: int = 2
    token: float = 0.02
    latency: float = 0.1
    seed: int = 1

    @property
    def words(self) -> int:
        """Words of an answer: more than a chat has messages, so that an answer names all it answers."""
        return max(24, 4 + self.messages // self.chats)

    @property
    def place(self) -> str:
        return f"{self.store} + {self.broker}"
