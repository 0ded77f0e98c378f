"""One prompt on its way through the engine."""

from __future__ import annotations

from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field

from nlg.contract import Draft, Finish, OnChunk, Prompt, Timing, WritingError
from nlg.decoding import Row
from nlg.reading import Context
from nlg.speech import Speech

TOKENS_PER_CHUNK = 4


@dataclass(slots=True, eq=False)
class Ticket:
    """A prompt, who waits for its draft, and when what happened, in seconds of one clock."""

    prompt: Prompt
    on_chunk: OnChunk
    speech: Speech
    arrived: float
    tokens: int = 0
    """How many its context and its reply may become together."""
    future: Future[Draft] = field(default_factory=Future)
    stopped: bool = False
    row: Row | None = None
    contexts: list[Context] = field(default_factory=list)
    """What is read of the conversation, one of which is replied to."""
    admitted: float = 0.0
    first: float = 0.0
    context: int = 0

    @property
    def deadline(self) -> float:
        return self.arrived + self.prompt.seconds

    def over(self, now: float) -> bool:
        """Whether nothing need be read or written for it any more."""
        return self.stopped or self.future.done() or now >= self.deadline

    def hear(self, row: Row, model: str, now: float) -> None:
        """After each token: hand on what is new of the reply every few tokens, and the draft once it has ended.

        Raises whatever the listener raises, and `WritingError` when the row is lost.
        """
        if self.future.done():  # cancelled, or lost
            return
        self.first = self.first or now
        if row.decoding.stop or row.steps % TOKENS_PER_CHUNK == 0:
            self._say(row)
        finish = self._finished(row, now)
        if finish:
            self.finish(row, finish, model, now)

    def finish(self, row: Row, finish: Finish, model: str, now: float) -> None:
        """Hand on the rest, then the draft."""
        piece = self.speech.rest(row.tokens)
        if piece:
            self.on_chunk(piece)
        self._settle(self.draft(row, finish, model, now))

    def draft(self, row: Row, finish: Finish, model: str, now: float) -> Draft:
        first, admitted = self.first or now, self.admitted or now
        times = (1000 * (moment - self.arrived) for moment in (admitted, first, now))
        return Draft(
            id=self.prompt.id,
            text=self.speech.text,
            score=row.score / max(1, row.steps),
            model=model,
            finish=finish,
            prompt_tokens=self.context,
            reply_tokens=len(row.tokens),
            timing=Timing(*times),
            odds=self.speech.odds(row.tokens, row.scores),
        )

    def fail(self, error: Exception) -> None:
        """Give the error to whoever waits, as a `WritingError`."""
        with suppress(InvalidStateError):
            self.future.set_exception(wrapped(error))

    def _say(self, row: Row) -> None:
        piece = self.speech.more(row.tokens)
        if piece:
            self.on_chunk(piece)

    def _finished(self, row: Row, now: float) -> Finish | None:
        if row.lost:
            raise WritingError("the model's numbers ran away")
        if row.finish:
            return row.finish
        if self.speech.ended:
            return Finish.END
        if self.stopped:
            return Finish.STOPPED
        return Finish.DEADLINE if now >= self.deadline else None

    def _settle(self, draft: Draft) -> None:
        with suppress(InvalidStateError):  # cancelled in this very moment
            self.future.set_result(draft)


def wrapped(error: Exception) -> WritingError:
    """The error as whoever asked for a draft knows it."""
    if isinstance(error, WritingError):
        return error
    wrapping = WritingError(f"{type(error).__name__}: {error}")
    wrapping.__cause__ = error
    return wrapping
