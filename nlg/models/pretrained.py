"""Any local checkpoint of `transformers`: causal (GPT-2, Qwen, Llama) or encoder-decoder (BART, T5, BERT to BERT).

Notable: it has to speak our tokens, so `nlg.adoption` moves its vocabulary over once; after that it is a family like
the others, and its checkpoints need the folder it came from no more. `lora` trains few weights beside the frozen ones
(Hu et al. 2022). Needs `pip install palaver[hub]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from nlg.errors import RecipeError
from nlg.interfaces import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainedConfig:
    """`path` is a folder that `nlg.adoption` wrote; without one, a fresh `architecture` (a `config.json`) is built.

    `lora` is the rank of the weights that learn, with the embedding beside them; with 0 all weights do, as they must in
    a fresh pair of BERTs. `lora_scale` is alpha divided by the rank.
    """

    vocab_size: int
    path: str = ""
    architecture: Mapping[str, Any] = field(default_factory=dict)
    lora: int = 0
    lora_scale: float = 2.0


def build(config: PretrainedConfig) -> nn.Module:
    """Load or make the model; raise `RecipeError` when it cannot be had or does not speak our tokens."""
    try:
        from nlg.layers import borrowing  # noqa: PLC0415 - transformers is an extra, and takes seconds
    except ImportError as error:
        raise RecipeError(
            f"the family 'pretrained' needs more packages: pip install 'palaver[hub]' ({error})"
        ) from error
    return borrowing.build(config)


_GPT2 = {"model_type": "gpt2", "n_embd": 16, "n_head": 2, "n_inner": 24, "n_layer": 2, "n_positions": 48}
_QWEN = {
    "model_type": "qwen2", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 48, "tie_word_embeddings": True,
}  # fmt: skip
_BART = {
    "model_type": "bart", "d_model": 16, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2,
    "decoder_attention_heads": 2, "encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "max_position_embeddings": 48,
}  # fmt: skip
_T5 = {"model_type": "t5", "d_model": 16, "d_kv": 8, "d_ff": 24, "num_layers": 2, "num_heads": 2}
_BERT = {
    "model_type": "bert", "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
    "max_position_embeddings": 48, "pad_token_id": 0,
}  # fmt: skip
_DECODER = {"is_decoder": True, "add_cross_attention": True}


def _pair(part: Mapping[str, Any]) -> dict[str, Any]:
    return {"model_type": "encoder-decoder", "encoder": dict(part), "decoder": {**part, **_DECODER}}


FAMILY = Family(
    PretrainedConfig,
    build,
    variants=(
        {"architecture": _GPT2},
        {"architecture": _QWEN},
        {"architecture": _BART},
        {"architecture": _T5},
        {"architecture": _pair(_BERT)},
        {"architecture": _pair({**_BERT, "model_type": "roberta"})},
    ),
)
