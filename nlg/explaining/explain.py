"""Why this reply: goes through it token by token and tells what the model did.

Works for whatever has `start` and `step`. Where it looked is known of modules that can be watched, see
`nlg.layers.looking`; a model without any still tells its odds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from nlg.checkpoint import Checkpoint
from nlg.contract import Line
from nlg.decoding import MOST_TOKENS
from nlg.errors import RecipeError
from nlg.explaining.columns import Columns
from nlg.explaining.explanation import Choice, Explanation, Piece, Step, Topic, summary
from nlg.explaining.following import Heard, follow
from nlg.explaining.pieces import Reader
from nlg.running import write
from nlg.speech import Speech
from nlg.tokenizer import EOS

GIVEN = "given"
ALTERNATIVES = 5
NO_ATTENTION = "This model has no attention that can be looked at: there are odds, and nothing on where it looked."
OWN_TOPIC = "A given text names no topic: it was read as if it followed the topic that the model likes best."


def explain(
    checkpoint: Checkpoint,
    lines: Sequence[Line],
    language: str = "",
    reply: str | None = None,
    alternatives: int = ALTERNATIVES,
) -> Explanation:
    """Explain what the model answers to `lines`, or how it sees a given `reply`.

    The checkpoint should be one that serves nobody meanwhile: watching slows it down. Raises `RecipeError` when the
    given reply is empty or too long, and `CheckpointError` when the model's numbers ran away.
    """
    reader = Reader(checkpoint.tokenizer)
    context = checkpoint.tokenizer.context(lines, language, checkpoint.context)
    written, finish = _written(checkpoint, context) if reply is None else _given(checkpoint, context, reply, reader)
    heard = follow(checkpoint, context, written)
    pieces = reader.pieces(context)
    columns = Columns(pieces)
    topic = _topic(reader, written[0], heard[0].odds, alternatives)
    return Explanation(
        model=checkpoint.id,
        family=checkpoint.family,
        language=language,
        context=tuple(pieces),
        reply=Speech(checkpoint.tokenizer).rest(written),
        finish=finish,
        score=math.fsum(float(one.odds[token]) for one, token in zip(heard, written, strict=True)) / len(written),
        topic=topic,
        layers=columns.layers(heard[0].looks),
        steps=tuple(_steps(reader, columns, written, heard, alternatives)),
        notes=tuple(_notes(columns.layers(heard[0].looks), topic, finish)),
    )


def _written(checkpoint: Checkpoint, context: list[int]) -> tuple[list[int], str]:
    row = write(checkpoint.writer, [context], [checkpoint.decoding], checkpoint.tokenizer.silent)[0]
    ended = [EOS] if row.steps > len(row.tokens) else []
    return [*row.tokens, *ended], str(row.finish)


def _given(checkpoint: Checkpoint, context: list[int], reply: str, reader: Reader) -> tuple[list[int], str]:
    tokens = checkpoint.tokenizer.encode(reply)
    if not tokens:
        raise RecipeError("the reply is empty: there is nothing to explain.")
    if len(tokens) > MOST_TOKENS:
        raise RecipeError(f"the reply has {len(tokens)} tokens, and {MOST_TOKENS} are the most. Give its beginning.")
    likeliest = int(follow(checkpoint, context, [EOS])[0].odds.argmax())
    topic = [likeliest] if likeliest in reader.topics else []
    return [*topic, *tokens, EOS], GIVEN


def _steps(
    reader: Reader, columns: Columns, written: Sequence[int], heard: Sequence[Heard], alternatives: int
) -> Iterator[Step]:
    parts = [(piece, at) for piece in reader.pieces(written) for at in range(len(piece.tokens))]
    for number, ((piece, at), one) in enumerate(zip(parts, heard, strict=True), start=1):
        heads = columns.rows(one.looks, number)
        token, odds = piece.tokens[at], one.odds
        yield Step(
            token=token,
            text=piece.text,
            mark=piece.mark,
            part=(at + 1, len(piece.tokens)),
            odds=float(odds[token].exp()),
            rank=int((odds > odds[token]).sum()) + 1,
            entropy_bits=float(torch.special.entr(odds.exp()).sum()) / math.log(2),
            alternatives=tuple(_others(reader, piece, at, odds, alternatives)),
            attention=summary(heads),
            heads=heads,
        )


def _others(reader: Reader, piece: Piece, at: int, odds: Tensor, most: int) -> Iterator[Choice]:
    """The likeliest tokens in the place of part `at` of a piece."""
    best = odds.topk(min(most + 1, len(odds))).indices.tolist()
    for token in [one for one in best if one != piece.tokens[at]][:most]:
        other = reader.alternative(piece.tokens[:at], token)
        yield Choice(token, other.text, other.mark, float(odds[token].exp()))


def _topic(reader: Reader, first: int, odds: Tensor, most: int) -> Topic | None:
    if first not in reader.topics:
        return None
    others = sorted((token for token in reader.topics if token != first), key=lambda token: -float(odds[token]))[:most]
    told = tuple(Choice(token, reader.topics[token], True, float(odds[token].exp())) for token in others)
    return Topic(reader.topics[first], float(odds[first].exp()), told)


def _notes(layers: Iterable[object], topic: Topic | None, finish: str) -> Iterator[str]:
    if not layers:
        yield NO_ATTENTION
    if topic and finish == GIVEN:
        yield OWN_TOPIC
