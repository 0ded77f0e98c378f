"""Changes the model of a worker while it works: the new one warms up beside the old, and nobody is turned away."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

from nlg.contract import Decoding, Draft, Line, OnChunk, Prompt, Role
from nlg.serving.interfaces import Generator
from nlg.serving.memory import give_back

WARM_UP = Prompt("warm-up", (Line(Role.USER, "Hello 你好"),), 600.0, decoding=Decoding(max_tokens=1))


class Switch:
    """A generator that writes with the newest engine; those before it finish what they began.

    Never more than two engines at a time, so the memory needed is that of two models. The constructor and `renew`
    raise whatever `open_engine` raises, and `WritingError` when a new engine cannot write.
    """

    def __init__(self, open_engine: Callable[[], Generator]) -> None:
        self._open = open_engine
        self._lock = threading.Lock()
        self._renewing = threading.Lock()
        self._old: Generator | None = None
        self._engine, self.model = self._warm_one()

    def submit(self, prompt: Prompt, on_chunk: OnChunk) -> Future[Draft]:
        with self._lock:  # so that no prompt goes to an engine that was told to take no more
            return self._engine.submit(prompt, on_chunk)

    def stop(self, prompt_id: str) -> None:
        with self._lock:
            engines = [self._engine, self._old]
        for engine in engines:
            if engine is not None:
                engine.stop(prompt_id)

    def close(self) -> None:
        with self._renewing:
            self._engine.close()

    def renew(self) -> str:
        """Open an engine anew, write with it from then on, and return its model's name.

        Returns when the old engine has finished what it had begun. When anything is raised, the old one writes on.
        """
        with self._renewing:
            fresh, model = self._warm_one()
            with self._lock:
                self._old, self._engine, self.model = self._engine, fresh, model
            self._old.close()
            self._old = None
            give_back()
            return model

    def _warm_one(self) -> tuple[Generator, str]:
        """Open an engine and let it write a token: nobody waits for what is done only the first time."""
        engine = self._open()
        try:
            draft = engine.submit(WARM_UP, lambda _: None).result()
        except Exception:
            engine.close()
            raise
        return engine, draft.model
