"""How numbers are written on the pages; a dash where there is none. Templates have them as filters."""

from __future__ import annotations

import math

NONE = "–"


def as_count(value: float | None) -> str:
    """Whole numbers with commas; halves of a scale with one digit more."""
    if value is None:
        return NONE
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def as_percent(value: float | None) -> str:
    """A share, with a digit more below ten percent: 43%, 4.3%."""
    if value is None:
        return NONE
    return f"{value:.1%}" if 0 < value < 0.0995 else f"{value:.0%}"


def as_time(milliseconds: float | None) -> str:
    """Milliseconds as people say them, in two digits or three: 850 ms, 1.2 s, 45 s, 12 min."""
    if milliseconds is None:
        return NONE
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"


def share_of(odds: float) -> float:
    """Turn a log-probability into a share; what is no number becomes 0."""
    return math.exp(min(odds, 0.0)) if math.isfinite(odds) else 0.0
