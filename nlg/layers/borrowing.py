"""How a model of `transformers` is had: from a local folder or fresh, knowing our tokens, with LoRA if asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM
from transformers.pytorch_utils import Conv1D

from nlg.errors import RecipeError
from nlg.layers.borrowed import PARTS, Answering, Continuing
from nlg.tokenizer import BOS, EOS, PAD


def build(config: Any) -> nn.Module:
    """Load or make the model that `config` asks for; raise `RecipeError` when that cannot be."""
    theirs = load(config.path) if config.path else _fresh(config)
    words = theirs.get_input_embeddings().num_embeddings
    if words != config.vocab_size:
        raise RecipeError(
            f"the model knows {words} tokens and the tokenizer {config.vocab_size}. Move its vocabulary over with "
            "nlg.adoption.adopt, and name the tokenizer that it writes in text.tokenizer."
        )
    _check(theirs)
    if config.lora:
        _add_lora(theirs, config)
    return (Answering if theirs.config.is_encoder_decoder else Continuing)(config, theirs)


def load(path: str) -> Any:
    """Read a local folder, safetensors only, and run no code of it; raise `RecipeError` when that cannot be done."""
    if not Path(path).is_dir():
        raise RecipeError(f"{path} is no folder. Only checkpoints on this machine are read: download it first.")
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        config = AutoConfig.from_pretrained(path, **options)
        return (
            _kind(config)
            .from_pretrained(path, config=config, use_safetensors=True, dtype=torch.float32, **options)
            .eval()
        )
    except (OSError, ValueError, KeyError) as error:
        raise RecipeError(f"{path} holds no model that can be read here: {error}") from error


def _fresh(config: Any) -> Any:
    try:
        named = dict(config.architecture)
        parts = {key: {**part, **words(config.vocab_size)} for key, part in named.items() if key in PARTS}
        theirs = AutoConfig.for_model(**{**named, **parts, **words(config.vocab_size)})
        return _kind(theirs).from_config(theirs, dtype=torch.float32, trust_remote_code=False).eval()
    except (TypeError, ValueError, KeyError) as error:
        raise RecipeError(f"model.architecture is no configuration of a model: {error}") from error


def words(vocab_size: int) -> dict[str, int]:
    """What a configuration of theirs has to say of our tokens."""
    return {"vocab_size": vocab_size, "pad_token_id": PAD, "bos_token_id": BOS, "eos_token_id": EOS}


def _kind(config: Any) -> Any:
    return AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM


def _check(theirs: Any) -> None:
    """Raise `RecipeError` for models that remember otherwise than by keys and values of all they have read."""
    config = theirs.config
    window = getattr(config, "sliding_window", None) and getattr(config, "use_sliding_window", True)
    others = set(getattr(config, "layer_types", None) or ()) - {"full_attention"}
    if window or others or theirs._is_stateful:
        raise RecipeError(f"{config.model_type} does not look back at all it has read. That is not supported.")


def _add_lora(theirs: Any, config: Any) -> None:
    from peft import LoraConfig, inject_adapter_in_model  # noqa: PLC0415 - takes seconds, and is rarely asked for

    wanted = LoraConfig(
        r=config.lora,
        lora_alpha=int(config.lora * config.lora_scale),
        lora_dropout=0.05,
        target_modules="all-linear",
        fan_in_fan_out=any(isinstance(part, Conv1D) for part in theirs.modules()),  # GPT-2 keeps matrices turned
    )
    inject_adapter_in_model(wanted, theirs)
    theirs.get_input_embeddings().weight.requires_grad_(True)  # tokens that it never saw have to be learnt
