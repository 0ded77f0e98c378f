"""Remembers the states of contexts that were read, so that what is asked again need not be read again.

A model that reads from left to right takes up any context that begins like the new one: the next turn of a conversation
costs what is new in it. One that reads in both directions makes something else of every word when a word is added, so
there only the very same context is found again, as "hello" is, or a question that many ask first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from nlg.interfaces import State

BYTES = 64 * 2**20


class Memory:
    """At most so many `size` bytes of states, of which the least recently used go first. For one thread."""

    def __init__(self, prefixes: bool, size: int = BYTES) -> None:
        self._prefixes, self._size = prefixes, size
        self._states: OrderedDict[tuple[int, ...], State] = OrderedDict()
        self._lengths: dict[int, int] = {}
        self.used = 0
        self.asked = self.found = 0
        """Tokens of the contexts that were asked for, and how many of them need not be read."""

    def find(self, context: Sequence[int]) -> tuple[int, State | None]:
        """How much of a context is remembered, and its state."""
        self.asked += len(context)
        whole = tuple(context)
        shorter = (size for size in self._lengths if size < len(whole)) if self._prefixes else ()
        for size in (len(whole), *sorted(shorter, reverse=True)):
            state = self._states.get(whole[:size])
            if state is not None:
                self._states.move_to_end(whole[:size])
                self.found += size
                return size, state
        return 0, None

    def keep(self, context: Sequence[int], state: State) -> None:
        """Remember the state of one row after a context, as `select` makes it."""
        key, size = tuple(context), taken(state)
        if key in self._states or size > self._size:
            return
        self._states[key] = state
        self._lengths[len(key)] = self._lengths.get(len(key), 0) + 1
        self.used += size
        while self.used > self._size:
            self._forget(*self._states.popitem(last=False))

    def _forget(self, key: tuple[int, ...], state: State) -> None:
        self.used -= taken(state)
        self._lengths[len(key)] -= 1
        if not self._lengths[len(key)]:
            del self._lengths[len(key)]


def taken(state: State) -> int:
    """How many bytes of memory the tensors of a state hold, with all of what they are views of."""
    return sum(tensor.untyped_storage().nbytes() for tensor in state.values())
