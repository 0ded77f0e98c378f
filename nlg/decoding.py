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
    def spoken(self) -> bool:
        """Whether there is anything to show yet."""
        return any(token >= self.silent for token in self.tokens)

    def add(self, token: int, score: float) -> None:
        """Take the next token, and see whether that was the last."""
        self.steps += 1
        self.scores.append(score)
        self.lost = not math.isfinite(score)
        if token == EOS:
            self.finish = Finish.END
            return
        self.tokens.append(token)
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
    }
    for name, fine in sound.items():
        if not fine:
            raise ValueError(f"{name} cannot be {getattr(decoding, name)!r}")


def choose(logits: Tensor, rows: Sequence[Row]) -> list[int]:
    """Choose from log-odds (B, V) the next token of each row, and add it to the row."""
    surprise = logits.log_softmax(dim=-1)  # (B, V)
    odds = _allowed(logits, rows)
    _penalise(odds, rows)
    tokens = odds.argmax(dim=-1)  # (B,)
    drawn = [at for at, row in enumerate(rows) if row.decoding.temperature > 0]
    if drawn:
        tokens[drawn] = _draw(odds[drawn], [rows[at] for at in drawn])
    scores = surprise.gather(1, tokens.unsqueeze(1)).squeeze(1)
    for row, token, score in zip(rows, tokens.tolist(), scores.tolist(), strict=True):
        row.add(token, score)
    return list(tokens.tolist())


def _allowed(logits: Tensor, rows: Sequence[Row]) -> Tensor:
    """A reply holds no control tokens, no topic but at its beginning, and has a token of text.

    That token may still be a space or half a character, so a model that learnt little can write an empty text.
    """
    odds = logits.clone()
    odds[:, [token for token in range(len(CONTROLS)) if token != EOS]] = -math.inf
    odds[[at for at, row in enumerate(rows) if not row.spoken], EOS] = -math.inf
    for silent in {row.silent for row in rows} - {len(CONTROLS)}:
        begun = [at for at, row in enumerate(rows) if row.tokens and row.silent == silent]
        odds[begun, len(CONTROLS) : silent] = -math.inf
    return odds


def _penalise(odds: Tensor, rows: Sequence[Row]) -> None:
    """Make tokens less likely that the row holds already (Keskar et al. 2019, section 4.1)."""
    for at, row in enumerate(rows):
        penalty = row.decoding.repetition_penalty
        if penalty != 1.0 and row.tokens:
            used = torch.tensor(sorted(set(row.tokens)), device=odds.device)
            old = odds[at, used]
            odds[at, used] = torch.where(old > 0, old / penalty, old * penalty)


def _draw(odds: Tensor, rows: Sequence[Row]) -> Tensor:
    """Draw one of the likeliest tokens of each row: (B, V) -> (B,)."""
    odds, order = odds.double().sort(dim=-1, descending=True, stable=True)
    heat = odds.new_tensor([row.decoding.temperature for row in rows]).unsqueeze(1)
    share = (odds / heat).softmax(dim=-1)
    before = share.cumsum(dim=-1) - share  # (B, V), what is likelier
    kept = before < odds.new_tensor([row.decoding.top_p for row in rows]).unsqueeze(1)
    most = torch.tensor([row.decoding.top_k or odds.shape[1] for row in rows], device=odds.device).unsqueeze(1)
    kept &= torch.arange(odds.shape[1], device=odds.device) < most
    share = share.masked_fill(~kept, 0.0).cumsum(dim=-1)
    point = odds.new_tensor([row.chance.random() for row in rows]).unsqueeze(1) * share[:, -1:]
    place = (share <= point).sum(dim=-1, keepdim=True).clamp(max=odds.shape[1] - 1)  # (B, 1)
    return order.gather(1, place).squeeze(1)
