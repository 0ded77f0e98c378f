"""What `palaver convert` does: writes a checkpoint of ours as CTranslate2 reads it."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import typer

from nlg import checkpoint, int8, manifest
from nlg.card import CARD
from nlg.checkpoint import CONFIG, Checkpoint
from nlg.converting import FAMILY, FILES, WEIGHTS
from nlg.errors import CheckpointError, RecipeError
from nlg.telling import told, writing

NOTED = """
## CTranslate2

These are the weights of `{id}` in {weights}, laid out for CTranslate2 by `palaver convert`. The figures above are
those of `{id}`.
"""
WHY_NOT = {
    "transformer": "it reads contexts by an encoder, and what serves converted models has none",
    "fused": "it is several models that are stepped together",
    "pretrained": "it is a model of transformers, for which CTranslate2 has converters of its own",
}
"""Why a family is not converted; all others that are not `gpt` have layers that CTranslate2 does not know."""


def convert(source: Path, out: Path, weights: str) -> None:
    with told():
        if find_spec("ctranslate2") is None:
            raise RecipeError("this needs one more package: pip install 'palaver[ctranslate2]'")
        made = checkpoint.load(source)
        check(made, weights)
        if out.resolve() == source.resolve():
            raise CheckpointError(f"{out} is the model itself. Name another --out.")
        with writing(out):
            version = checkpoint.write(out, _files(made, source, weights))
        typer.echo(f"{made.name}@{version} is in {out}. Serve it: PALAVER_WRITER=ctranslate2 PALAVER_MODEL={out}")


def check(made: Checkpoint, weights: str) -> None:
    """Raise `RecipeError` for a model that CTranslate2 would not say the same with, or weights that are not offered."""
    if weights not in WEIGHTS:
        raise RecipeError(f"weights {weights!r} are not offered. Take one of: {', '.join(WEIGHTS)}.")
    if made.family != "gpt":
        reason = WHY_NOT.get(made.family, "CTranslate2 has no layers like those")
        raise RecipeError(f"{made.id} is of the family {made.family}, and only gpt is converted: {reason}.")
    if int8.is_quantised(made):
        raise RecipeError(f"{made.id} has int8 weights already. Name the checkpoint that it was made of.")


def _files(made: Checkpoint, source: Path, weights: str) -> dict[str, bytes]:
    from nlg.converting.layout import laid_out  # noqa: PLC0415 - the library is an extra

    kept, _ = manifest.read(source)
    kept.pop(checkpoint.WEIGHTS)
    if CARD in kept:
        kept[CARD] += NOTED.format(id=made.id, weights=weights).encode()
    config = {"format": 1, "name": made.name, "model_type": FAMILY, "context": made.context, "weights": weights}
    theirs = {FILES[name]: data for name, data in laid_out(made, weights).items()}
    return {**kept, **theirs, CONFIG: (json.dumps(config, indent=2) + "\n").encode()}
