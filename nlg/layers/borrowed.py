"""Models of `transformers` behind our three methods.

Their caches of keys and values are kept as the named tensors of our own Transformer blocks, rows first and columns
second: `read`, `keys.N`, `values.N`, and for encoder-decoders `mask`, `context_memory`, `context_keys.N` and
`context_values.N`.
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
from nlg.interfaces import State, join
from nlg.layers import transformer
from nlg.layers.looking import Over, Report
from nlg.tokenizer import BOS, EOS, PAD

PARTS = ("encoder", "decoder")
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
        return transformer.select(state, rows)

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
        self.check(contexts.shape[1], self.limit)
        read = torch.zeros(contexts.shape[0], 0, dtype=torch.bool, device=contexts.device)
        return self.read(contexts, transformer.real(lengths, contexts.shape[1]), {"read": read}, odds=1)[1]

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        odds, after = self.read(tokens.unsqueeze(1), torch.ones_like(tokens, dtype=torch.bool).unsqueeze(1), state, 1)
        full = state["read"].sum(dim=1) >= self.limit
        return torch.where(full.unsqueeze(1), _ended(odds[:, -1]), odds[:, -1]), after

    def forward(self, contexts: Tensor, lengths: Tensor, replies: Tensor) -> Tensor:
        state = self.start(contexts, lengths)
        return self.read(replies, torch.ones_like(replies, dtype=torch.bool), state, replies.shape[1])[0]

    def read(self, tokens: Tensor, real: Tensor, state: State, odds: int) -> tuple[Tensor, State]:
        """Read (B, T) where `real` is true: log-odds after the last `odds` of them, and the state after all."""
        places = state["read"].sum(dim=1, keepdim=True) + real.cumsum(dim=1) - 1
        seen = torch.cat([state["read"], real], dim=1)
        said = self.theirs(
            input_ids=tokens,
            attention_mask=seen.long(),
            position_ids=places.clamp(0, self.limit - 1),
            cache=DynamicCache(_pairs(state, "")),
            use_cache=True,
            logits_to_keep=odds,
        )
        return said.logits.float(), {"read": seen, **_named(said.cache, "")}


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
        state: State = {
            "read": torch.zeros_like(begin[:, :0], dtype=torch.bool),
            "mask": mask,
            "context_memory": memory,
        }
        tried = self.read(begin, state)[1]  # only their first step makes keys of the context
        return {name: t[:, :0] if name.startswith(("read", "keys.", "values.")) else t for name, t in tried.items()}

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        places = state["read"].sum(dim=1)
        groups = [(places == place).nonzero().squeeze(1) for place in sorted(set(places.tolist()))]
        parts = [self.read(tokens[rows].unsqueeze(1), transformer.select(state, rows)) for rows in groups]
        back = torch.cat(groups).argsort()
        after = join([part for _, part in parts])
        return torch.cat([odds[:, -1] for odds, _ in parts])[back], {name: t[back] for name, t in after.items()}

    def forward(self, contexts: Tensor, lengths: Tensor, replies: Tensor) -> Tensor:
        self.check(replies.shape[1], self.limits[1])
        return self.read(replies, self.start(contexts, lengths))[0]

    def read(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """Read (B, T) for rows that have read equally much: log-odds after each, and the state after all."""
        columns = state["read"].shape[1] + tokens.shape[1]
        if columns > self.limits[1]:
            return self.end(tokens, state)
        said = self.theirs(
            encoder_outputs=(state["context_memory"],),
            attention_mask=state["mask"].long(),
            decoder_input_ids=tokens,
            cache=EncoderDecoderCache(DynamicCache(_pairs(state, "")), DynamicCache(_pairs(state, "context_"))),
            use_cache=True,
        )
        kept = {name: state[name] for name in ("mask", "context_memory")}
        read = torch.ones(tokens.shape[0], columns, dtype=torch.bool, device=tokens.device)
        own, context = said.cache.self_attention_cache, said.cache.cross_attention_cache
        return said.logits.float(), {**kept, "read": read, **_named(own, ""), **_named(context, "context_")}

    def end(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """Where there are no more places, the reply ends."""
        odds = tokens.new_zeros(*tokens.shape, self.config.vocab_size, dtype=torch.float32)
        return _ended(odds), state


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
