"""Chooses the next token of each row: the likeliest, or one drawn by chance.

Each row has its own settings and its own chance, so what is written does not depend on what else is in the batch.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from nlg.contract import Decoding, Finish
from nlg.tokenizer import CONTROLS, EOS

MOST_TOKENS = 1024
"""No reply is longer, whatever is asked for."""
CORE = 256
"""So many of the likeliest tokens are looked at first where the fewest are wanted that reach a probability."""


@dataclass(slots=True)
class Row:
    """One reply that is being written. `scores` are the log-probabilities of its tokens, the end included."""

    decoding: Decoding
    chance: random.Random
    silent: int = len(CONTROLS)
    """Tokens below this are never shown; those from the controls up to it are topics, which may only come first."""
    tokens: list[int] = field(default_factory=list)
    steps: int = 0
    scores: list[float] = field(default_factory=list)
    spoken: bool = False
    """Whether there is anything to show yet."""
    finish: Finish | None = None
    lost: bool = False
    """The model's numbers ran away: this row cannot be continued."""

    @classmethod
    def begin(cls, decoding: Decoding, silent: int = len(CONTROLS)) -> Row:
        """Raise `ValueError` when the settings make no sense."""
        check(decoding)
        return cls(decoding, random.Random(decoding.seed), silent)

    @property
    def score(self) -> float:
        """The log-probability of the whole reply."""
        return math.fsum(self.scores)

    @property
    def plain(self) -> bool:
        """Whether it takes the likeliest token, as the model has it."""
        return self.decoding.temperature == 0 and self.decoding.repetition_penalty == 1

    @property
    def first(self) -> int:
        """The first token that it may say next, but for its end."""
        return self.silent if self.tokens else len(CONTROLS)

    def add(self, token: int, score: float) -> None:
        """Take the next token, and see whether that was the last."""
        self.steps += 1
        self.scores.append(score)
        self.lost = not math.isfinite(score)
        if token == EOS:
            self.finish = Finish.END
            return
        self.tokens.append(token)
        self.spoken = self.spoken or token >= self.silent
        if self.steps >= min(self.decoding.max_tokens, MOST_TOKENS):
            self.finish = Finish.LENGTH


def check(decoding: Decoding) -> None:
    """Raise `ValueError` when the settings make no sense."""
    sound = {
        "max_tokens": decoding.max_tokens >= 1,
        "temperature": 0 <= decoding.temperature < math.inf,
        "top_p": 0 < decoding.top_p <= 1,
        "top_k": decoding.top_k >= 0,
        "repetition_penalty": 0 < decoding.repetition_penalty < math.inf,
        "stop": all(decoding.stop),
    }
    for name, fine in sound.items():
        if not fine:
            raise ValueError(f"{name} cannot be {getattr(decoding, name)!r}")


def choose(logits: Tensor, rows: Sequence[Row]) -> list[int]:
    """Choose from log-odds (B, V) the next token of each row, and add it to the row."""
    logits = logits.float()
    surprise = logits.log_softmax(dim=-1)  # (B, V)
    tokens = _chosen(logits, rows)
    for row, token, score in zip(rows, tokens, _picked(surprise, tokens), strict=True):
        row.add(token, score)
    return tokens


def _chosen(logits: Tensor, rows: Sequence[Row]) -> list[int]:
    tokens = [0] * len(rows)
    groups: dict[tuple[bool, int], list[int]] = {}
    for at, row in enumerate(rows):
        groups.setdefault((row.plain, row.first), []).append(at)
    for (plain, first), places in groups.items():
        some = logits if len(places) == len(rows) else logits[places]
        choice = (_likeliest if plain else _otherwise)(some, [rows[at] for at in places], first)
        for at, token in zip(places, choice, strict=True):
            tokens[at] = token
    return tokens


def _likeliest(logits: Tensor, rows: Sequence[Row], first: int) -> list[int]:
    """The likeliest token from `first` on, or the end, where something was said before.

    That may still be a space or half a character, so a model that learnt little can write an empty text.
    """
    best = [token + first for token in _largest(logits[:, first:])]
    ends = zip(rows, best, logits[:, EOS].tolist(), _picked(logits, best), strict=True)
    return [EOS if end >= odds and row.spoken else token for row, token, end, odds in ends]


def _largest(odds: Tensor) -> list[int]:
    """As `argmax` over the last dimension. On CPU that of numpy is ten times faster."""
    return list((odds.detach().numpy().argmax(axis=-1) if odds.is_cpu else odds.argmax(dim=-1)).tolist())


def _picked(odds: Tensor, tokens: Sequence[int]) -> list[float]:
    """The odds (B, V) of one token of each row. On CPU numpy is quicker here, too."""
    rows = range(len(tokens))
    return list((odds.detach().numpy() if odds.is_cpu else odds)[rows, tokens].tolist())


def _otherwise(logits: Tensor, rows: Sequence[Row], first: int) -> list[int]:
    """With a penalty, or by chance."""
    odds = logits.clone()
    odds[:, :EOS] = odds[:, EOS + 1 : first] = -math.inf
    odds[[at for at, row in enumerate(rows) if not row.spoken], EOS] = -math.inf
    _penalise(odds, rows)
    tokens = _largest(odds)
    drawn = [at for at, row in enumerate(rows) if row.decoding.temperature > 0]
    if drawn:
        for at, token in zip(drawn, _draw(odds[drawn], [rows[at] for at in drawn]), strict=True):
            tokens[at] = token
    return tokens


def _penalise(odds: Tensor, rows: Sequence[Row]) -> None:
    """Make tokens less likely that the row holds already (Keskar et al. 2019, section 4.1)."""
    for at, row in enumerate(rows):
        penalty = row.decoding.repetition_penalty
        if penalty != 1.0 and row.tokens:
            used = torch.tensor(sorted(set(row.tokens)), device=odds.device)
            old = odds[at, used]
            odds[at, used] = torch.where(old > 0, old / penalty, old * penalty)


def _draw(odds: Tensor, rows: Sequence[Row]) -> list[int]:
    """Draw one of the likeliest tokens of each row (B, V).

    Tokens keep their order, so that two of nearly the same odds are not exchanged by the last digit of a sum.
    """
    heat = torch.tensor([row.decoding.temperature for row in rows], dtype=torch.double, device=odds.device)
    share = (odds.double() / heat.unsqueeze(1)).softmax(dim=-1)
    for at, row in enumerate(rows):
        share[at] = share[at].masked_fill(share[at] < _least(share[at], row.decoding), 0.0)
    ladder = share.cumsum(dim=-1)
    top = ladder[:, -1:]
    chance = torch.tensor([row.chance.random() for row in rows], dtype=torch.double, device=odds.device)
    point = torch.minimum(chance.unsqueeze(1) * top, torch.nextafter(top, torch.zeros_like(top)))
    place = torch.searchsorted(ladder, point, right=True).squeeze(1)
    return list(place.clamp(max=odds.shape[1] - 1).tolist())


def _least(share: Tensor, decoding: Decoding) -> Tensor | float:
    """The probability of the least likely token that may be drawn, of those of one row (V,)."""
    least: Tensor | float = 0.0
    if decoding.top_k:
        least = share.topk(min(decoding.top_k, len(share))).values[-1]
    if decoding.top_p < 1:
        least = max(least, _reaching(share, decoding.top_p))
    return least


def _reaching(share: Tensor, wanted: float) -> Tensor:
    """The least of the fewest probabilities that together reach `wanted`."""
    best = share.topk(min(CORE, len(share))).values
    if float(best.sum()) < wanted:
        best = share.sort(descending=True).values
    before = best.cumsum(dim=-1) - best
    return best[int((before < wanted).sum()) - 1]
