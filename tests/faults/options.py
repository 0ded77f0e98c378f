"""How large a trial is."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Options:
    """`faults` is how often something is broken while `messages` are written, `rate` a second on average.

    `token` is how many seconds the stub model takes for one of its words, `latency` how many the platform takes to
    answer a sending, which is when a crash leaves it open whether a message arrived. `linked`: the broker is reached by
    a link that can be broken. `supervised`: whoever ends by itself is started again. `mishaps`: the stub model does
    what `nlg.testing.Mishap` says. `pager`: where the team's alerts are posted to.
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
    linked: bool = False
    supervised: bool = False
    mishaps: bool = False
    pager: str = ""
    seed: int = 1

    @property
    def words(self) -> int:
        """Words of an answer: more than a chat has messages, so that an answer names all it answers."""
        return max(24, 4 + self.messages // self.chats)

    def lasting(self, seconds: float) -> Options:
        """Return the same with people writing for so long at least: a fault is only one while something is done."""
        return replace(self, rate=min(self.rate, self.messages / seconds)) if seconds else self

    @property
    def place(self) -> str:
        return f"{self.store} + {self.broker}"
