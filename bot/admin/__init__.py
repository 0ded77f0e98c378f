"""The admin pages under `/admin`: what the team reads, corrects and sets. `docs/admin.md` says how to add a page."""

from __future__ import annotations

from importlib.util import find_spec

NEEDED = {"argon2": "argon2-cffi", "python_multipart": "python-multipart"}
"""Modules of the extra `admin`, and the packages that hold them."""


def lacking() -> list[str]:
    """Return the packages that the pages need and this installation has not."""
    return [package for module, package in NEEDED.items() if find_spec(module) is None]
