"""What a worker needs of whatever writes, and whom it tells about its work."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol

from nlg.contract import Draft, OnChunk, Prompt


class Generator(Protocol):
    """Writes many drafts at once, in threads of its own. All methods may be called from any thread.

    `nlg.engine.Engine` is one, `nlg.serving.switch.Switch` and `nlg.testing.StubEngine` are others.
    """

    def submit(self, prompt: Prompt, on_chunk: OnChunk) -> Future[Draft]:
        """Return at once. The future brings the draft or a `WritingError`: `Busy` when it would come too late."""
        ...

    def stop(self, prompt_id: str) -> None:
        """End the writing of this prompt within a few tokens, with what it has. Unknown prompts are ignored."""
        ...

    def close(self) -> None:
        """Take no more prompts, finish those that were taken, and let go of the model."""
        ...


class Watcher(Protocol):
    """Is told what becomes of prompts. Methods return at once and raise nothing."""

    def taken(self, waited: float, at_once: int) -> None:
        """A prompt was taken up that `waited` seconds in the broker; with it so many are at work."""
        ...

    def written(self, draft: Draft) -> None:
        """A draft was written."""
        ...

    def failed(self, reason: str) -> None:
        """No draft came of a prompt."""
        ...
