"""The prompts that are at work: those whose contexts are being read, and those whose replies are being written.

For one thread. The lists may be looked at from others; a prompt is in one of them until it is settled.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from nlg import following
from nlg.admission import settle
from nlg.checkpoint import Checkpoint
from nlg.contract import WritingError
from nlg.decoding import Row
from nlg.interfaces import Continuing, join
from nlg.reading import Reading
from nlg.remembering import Memory
from nlg.running import Running
from nlg.tickets import Ticket


class Batch:
    """Works for one checkpoint."""

    def __init__(self, made: Checkpoint) -> None:
        self._made, self._silent = made, made.tokenizer.silent
        self.memory = Memory(isinstance(made.writer, Continuing))
        self._reading = Reading(made.writer, self.memory, made.device)
        self._running = Running(made.writer, made.device)
        self.reading: list[Ticket] = []
        self.writing: list[Ticket] = []

    def __iter__(self) -> Iterator[Ticket]:
        return iter((*self.reading, *self.writing))

    def begin(self, tickets: Sequence[Ticket]) -> None:
        """Take prompts in; all else is done by later calls of `advance`."""
        self.reading.extend(tickets)

    def advance(self) -> list[Ticket]:
        """Read a piece of a context, and write one more token of each reply. Returns the prompts that were settled."""
        at_work = [*self.reading, *self.writing]
        self._ask()
        self._reading.advance()
        self._let_go(time.monotonic())
        self._put([ticket for ticket in self.reading if all(context.done for context in ticket.contexts)])
        self._write()
        return [ticket for ticket in at_work if ticket.future.done()]

    def _ask(self) -> None:
        """Have the contexts of new prompts read."""
        for ticket in self.reading:
            if not ticket.contexts:
                _guarded(ticket, self._ask_for)

    def _ask_for(self, ticket: Ticket) -> None:
        ticket.row = Row.begin(ticket.prompt.decoding, self._silent)
        found = following.readings(self._made, ticket.prompt.lines, ticket.prompt.language)
        ticket.contexts = [self._reading.ask(tokens) for tokens in found]

    def _let_go(self, now: float) -> None:
        """Drop prompts that failed, or that nobody waits for, before they are written."""
        for ticket in self.reading:
            for context in ticket.contexts:
                if context.error:
                    ticket.fail(context.error)
            if ticket.over(now):
                for context in ticket.contexts:
                    self._reading.forget(context)
                settle(ticket, self._made.id, now)
        self.reading = [ticket for ticket in self.reading if not ticket.future.done()]

    def _put(self, tickets: Sequence[Ticket]) -> None:
        """Let prompts that were read be written."""
        tickets = self._choose(tickets)
        if not tickets:
            return
        chosen = [ticket.contexts[0] for ticket in tickets]
        for ticket, context in zip(tickets, chosen, strict=True):
            ticket.admitted, ticket.context = time.monotonic(), len(context.tokens)
        self._running.put([context.state or {} for context in chosen], [_row(ticket) for ticket in tickets])
        self.writing.extend(tickets)
        self.reading = [ticket for ticket in self.reading if ticket not in tickets]
        for ticket in tickets:
            ticket.contexts = []

    def _choose(self, tickets: Sequence[Ticket]) -> list[Ticket]:
        """Leave each prompt the one context that is replied to; return the prompts with which that went well."""
        try:
            self._choose_together(tickets)
        except Exception:  # perhaps of one prompt: who fails alone as well is the culprit
            for ticket in tickets:
                _guarded(ticket, lambda one: self._choose_together([one]))
            self.reading = [ticket for ticket in self.reading if not ticket.future.done()]
        return [ticket for ticket in tickets if len(ticket.contexts) == 1]

    def _choose_together(self, tickets: Sequence[Ticket]) -> None:
        pairs = [ticket.contexts for ticket in tickets if len(ticket.contexts) > 1]
        if not pairs:
            return
        states = [context.state or {} for column in zip(*pairs, strict=True) for context in column]
        for pair, alone in zip(pairs, following.alone_is_surer(self._made, join(states)), strict=True):
            pair.pop(0 if alone else 1)

    def _write(self) -> None:
        if not self.writing:
            return
        try:
            self._step()
        except Exception as error:
            self._give_up(error)
            return
        now = time.monotonic()
        for ticket in self.writing:
            _guarded(ticket, lambda one: one.hear(_row(one), self._made.id, now))
        if any(ticket.future.done() for ticket in self.writing):
            self.writing = [ticket for ticket in self.writing if not ticket.future.done()]
            going = {id(ticket.row) for ticket in self.writing}
            self._running.keep(lambda row: id(row) in going)

    def _step(self) -> None:
        """Write one more token of each reply. Where that fails for all together, each is tried alone."""
        try:
            self._running.step()
        except Exception:
            lost = {id(row): error for row, error in self._running.step_apart()}
            for ticket in self.writing:
                if id(ticket.row) in lost:
                    ticket.fail(lost[id(ticket.row)])

    def _give_up(self, error: Exception) -> None:
        """A step failed, and rows cannot be told apart either: begin with an empty batch."""
        for ticket in self.writing:
            ticket.fail(error)
        self.writing = []
        self._running = Running(self._made.writer, self._made.device)


def _guarded(ticket: Ticket, work: Callable[[Ticket], None]) -> None:
    """What goes wrong for one prompt is the end of that one."""
    try:
        work(ticket)
    except Exception as error:
        ticket.fail(error)


def _row(ticket: Ticket) -> Row:
    if ticket.row is None:
        raise WritingError("the prompt was not begun")
    return ticket.row
