"""Runs actions as rasa-sdk does, and lets nothing of a conversation out with an error."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection, ActionMissingDomainException, ActionNotFoundException

from connectors.rasa.actions.acting import Actions, streams

log = structlog.get_logger()

DOCUMENTED = (ActionExecutionRejection, ActionMissingDomainException, ActionNotFoundException)
"""Errors that rasa-sdk answers with statuses of their own."""


class ActionFailed(Exception):
    """An action raised something. The message names the kind of error only: its own may quote a person."""

    def __init__(self, action: str, kind: str) -> None:
        super().__init__(f"The action {action} failed: {kind}.")
        self.action = action


class DiscreetExecutor:
    """In the place of rasa-sdk's executor, around it."""

    def __init__(self, executor: ActionExecutor, actions: Actions, module: str = "") -> None:
        """`module` holds actions of the owner; one of the same name goes before ours."""
        self._executor = executor
        for name, function in actions.by_name.items():
            executor.register_function(name, function)
        if module:
            executor.register_package(module)

    async def run(
        self, action_call: dict[str, Any], sink: Any = None, dispatcher: CollectingDispatcher | None = None
    ) -> Any:
        """Raises rasa-sdk's documented errors as they are, and `ActionFailed` for all others."""
        streams.set(sink is not None)
        kept = Passing(sink) if sink is not None else None
        name = str(action_call.get("next_action"))
        try:
            return await self._executor.run(action_call, sink=kept, dispatcher=dispatcher)
        except DOCUMENTED:
            raise
        except Exception as error:
            log.error("rasa: an action failed", action=name, exc_info=error)
            failed = ActionFailed(name, type(error).__name__)
        if sink is not None:
            await sink.put({"event": "stream_error", "exception": failed})
        raise failed

    def list_actions(self) -> Any:
        return self._executor.list_actions()

    def reload(self) -> None:
        self._executor.reload()


class Passing:
    """A sink that passes on all but errors that are not documented: those come through us."""

    def __init__(self, sink: asyncio.Queue[Any]) -> None:
        self._sink = sink

    async def put(self, item: dict[str, Any]) -> None:
        if item.get("event") == "stream_error" and not isinstance(item.get("exception"), DOCUMENTED):
            return
        await self._sink.put(item)
