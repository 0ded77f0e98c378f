"""Refuses what no database could take, before a page works with it: NUL, half characters, endless numbers."""

from __future__ import annotations

import re

from starlette.datastructures import FormData
from starlette.requests import Request

from bot.admin.errors import Refused, not_there

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
LARGEST = 2**63 - 1
"""Of the numbers that our keys are stored as."""


def refuse_unstorable(request: Request) -> None:
    """Look at the address. Raises `Refused`."""
    for value in request.path_params.values():
        if isinstance(value, int) and value > LARGEST:
            raise not_there()
        _refuse(value)
    for name, value in request.query_params.multi_items():
        _refuse(name, value)


def refuse_unstorable_form(form: FormData) -> None:
    """Look at the texts of a form, and at the names of its files. Raises `Refused`."""
    for name, value in form.multi_items():
        _refuse(name, value if isinstance(value, str) else value.filename)


def _refuse(*values: object) -> None:
    for value in values:
        if isinstance(value, str) and UNSTORABLE.search(value):
            raise Refused(400, "error.unreadable")
