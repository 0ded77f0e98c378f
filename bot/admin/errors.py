"""What ends a request to the admin pages early.

Refused             shown to the user as a page of its own, in words
└── SignedOut       nobody is signed in: the login page comes first
"""

from __future__ import annotations

from bot.errors import PalaverError


class Refused(PalaverError):
    """The request ends here with this status; `word` names the sentence that says why and what to do."""

    def __init__(self, status: int, word: str, **values: object) -> None:
        super().__init__(word)
        self.status = status
        self.word = word
        self.values = values


class SignedOut(Refused):
    """Nobody is signed in."""

    def __init__(self) -> None:
        super().__init__(401, "error.signed_out")


def not_there() -> Refused:
    """Return the error for a row or page that is not (or no longer) there."""
    return Refused(404, "error.not_there")
