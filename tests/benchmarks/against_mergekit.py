"""Fusion in weight space beside mergekit 0.1: how far the same recipe comes to other weights.

It is no dependency of ours: install it with the same torch into an environment of its own, and run

    python -m tests.benchmarks.against_mergekit /path/to/that/environment/bin/python

It prints how far two results are apart at most, and how far ours went from the base at most.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from nlg import plugins
from nlg.fusions import Ingredients, Member
from nlg.models.seq2seq import Seq2Seq, Seq2SeqConfig

SETTINGS: dict[str, Any] = {"vocab_size": 2000, "embedding": 64, "encoder": 64, "decoder": 96}
BASE, FIRST, SECOND = "base.safetensors", "one.safetensors", "other.safetensors"
SHARES = {FIRST: 0.3, SECOND: 0.7}
ALL, LARGEST, MEANS = {"density": 1.0}, {"density": 0.2}, {"density": 1.0, "normalize": True}
RECIPES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("average", {}, {"merge_method": "linear"}),
    ("slerp", {}, {"merge_method": "slerp", "base_model": FIRST, "parameters": {"t": SHARES[SECOND]}}),
    ("ties", {"density": 0.2, "within": "tensor"}, {"merge_method": "ties", "base_model": BASE, "parameters": LARGEST}),
    ("ties", ALL, {"merge_method": "ties", "base_model": BASE, "parameters": ALL}),
    ("dare", {"drop": 0.0}, {"merge_method": "dare_linear", "base_model": BASE, "parameters": ALL}),
    ("dare", {"drop": 0.0, "elect": True}, {"merge_method": "dare_ties", "base_model": BASE, "parameters": MEANS}),
]


def compare(python: str, folder: Path, spread: float) -> None:
    base, *members = models(spread)
    for name, member in zip((BASE, *SHARES), (base, *members), strict=True):
        save_file(member.model.state_dict(), folder / name)
    for name, settings, theirs in RECIPES:
        made = plugins.fusion(name)(**settings)(Ingredients(members, [*SHARES.values()], base)).weights
        apart, moved = furthest(made, their_result(python, folder, theirs)), furthest(made, base.model.state_dict())
        print(f"spread {spread}: {name} {settings} is {apart:.1e} from theirs, and {moved:.1e} from the base")


def models(spread: float) -> list[Member]:
    """A model by chance, and two that differ from it a little."""
    torch.manual_seed(0)
    several = [copy.deepcopy(model) for model in [Seq2Seq(Seq2SeqConfig(**SETTINGS))] * 3]
    for weight in (*several[1].parameters(), *several[2].parameters()):
        weight.data.add_(torch.randn_like(weight) * spread)
    return [Member("seq2seq", SETTINGS, model) for model in several]


def their_result(python: str, folder: Path, told: dict[str, Any]) -> dict[str, Tensor]:
    models = [{"model": str(folder / name), "parameters": {"weight": share}} for name, share in SHARES.items()]
    base = {"base_model": str(folder / told["base_model"])} if "base_model" in told else {}
    (folder / "recipe.yaml").write_text(json.dumps({**told, **base, "models": models, "dtype": "float32"}))
    with tempfile.TemporaryDirectory() as made:
        program = Path(python).with_name("mergekit-pytorch")
        subprocess.run([program, folder / "recipe.yaml", made], check=True, capture_output=True)
        return {name: weight for part in Path(made).glob("*.safetensors") for name, weight in load_file(part).items()}


def furthest(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> float:
    return max(float((weight - other[name]).abs().max()) for name, weight in one.items())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for spread in (0.01, 0.3):
            compare(sys.argv[1], Path(folder), spread)
