"""Begins a run with the weights of an earlier model, so that what it knows need not be learnt anew."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load as tensors_of
from torch import nn

from nlg import manifest
from nlg.checkpoint import TOKENIZER, WEIGHTS
from nlg.errors import CheckpointError, RecipeError
from nlg.layers.rounding import floats
from nlg.tokenizer import ReplyTokenizer


def take(model: nn.Module, folder: Path, tokenizer: ReplyTokenizer) -> list[str]:
    """Give `model` all weights of the checkpoint that have the same name and shape; return the names that begin afresh.

    Raises `RecipeError` when there is no sound checkpoint, when its vocabulary is another, or when nothing fits.
    """
    try:
        files, _ = manifest.read(folder)
    except CheckpointError as error:
        raise RecipeError(f"start: {error}") from error
    if files[TOKENIZER].decode() != tokenizer.to_json():
        raise RecipeError(f"start: {folder} has another vocabulary. Leave text.tokenizer out to take it over.")
    own, old = model.state_dict(), floats(tensors_of(files[WEIGHTS]))
    fit = {name: weight for name, weight in old.items() if name in own and own[name].shape == weight.shape}
    if not fit:
        raise RecipeError(f"start: no weight of {folder} fits. Compare the sizes under [model] with its own.")
    model.load_state_dict({**own, **fit})
    return sorted(own.keys() - fit.keys())
