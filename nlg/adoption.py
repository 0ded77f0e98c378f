"""Moves a checkpoint of `transformers` over to our tokens, so that the family `pretrained` can go on from it.

Its tokens keep their order after our control tokens, and our placeholders follow at the end. The rows of its weights
move with them. Control tokens start as what comes closest to them there (its own begin, end, padding and mask), or as
the mean of all tokens. BERT and RoBERTa, which only read, become encoder and decoder of a pair whose attention to the
context has still to be learnt (Rothe, Narayan and Severyn 2020). Needs `pip install palaver[hub]`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer
from torch import Tensor, nn
from transformers import AutoConfig, AutoTokenizer, EncoderDecoderModel
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING

from nlg.errors import RecipeError
from nlg.layers import borrowing
from nlg.layers.borrowed import PARTS
from nlg.tokenizer import BOS, CONTROLS, EOS, MASK, PAD, PLACEHOLDERS, ReplyTokenizer

_MEAN = -1
TOKENIZER = "tokenizer.json"


def adopt(source: Path, target: Path) -> None:
    """Write the model in `source` to `target`: `config.json`, `model.safetensors` and `tokenizer.json` of ours.

    A recipe goes on from there with `text.tokenizer = "TARGET/tokenizer.json"` and `model.path = "TARGET"`. Raises
    `RecipeError` when the model cannot be read, its tokens cannot be moved, or `target` is there already.
    """
    if target.exists():
        raise RecipeError(f"{target} is there already. Name a new folder.")
    theirs, spoken = _read(source)
    if not hasattr(spoken, "backend_tokenizer"):
        raise RecipeError(f"{source}: its tokenizer is none of the library `tokenizers`. It cannot be moved.")
    tokenizer = moved(spoken.backend_tokenizer)
    if len(spoken) > theirs.get_input_embeddings().num_embeddings:
        raise RecipeError(f"{source}: the tokenizer knows more tokens than the model. They do not belong together.")
    order = _order(theirs, spoken, tokenizer.size)
    _with_words(theirs, order).save_pretrained(target)
    (target / TOKENIZER).write_text(tokenizer.to_json(), encoding="utf-8")


def _read(source: Path) -> tuple[Any, Any]:
    if not source.is_dir():
        raise RecipeError(f"{source} is no folder. Only checkpoints on this machine are read: download it first.")
    try:
        config = AutoConfig.from_pretrained(source, local_files_only=True, trust_remote_code=False)
        spoken = AutoTokenizer.from_pretrained(source, local_files_only=True, trust_remote_code=False)
        if config.is_encoder_decoder or type(config) not in MODEL_FOR_MASKED_LM_MAPPING:
            return borrowing.load(str(source)), spoken
        options = {f"{part}_{name}": value for part in PARTS for name, value in _SAFELY.items()}
        return EncoderDecoderModel.from_encoder_decoder_pretrained(str(source), str(source), **options), spoken
    except (OSError, ValueError, KeyError) as error:
        raise RecipeError(f"{source} holds no model that can be read here: {error}") from error


_SAFELY = {"local_files_only": True, "trust_remote_code": False, "use_safetensors": True, "dtype": torch.float32}


def moved(theirs: Tokenizer) -> ReplyTokenizer:
    """Their tokenizer with our control tokens before its own and our placeholders after them."""
    told = json.loads(theirs.to_str())
    model, by = told["model"], len(CONTROLS)
    if isinstance(model["vocab"], list):  # Unigram: a list of pieces with their log-probabilities
        model["vocab"] = [[name, -1e4] for name in CONTROLS] + model["vocab"]
        model["unk_id"] = None if model["unk_id"] is None else model["unk_id"] + by
    else:
        kept = {name: at + by for name, at in model["vocab"].items()}
        model["vocab"] = {**{name: at for at, name in enumerate(CONTROLS)}, **kept}
    extra = [{**token, "id": token["id"] + by} for token in told["added_tokens"]]
    told |= {"added_tokens": _controls() + extra, "post_processor": None, "truncation": None, "padding": None}
    told["pre_tokenizer"] = _apart(told["pre_tokenizer"])
    made = Tokenizer.from_str(json.dumps(told))
    if any(made.token_to_id(name) != at + by for name, at in theirs.get_vocab().items()):
        raise RecipeError("the tokens of this tokenizer cannot be moved: its numbers have gaps, or it has our names.")
    made.add_tokens([AddedToken(f"{{{{{name}}}}}", normalized=False) for name in PLACEHOLDERS])
    return ReplyTokenizer(made)


def _apart(pre_tokenizer: dict[str, Any] | None) -> dict[str, Any]:
    """Cut texts at the beginning of a control token's name, so that nobody can type one."""
    cut = {"type": "Split", "pattern": {"String": "<|"}, "behavior": "Isolated", "invert": False}
    return {"type": "Sequence", "pretokenizers": [cut, pre_tokenizer] if pre_tokenizer else [cut]}


def _controls() -> list[dict[str, Any]]:
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return [{"id": at, "content": name, **plain} for at, name in enumerate(CONTROLS)]


@dataclass(frozen=True, slots=True)
class _Order:
    """For each of our tokens the row that it gets of theirs."""

    rows: Tensor

    def __call__(self, weights: Tensor, dim: int) -> Tensor:
        """Put `weights` into our order along `dim`; new tokens get the mean, and a little of their own."""
        old = weights.movedim(dim, 0)
        new = old[self.rows.clamp(min=0)]
        fresh = self.rows == _MEAN
        chance = torch.randn(int(fresh.sum()), *old.shape[1:], generator=torch.Generator().manual_seed(1))
        new[fresh] = old.mean(dim=0) + 0.1 * old.std(dim=0) * chance
        return new.movedim(0, dim)


def _order(theirs: Any, spoken: Any, size: int) -> _Order:
    begin = _first(theirs.generation_config.decoder_start_token_id, spoken.bos_token_id, spoken.cls_token_id)
    end = _first(spoken.eos_token_id, spoken.sep_token_id)
    rows = torch.full((size,), _MEAN)
    known = len(spoken)
    rows[len(CONTROLS) : len(CONTROLS) + known] = torch.arange(known)
    rows[EOS] = end
    rows[BOS] = begin if begin != _MEAN else end
    rows[PAD] = _first(spoken.pad_token_id, end)
    rows[MASK] = _first(spoken.mask_token_id)
    return _Order(rows)


def _first(*tokens: int | None) -> int:
    return next((token for token in tokens if token is not None), _MEAN)


def _with_words(theirs: Any, order: _Order) -> Any:
    """The same model with its rows in our order."""
    model = _like(theirs, len(order.rows))
    model.load_state_dict({name: _turned(weight, dim, order) for name, weight, dim in _by_word(theirs)})
    _count_from(model, theirs)
    return model


def _like(theirs: Any, size: int) -> Any:
    """A fresh model that differs only in how many tokens it knows, and in the numbers of the special ones."""
    config = type(theirs.config)(**theirs.config.to_dict())
    for part in (config, *(getattr(config, name) for name in PARTS if hasattr(config, name))):
        for name, value in borrowing.words(size).items():
            setattr(part, name, value)
    return type(theirs)(config)


def _by_word(theirs: Any) -> Iterator[tuple[str, Tensor, int | None]]:
    """Their weights, each with the dimension that runs over tokens: the one that another vocabulary changes."""
    with torch.device("meta"):
        other = _like(theirs, theirs.get_input_embeddings().num_embeddings + 1).state_dict()
    for name, weight in theirs.state_dict().items():
        sizes = zip(weight.shape, other[name].shape, strict=True)
        yield name, weight, next((dim for dim, (had, has) in enumerate(sizes) if had != has), None)


def _turned(weight: Tensor, dim: int | None, order: _Order) -> Tensor:
    return weight if dim is None else order(weight, dim)


def _count_from(model: nn.Module, theirs: nn.Module) -> None:
    """RoBERTa counts places from behind its padding token, which has another number now: move its places too."""
    old = dict(theirs.named_modules())
    for name, part in model.named_modules():
        if isinstance(part, nn.Embedding) and name.endswith("position_embeddings") and part.padding_idx is not None:
            by = old[name].padding_idx - part.padding_idx
            with torch.no_grad():
                part.weight.copy_(torch.roll(part.weight, -by, dims=0))
