"""Decides which prompts are begun: as many as there are slots for, and tokens in all."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Iterator

from nlg.contract import Busy, Finish, Late, Prompt, WritingError
from nlg.decoding import Row
from nlg.tickets import Ticket

TOKENS = 32_768
"""Of all contexts and replies at once, as long as they may become: what their keys and values need is then bounded."""


class Admission:
    """Prompts that wait, oldest first. Whoever uses it holds a lock meanwhile."""

    def __init__(self, slots: int, tokens: int = TOKENS) -> None:
        self._slots, self._tokens = slots, tokens
        self._waiting: deque[Ticket] = deque()
        self.seconds_each = 0.0
        """How long a reply takes, once it is begun."""

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Ticket]:
        return iter(self._waiting)

    def put(self, ticket: Ticket) -> None:
        self._waiting.append(ticket)

    def refusal(self, prompt: Prompt) -> WritingError | None:
        """`Busy` for a prompt whose time would be over before its turn comes."""
        wait = self.seconds_each * (len(self._waiting) // self._slots)
        if wait and wait >= prompt.seconds:
            return Busy(f"{len(self._waiting)} prompts wait, which takes about {wait:.1f} s")
        return None

    def took(self, seconds: float) -> None:
        """Learn from a reply how long they take."""
        self.seconds_each += 0.1 * (seconds - self.seconds_each)

    def take(self, begun: Iterable[Ticket]) -> list[Ticket]:
        """The prompts that can be begun now beside those that are."""
        rows, used = 0, 0
        for ticket in begun:
            rows, used = rows + 1, used + ticket.tokens
        taken: list[Ticket] = []
        while self._waiting and rows < self._slots:
            size = self._waiting[0].tokens
            if rows and used + size > self._tokens:
                break
            taken.append(self._waiting.popleft())
            rows, used = rows + 1, used + size
        return taken

    def turn_away(self, now: float) -> list[Ticket]:
        """Take out the prompts that need not be begun any more."""
        over = [ticket for ticket in self._waiting if ticket.over(now)]
        if over:
            self._waiting = deque(ticket for ticket in self._waiting if ticket not in over)
        return over

    def drain(self) -> list[Ticket]:
        """Take out all."""
        left = list(self._waiting)
        self._waiting.clear()
        return left


def settle(ticket: Ticket, model: str, now: float) -> None:
    """Answer a prompt that was not begun: with nothing if it was stopped, or else that it is late."""
    if ticket.stopped:
        # Its settings are not looked at: nothing is written by them, and here an error would end the engine.
        ticket.finish(Row(ticket.prompt.decoding, random.Random()), Finish.STOPPED, model, now)
    elif not ticket.future.done():
        ticket.fail(Late(f"waited {ticket.prompt.seconds:.1f} s for a place in the batch"))
