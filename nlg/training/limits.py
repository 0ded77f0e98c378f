"""Between which numbers the settings of a recipe may lie."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from nlg.errors import RecipeError

ONE_OR_MORE, NOT_NEGATIVE, SHARE = (1, math.inf), (0, math.inf), (0, 1)
LIMITS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "text": {"review_rounds": ONE_OR_MORE, "vocab_size": ONE_OR_MORE, "context": ONE_OR_MORE, "reply": ONE_OR_MORE},
    "schedule": {
        "epochs": ONE_OR_MORE,
        "rounds": ONE_OR_MORE,
        "batch": ONE_OR_MORE,
        "accumulate": ONE_OR_MORE,
        "rate": NOT_NEGATIVE,
        "final_rate": NOT_NEGATIVE,
        "warmup": SHARE,
        "patience": ONE_OR_MORE,
    },
    "care": {
        "clip": NOT_NEGATIVE,
        "weight_decay": NOT_NEGATIVE,
        "token_dropout": SHARE,
        "token_splits": SHARE,
        "digressions": SHARE,
        "wordings": NOT_NEGATIVE,
        "smoothing": SHARE,
        "opening": NOT_NEGATIVE,
        "average": SHARE,
    },
    "teacher": {"beams": ONE_OR_MORE, "share": SHARE},
}
PHASE = {"share": SHARE, "written": SHARE, "own": SHARE}


def check(values: Mapping[str, Any], where: str) -> None:
    """Raise `RecipeError` for the first number that makes no sense. What is no number at all is not looked at."""
    for table, limits in LIMITS.items():
        _check(values.get(table), limits, f"{where}.{table}")
    phases = values.get("phases")
    for at, phase in enumerate(phases if isinstance(phases, list) else [], start=1):
        _check(phase, PHASE, f"{where}.phases.{at}")


def _check(given: Any, limits: Mapping[str, tuple[float, float]], where: str) -> None:
    for name, (low, high) in limits.items():
        value = given.get(name) if isinstance(given, Mapping) else None
        if isinstance(value, int | float) and not low <= value <= high:
            raise RecipeError(f"{where}.{name}: {value} should be {_said(low, high)}.")


def _said(low: float, high: float) -> str:
    return f"at least {low:g}" if math.isinf(high) else f"between {low:g} and {high:g}"
