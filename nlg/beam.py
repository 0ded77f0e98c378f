"""Beam search: follows the likeliest beginnings of a reply at once, and keeps the likeliest replies that end.

Knows a model by start, step and select only, so families, pretrained and fused ones are searched alike. Rows are whole
contexts' beams; contexts that are done leave the batch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from nlg.data.batches import pad
from nlg.interfaces import ReplyModel, State
from nlg.tokenizer import BOS, CONTROLS, EOS, PAD


@dataclass(frozen=True, slots=True)
class Beams:
    """How to search. A reply counts by its log-probability divided by its number of tokens to the power `length`.

    With 0, short ones win; with 1, replies of all lengths are compared by the mean of their tokens.
    """

    width: int = 4
    most: int = 96
    """Tokens of a reply, its end included."""
    length: float = 1.0

    def __post_init__(self) -> None:
        if self.width < 1 or self.most < 1:
            raise ValueError(f"a search needs at least one beam and one token, not {self.width} and {self.most}")


@dataclass(frozen=True, slots=True)
class Found:
    """A reply in tokens without its end, and what it counts. `ended` is false for one that was cut."""

    tokens: list[int]
    score: float
    ended: bool = True


@dataclass(slots=True)
class _Search:
    """One context: replies that ended, and beams that go on, best first."""

    beams: list[list[int]]
    scores: list[float]
    found: list[Found] = field(default_factory=list)

    def worst(self, width: int) -> float:
        """What a further reply has to beat."""
        return -math.inf if len(self.found) < width else self.found[width - 1].score

    def keep(self, reply: Found, width: int) -> None:
        self.found = sorted([*self.found, reply], key=lambda one: -one.score)[:width]


@torch.inference_mode()
def search(
    model: ReplyModel,
    contexts: Sequence[Sequence[int]],
    beams: Beams,
    silent: int = len(CONTROLS),
    device: torch.device | None = None,
) -> list[list[Found]]:
    """Up to `beams.width` replies to each context, best first. `silent` is that of the tokenizer.

    A context for which no reply ended within `beams.most` tokens gets those that were cut.
    """
    tokens, lengths = pad(contexts, PAD)
    rows = torch.arange(len(contexts)).repeat_interleave(beams.width)
    state = model.select(model.start(tokens.to(device), lengths.to(device)), rows.to(device))
    searches = [_Search([[] for _ in range(beams.width)], [0.0] + [-math.inf] * (beams.width - 1)) for _ in contexts]
    open_ones = list(searches)
    for _ in range(beams.most):
        logits, state = model.step(_last(open_ones, device), state)
        odds = _allowed(logits.float().log_softmax(dim=-1), open_ones, silent)
        parents = _grow(open_ones, odds, beams)
        open_ones, state = _left(open_ones, parents, model, state, beams)
        if not open_ones:
            break
    for one in open_ones:
        _cut(one, beams)
    return [one.found for one in searches]


def _last(searches: Sequence[_Search], device: torch.device | None) -> Tensor:
    return torch.tensor([beam[-1] if beam else BOS for one in searches for beam in one.beams], device=device)


def _allowed(odds: Tensor, searches: Sequence[_Search], silent: int) -> Tensor:
    """As in `nlg.decoding`: no control tokens, a topic only at the beginning, and no end before something is said."""
    odds[:, [token for token in range(len(CONTROLS)) if token != EOS]] = -math.inf
    rows = [beam for one in searches for beam in one.beams]
    mute = [at for at, beam in enumerate(rows) if not any(token >= silent for token in beam)]
    begun = [at for at, beam in enumerate(rows) if beam]
    odds[mute, EOS] = -math.inf
    if begun and silent > len(CONTROLS):
        odds[begun, len(CONTROLS) : silent] = -math.inf
    return odds


def _grow(searches: Sequence[_Search], odds: Tensor, beams: Beams) -> list[list[int]]:
    """Let the beams of all contexts grow by one token of `odds` (N * width, V); return which beam each came from.

    Twice as many as needed are looked at, as some of them end.
    """
    before = torch.tensor([one.scores for one in searches], device=odds.device).reshape(-1, 1)  # (N * width, 1)
    total = (odds + before).reshape(len(searches), -1)  # (N, width * V)
    scores, places = total.topk(min(2 * beams.width, total.shape[1]), dim=-1)
    grown = zip(searches, scores.tolist(), places.tolist(), strict=True)
    return [_take(one, list(zip(told, at, strict=True)), odds.shape[1], beams) for one, told, at in grown]


def _take(one: _Search, grown: Sequence[tuple[float, int]], size: int, beams: Beams) -> list[int]:
    tokens: list[list[int]] = []
    scores: list[float] = []
    parents: list[int] = []
    for rank, (score, place) in enumerate(grown):
        beam, token = divmod(place, size)
        if token == EOS and rank >= beams.width:
            continue  # an end that is less likely than all ways to go on is none: with one beam this is greedy
        if token == EOS:
            said = one.beams[beam]
            one.keep(Found(said, score / (len(said) + 1) ** beams.length, math.isfinite(score)), beams.width)
        elif len(tokens) < beams.width:
            tokens.append([*one.beams[beam], token])
            scores.append(score)
            parents.append(beam)
    one.beams, one.scores = tokens, scores
    return parents


def _left(
    searches: list[_Search], parents: list[list[int]], model: ReplyModel, state: State, beams: Beams
) -> tuple[list[_Search], State]:
    """The contexts that may still find something better, and the state of their beams."""
    going = [at for at, one in enumerate(searches) if _may_improve(one, beams)]
    if not going:
        return [], state
    rows = [at * beams.width + beam for at in going for beam in parents[at]]
    chosen = torch.tensor(rows, device=next(iter(state.values())).device)
    return [searches[at] for at in going], model.select(state, chosen)


def _may_improve(one: _Search, beams: Beams) -> bool:
    """Whether the best beam, as it stands, counts more than the worst reply found so far."""
    best = one.scores[0] / max(1, len(one.beams[0])) ** beams.length
    return math.isfinite(best) and best > one.worst(beams.width)


def _cut(one: _Search, beams: Beams) -> None:
    if one.found:
        return
    for tokens, score in zip(one.beams, one.scores, strict=True):
        if math.isfinite(score):
            one.keep(Found(tokens, score / len(tokens) ** beams.length, ended=False), beams.width)
