"""Checkpoints with int8 weights: a quarter of float32 in size, and quicker on a CPU.

What is rounded, and how, is told in `nlg.layers.rounding`. Such a model writes; to learn or to be fused it is made
whole first, which gives float weights that are as coarse as the int8 ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import torch

from nlg import plugins
from nlg.checkpoint import Checkpoint
from nlg.errors import CheckpointError
from nlg.layers.int8 import shrunk
from nlg.layers.rounding import floats


def quantised(checkpoint: Checkpoint) -> Checkpoint:
    """A copy whose matrices are int8; the checkpoint stays as it is.

    Raises `CheckpointError` for models that have matrices outside the layers known here (`pretrained`). Warns on a
    machine that has no int8 products: there the copy is as small, and no faster.
    """
    try:
        return replace(checkpoint, model=shrunk(checkpoint.model), version="")
    except ValueError as error:
        raise CheckpointError(
            f"{checkpoint.id} ({checkpoint.family}) cannot be made int8: {error}. Leave it as it is, or distil it into "
            "a model of another family first: palaver distil."
        ) from error


def is_quantised(checkpoint: Checkpoint) -> bool:
    """Whether there are int8 weights in it."""
    return any(tensor.dtype is torch.int8 for tensor in checkpoint.model.state_dict().values())


def whole(checkpoint: Checkpoint) -> Checkpoint:
    """The same checkpoint with float weights, which can learn and be fused; one that has them is returned as it is."""
    if not is_quantised(checkpoint):
        return checkpoint
    model = plugins.family(checkpoint.family).build(cast("Any", checkpoint.model).config)
    model.load_state_dict(floats(checkpoint.model.state_dict()))
    return replace(checkpoint, model=model.to(checkpoint.device).train(checkpoint.model.training))
