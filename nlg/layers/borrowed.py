"""Models of `transformers` behind our three methods.

Their caches of keys and values are kept as named tensors, rows first and columns second: `length`, `keys.N`, `values.N`
(`nlg.layers.columns`), and for encoder-decoders `mask`, `context_memory`, `context_keys.N` and `context_values.N`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from transformers import DynamicCache, EncoderDecoderCache

from nlg.errors import RecipeError
from nlg.interfaces import State
from nlg.layers import columns, transformer
from nlg.layers.looking import Over, Report
from nlg.tokenizer import BOS, EOS, PAD

PARTS = ("encoder", "decoder")
TEXT = ("keys.", "values.")
LOOKS: dict[str, Over] = {"attentions": "text", "decoder_attentions": "text", "cross_attentions": "context"}
"""What they call weights of attention, and what those lie over."""


class Borrowed(nn.Module):
    """Holds their model. Weights that stand in two places are kept once."""

    def __init__(self, config: Any, theirs: Any) -> None:
        super().__init__()
        self.config = replace(config, path="", architecture=json.loads(theirs.config.to_json_string()))
        self.theirs = theirs
        self.twins = _twins(self)
        self.register_state_dict_post_hook(_leave_out)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_pre_hook(_put_back)  # type: ignore[no-untyped-call]

    def select(self, state: State, rows: Tensor) -> State:
        return _selected(state, rows)

    @contextmanager
    def watch(self, report: Report) -> Iterator[None]:
        """As `Watchable`. Their usual attention keeps its weights to itself, so meanwhile they use their plain one."""

        def ask(_: nn.Module, inputs: Any, named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
            return inputs, {**named, "output_attentions": True}

        def look(_: nn.Module, __: Any, said: Any) -> None:
            for name, over in LOOKS.items():
                for number, weights in enumerate(said.get(name) or ()):
                    report(weights, over, f"{name}.{number}")

        usual = self.theirs.config._attn_implementation
        self.theirs.set_attn_implementation("eager")
        try:
            with self.theirs.register_forward_pre_hook(ask, with_kwargs=True), self.theirs.register_forward_hook(look):
                yield
        finally:
            self.theirs.set_attn_implementation(usual)

    def check(self, tokens: int, limit: int) -> None:
        if tokens > limit:
            raise RecipeError(
                f"{tokens} tokens are more than the model's {limit} positions: lower text.context, or leave them out."
            )


def _selected(state: State, rows: Tensor) -> State:
    """The state of `rows`, without columns that none of them has filled."""
    state = columns.cut({name: tensor[rows] for name, tensor in state.items()}, TEXT, state["length"][rows])
    return columns.cut(state, ("mask", "context_"), state["mask"].sum(dim=1)) if "mask" in state else state


def _written(state: State, cache: Any, tokens: int, real: Tensor | None = None) -> State:
    """The state after their `cache` took in some more tokens (B, T), of which the first `real` (B, 1) count, or all."""
    places = state["length"] + torch.arange(tokens, device=state["length"].device)
    fresh = {name: tensor[:, -tokens:] for name, tensor in _named(cache, "").items()}
    if not any(name in state for name in fresh):
        state = {**state, **{name: tensor[:, :0] for name, tensor in fresh.items()}}
    state = columns.roomy(state, TEXT, tokens)
    at = columns.at(places)
    written = {name: state[name].index_put_(at, tensor) for name, tensor in fresh.items()}
    return {**state, **written, "length": state["length"] + (tokens if real is None else real)}


def _twins(model: nn.Module) -> dict[str, str]:
    """Names of weights that are another's, with the name of that one."""
    first: dict[int, str] = {}
    names = [
        (name, first.setdefault(id(weight), name)) for name, weight in model.named_parameters(remove_duplicate=False)
    ]
    return {name: one for name, one in names if name != one}


def _leave_out(module: nn.Module, weights: dict[str, Tensor], prefix: str, *_: Any) -> None:
    for name in module.twins:  # type: ignore[union-attr]
        weights.pop(prefix + name, None)


def _put_back(module: nn.Module, weights: dict[str, Tensor], prefix: str, *_: Any) -> None:
    for name, one in module.twins.items():  # type: ignore[union-attr, operator]
        if prefix + one in weights:
            weights.setdefault(prefix + name, weights[prefix + one])


class Continuing(Borrowed):
    """A causal model: the context is the beginning of a text, and the reply the rest of it."""

    def __init__(self, config: Any, theirs: Any) -> None:
        super().__init__(config, theirs)
        self.limit = _limit(theirs.config)

    def start(self, contexts: Tensor, lengths: Tensor) -> State:
        return self.go_on(contexts, lengths, {"length": torch.zeros_like(lengths).unsqueeze(1)})

    def go_on(self, contexts: Tensor, lengths: Tensor, state: State) -> State:
        """As `nlg.interfaces.Continuing`."""
        self.check(columns.longest(state["length"] + lengths.unsqueeze(1)), self.limit)
        return self.read(contexts, state, 1, lengths.unsqueeze(1))[1]

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        odds, after = self.read(tokens.unsqueeze(1), state, 1)
        full = state["length"] >= self.limit
        return torch.where(full, _ended(odds[:, -1]), odds[:, -1]), after

    def forward(self, contexts: Tensor, lengths: Tensor, replies: Tensor) -> Tensor:
        return self.read(replies, self.start(contexts, lengths), replies.shape[1])[0]

    def read(self, tokens: Tensor, state: State, odds: int, real: Tensor | None = None) -> tuple[Tensor, State]:
        """Read the first `real` (B, 1) of (B, T), or all: log-odds after the last `odds` of T, and the state after."""
        before = state["length"]  # (B, 1)
        counts = torch.full_like(before, tokens.shape[1]) if real is None else real
        seen = [torch.arange(wide, device=tokens.device) for wide in (columns.longest(before), tokens.shape[1])]
        said = self.theirs(
            input_ids=tokens,
            attention_mask=torch.cat([seen[0] < before, seen[1] < counts], dim=1).long(),
            position_ids=(before + seen[1]).clamp(0, self.limit - 1),
            cache=DynamicCache(_pairs(columns.cut(state, TEXT, before), "")),
            use_cache=True,
            logits_to_keep=odds,
        )
        return said.logits.float(), _written(state, said.cache, tokens.shape[1], real)


class Answering(Borrowed):
    """An encoder-decoder. Rows that have written equally much are stepped together, as their places are one number."""

    def __init__(self, config: Any, theirs: Any) -> None:
        if getattr(theirs.get_encoder(), "pooler", None) is not None:
            theirs.get_encoder().pooler = None  # BERT's summary, which nobody reads here
        super().__init__(config, theirs)
        parts = [getattr(theirs.config, part, theirs.config) for part in PARTS]
        self.limits = [_limit(part) for part in parts]

    def start(self, contexts: Tensor, lengths: Tensor) -> State:
        self.check(contexts.shape[1], self.limits[0])
        mask = transformer.real(lengths, contexts.shape[1])
        shown = contexts.masked_fill(~mask, PAD)
        memory = self.theirs.get_encoder()(input_ids=shown, attention_mask=mask.long(), return_dict=True)[0]
        begin = contexts.new_full((contexts.shape[0], 1), BOS)
        state: State = {"length": torch.zeros_like(begin), "mask": mask, "context_memory": memory}
        tried = self.said(begin, state).cache  # only their first step makes keys of the context
        empty = {name: tensor[:, :0] for name, tensor in _named(tried.self_attention_cache, "").items()}
        return {**state, **empty, **_named(tried.cross_attention_cache, "context_")}

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        places = state["length"].squeeze(1)
        state = columns.roomy(state, TEXT, 1)
        odds = torch.zeros(len(tokens), self.config.vocab_size, device=tokens.device)
        for place in sorted(set(places.tolist())):
            rows = (places == place).nonzero().squeeze(1)
            odds[rows], after = self.last(tokens[rows], _selected(state, rows))
            for name, tensor in after.items():
                state[name][rows, place] = tensor
        return odds, {**state, "length": state["length"] + 1}

    def last(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """Read one token (B,) for rows that have read equally much: log-odds (B, V), and the columns to be written."""
        if columns.longest(state["length"]) >= self.limits[1]:
            odds = tokens.new_zeros(len(tokens), self.config.vocab_size, dtype=torch.float32)
            return _ended(odds), {}  # where there are no more places, the reply ends
        said = self.said(tokens.unsqueeze(1), state)
        fresh = _named(said.cache.self_attention_cache, "")
        return said.logits[:, -1].float(), {name: tensor[:, -1] for name, tensor in fresh.items()}

    def forward(self, contexts: Tensor, lengths: Tensor, replies: Tensor) -> Tensor:
        self.check(replies.shape[1], self.limits[1])
        return self.said(replies, self.start(contexts, lengths)).logits.float()  # type: ignore[no-any-return]

    def said(self, tokens: Tensor, state: State) -> Any:
        """What their model says to (B, T), for rows that have read equally much."""
        return self.theirs(
            encoder_outputs=(state["context_memory"],),
            attention_mask=state["mask"].long(),
            decoder_input_ids=tokens,
            cache=EncoderDecoderCache(DynamicCache(_pairs(state, "")), DynamicCache(_pairs(state, "context_"))),
            use_cache=True,
        )


def _ended(odds: Tensor) -> Tensor:
    ended = torch.full_like(odds, torch.finfo(odds.dtype).min)
    ended[..., EOS] = 0.0
    return ended


def _limit(config: Any) -> int:
    """How many tokens a part can count. RoBERTa counts from two."""
    places = getattr(config, "max_position_embeddings", None) or 1_000_000
    return int(places) - (2 if "roberta" in config.model_type else 0)


def _pairs(state: State, prefix: str) -> list[tuple[Tensor, Tensor]] | None:
    """Keys and values of each layer as they want them: (B, heads, T, D)."""
    names = [name for name in state if name.startswith(f"{prefix}keys.")]
    return [
        (state[name].transpose(1, 2), state[name.replace("keys", "values")].transpose(1, 2)) for name in names
    ] or None


def _named(cache: Any, prefix: str) -> State:
    pairs = [(layer.keys.transpose(1, 2), layer.values.transpose(1, 2)) for layer in cache.layers]
    return {
        f"{prefix}{name}.{at}": t
        for at, pair in enumerate(pairs)
        for name, t in zip(("keys", "values"), pair, strict=True)
    }
