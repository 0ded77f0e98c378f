"""llama.cpp with 8-bit weights (Q8_0), through llama-cpp-python. Its evaluation call takes one context at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from llama_cpp import Llama

from tests.benchmarks.contenders import Clock, Shape, Written

NAMES = {"attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down"}
NORMS = {"ln_1": "attn_norm", "ln_2": "ffn_norm"}


class LlamaCpp:
    def __init__(self, path: Path, positions: int) -> None:
        self._model = Llama(str(path), n_ctx=positions, n_threads=1, n_threads_batch=1, verbose=False)

    def write(self, contexts: Sequence[Sequence[int]], tokens: int) -> Written:
        (context,) = contexts
        self._model.reset()
        clock = Clock()
        self._model.eval(list(context))
        token = self._best()
        first = clock.read()
        for _ in range(tokens - 1):
            self._model.eval([token])
            token = self._best()
        return Written(first, clock.read())

    def _best(self) -> int:
        return int(np.asarray(self._model._scores[-1]).argmax())


def convert(shape: Shape, path: Path) -> None:
    """Write the file unless it is there."""
    if path.exists():
        return
    from tests.benchmarks.contenders.generate import gpt2  # noqa: PLC0415

    path.parent.mkdir(parents=True, exist_ok=True)
    out = gguf.GGUFWriter(path, "gpt2")
    _describe(out, shape)
    for name, weights in gpt2(shape).state_dict().items():
        if name != "lm_head.weight":
            turned = weights.t() if weights.dim() == 2 and ".h." in name else weights
            _add(out, _theirs(name), turned.contiguous().numpy())
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def _describe(out: Any, shape: Shape) -> None:
    out.add_block_count(shape.layers)
    out.add_context_length(shape.positions)
    out.add_embedding_length(shape.width)
    out.add_feed_forward_length(4 * shape.width)
    out.add_head_count(shape.heads)
    out.add_layer_norm_eps(1e-5)
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("gpt-2")
    out.add_token_list([f"t{token}" for token in range(shape.vocabulary)])
    out.add_token_types([gguf.TokenType.NORMAL] * shape.vocabulary)
    out.add_token_merges(["t 1"])


def _add(out: Any, name: str, weights: Any) -> None:
    if weights.ndim == 2 and name != "position_embd.weight":
        kind = gguf.GGMLQuantizationType.Q8_0
        out.add_tensor(name, gguf.quants.quantize(weights, kind), raw_dtype=kind)
    else:
        out.add_tensor(name, weights)


def _theirs(name: str) -> str:
    plain = {"transformer.wte": "token_embd", "transformer.wpe": "position_embd", "transformer.ln_f": "output_norm"}
    stem, kind = name.rsplit(".", 1)
    if stem in plain:
        return f"{plain[stem]}.{kind}"
    number, part = stem.removeprefix("transformer.h.").split(".", 1)
    return f"blk.{number}.{(NAMES | NORMS)[part]}.{kind}"


def open(shape: Shape, folder: Path) -> LlamaCpp:  # noqa: A001
    convert(shape, folder / "q8.gguf")
    return LlamaCpp(folder / "q8.gguf", shape.positions)
