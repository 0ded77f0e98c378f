"""Cells of tables that a spreadsheet must not take for formulas."""

from __future__ import annotations

STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What begins a formula in Excel, LibreOffice or Sheets (OWASP, CSV injection); the wide forms are read as these."""


def safe(value: object) -> str:
    """Return the cell as text. One that would begin a formula gets an apostrophe in front, which shows it as it stands.

    Line feeds before such a sign hide it only from us, so blank space is looked through. A NUL, which some programs
    take for the end, is left out.
    """
    text = ("" if value is None else str(value)).replace("\x00", "")
    begins = text.startswith(STARTS) or text.lstrip().startswith(STARTS)
    return f"'{text}" if begins else text
