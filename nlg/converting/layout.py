"""Lays the weights of our `gpt` out as CTranslate2 wants them: with the same weights both are GPT-2.

Places after the last share its vector with us and are an error there, so the table is made as long as any text may get.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch
from ctranslate2.specs import common_spec, transformer_spec
from torch import Tensor

from nlg.checkpoint import Checkpoint
from nlg.decoding import MOST_TOKENS
from nlg.interfaces import State
from nlg.tokenizer import BOS, EOS, PAD


def laid_out(made: Checkpoint, weights: str) -> dict[str, bytes]:
    """The files of CTranslate2, by the names it gives them, for a `gpt` with float weights, as one of `WEIGHTS`."""
    spec = _spec(made)
    spec.validate()
    spec.optimize(quantization=None if weights == "float32" else weights)
    with tempfile.TemporaryDirectory() as folder:
        spec.save(folder)
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def name(token: int) -> str:
    """What CTranslate2 calls one of our tokens."""
    return str(token)


def _spec(made: Checkpoint) -> Any:
    config = cast("Any", made.model).config
    spec = transformer_spec.TransformerDecoderModelSpec.from_config(
        config.layers, config.heads, pre_norm=True, activation=common_spec.Activation.GELUTanh
    )
    _fill(spec.decoder, made.model.state_dict(), made.context + 1 + MOST_TOKENS)
    spec.register_vocabulary([name(token) for token in range(config.vocab_size)])
    spec.config.bos_token, spec.config.eos_token, spec.config.unk_token = name(BOS), name(EOS), name(PAD)
    return spec


def _fill(decoder: Any, state: State, longest: int) -> None:
    decoder.scale_embeddings = False
    decoder.embeddings.weight = decoder.projection.weight = _array(state["embedding.weight"])
    decoder.position_encodings.encodings = _array(_reaching(state["positions.table.weight"], longest))
    _norm(decoder.layer_norm, state, "decoder.norm")
    for number, layer in enumerate(decoder.layer):
        _block(layer, state, f"decoder.blocks.{number}")


def _block(layer: Any, state: State, block: str) -> None:
    looks, thinks = layer.self_attention, layer.ffn
    _norm(looks.layer_norm, state, f"{block}.around_attention.norm")
    _linear(looks.linear[0], state, [f"{block}.attention.{part}" for part in ("query", "key", "value")])
    _linear(looks.linear[1], state, [f"{block}.attention.output"])
    _norm(thinks.layer_norm, state, f"{block}.around_thought.norm")
    _linear(thinks.linear_0, state, [f"{block}.thought.grow"])
    _linear(thinks.linear_1, state, [f"{block}.thought.shrink"])


def _reaching(table: Tensor, places: int) -> Tensor:
    """The table of positions (P, D), whose last row is repeated until there are so many `places`."""
    missing = max(0, places - len(table))
    return torch.cat([table, table[-1:].expand(missing, -1)])


def _norm(spec: Any, state: State, part: str) -> None:
    spec.gamma, spec.beta = (_array(state[f"{part}.{side}"]) for side in ("weight", "bias"))


def _linear(spec: Any, state: State, parts: Sequence[str]) -> None:
    """Several layers that read the same become one."""
    spec.weight, spec.bias = (
        _array(torch.cat([state[f"{part}.{side}"] for part in parts])) for side in ("weight", "bias")
    )


def _array(tensor: Tensor) -> Any:
    return tensor.detach().float().cpu().contiguous().numpy()
