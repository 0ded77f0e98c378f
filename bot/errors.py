"""Everything that can go wrong in bot and connectors.

PalaverError
├── SettingsError       a setting is missing or wrong: the start fails
│   └── AlreadyRunning  another process uses the embedded database
├── ModelRefused        the model's files are damaged, missing or not to be trusted
├── RolloutError        a version of a model cannot be put to that stage
├── StoreDown           the database could not take it: do not acknowledge
├── NotYours            somebody else answers this conversation, or nobody of the team does
├── Fenced              another process took over this conversation: stop at once
└── DeliveryError       a part was not, or perhaps not, delivered
    ├── NotSent         certainly not delivered: try again later
    ├── Refused         the platform will never take this: do not try again
    ├── Unsure          sent, but the answer was lost: it may have arrived
    └── Locked          our credentials are refused: everything waits
"""

from __future__ import annotations


class PalaverError(Exception):
    """Any error of ours. `exit_code` is what the command ends with."""

    exit_code = 1


class SettingsError(PalaverError):
    """A setting is missing or wrong. The message names it and says what to do."""

    exit_code = 2


class AlreadyRunning(SettingsError):
    """Another process uses the embedded database."""

    exit_code = 3


class ModelRefused(PalaverError):
    """The model's files are damaged, missing or not to be trusted. The message says which and what to do."""

    exit_code = 4


class RolloutError(PalaverError):
    """A version of a model is unknown, or cannot be put to that stage. The message says what to do."""


class StoreDown(PalaverError):
    """The database could not commit. Nothing was accepted."""


class Fenced(PalaverError):
    """This process no longer owns the conversation. Whatever it was about to write must not be written."""


class NotYours(PalaverError):
    """Who asks does not answer this conversation. `by` does, or nobody where it is empty; unless `known` it is gone."""

    def __init__(self, by: str, *, known: bool = True) -> None:
        whose = f"{by} answers this conversation" if by else "nobody of the team has taken this conversation over"
        super().__init__(f"{whose}. Take it over first." if known else "There is no such conversation.")
        self.by = by
        self.known = known


class DeliveryError(PalaverError):
    """A part was not delivered for certain."""


class NotSent(DeliveryError):
    """Certainly not delivered. `after` is how many seconds the platform asked us to wait, if it did."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class Refused(DeliveryError):
    """The platform will never take this part: the person blocked the bot, the chat is gone, the text is not allowed."""


class Unsure(DeliveryError):
    """The platform may or may not have taken the part: its answer was lost or was a server error."""


class Locked(DeliveryError):
    """The platform refuses our credentials. Nothing can be sent until the owner mends them."""
