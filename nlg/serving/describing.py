"""What a checkpoint says of itself: its id, and what was measured of it. Needs no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nlg import manifest
from nlg.errors import CheckpointError
from nlg.serving.loading import folder_of

CONFIG, FIGURES = "config.json", "evaluation.json"
MEASURES = ("perplexity_token", "token_accuracy", "on_topic")
SCORES = ("bleu", "chrf", "rouge_l", "f1", "distinct_2", "repetition", "slot_error_rate")


@dataclass(frozen=True, slots=True)
class Description:
    """`id` is `name@version`. `figures` is a part of `evaluation.json`, empty where nothing was measured."""

    id: str
    figures: Mapping[str, Any]


def describe(model: str) -> Description:
    """Read the checkpoint in this folder, the shipped one for an empty name, and check all its files.

    Raises `CheckpointError`.
    """
    folder = folder_of(model)
    files, version = manifest.read(folder)
    try:
        name = str(json.loads(files[CONFIG])["name"])
        return Description(f"{name}@{version}", _figures(json.loads(files.get(FIGURES, b"{}"))))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{folder} does not say what it is: {error!r}.") from error


def _figures(report: Mapping[str, Any]) -> dict[str, Any]:
    if not report:
        return {}
    speed = report.get("speed") or {}
    return {
        "data": str(report["data"]),
        "parameters": int(report["parameters"]),
        "examples": int(report["examples"]),
        "groups": [_group(group) for group in report["groups"]],
        "speed": {name: speed[name] for name in ("reply_ms_p50", "reply_ms_p95", "tokens_per_second") if name in speed},
    }


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    """The measures of one language and place in a dialogue; those that were not taken are left out."""
    scores = group.get("scores") or {}
    found = {name: group.get(name) for name in MEASURES} | {name: scores.get(name) for name in SCORES}
    return {
        "language": str(group["language"]),
        "turns": str(group["turns"]),
        "examples": int(group["examples"]),
        **{name: float(value) for name, value in found.items() if value is not None},
    }
