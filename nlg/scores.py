"""Scores of replies against the replies that people gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

_CHINESE = "zh"


@dataclass(frozen=True, slots=True)
class Scores:
    """BLEU and chrF from 0 to 100 with how they were computed; distinct-n is the share of different n-grams."""

    bleu: float
    bleu_signature: str
    chrf: float
    distinct_1: float
    distinct_2: float
    words: float
    """Mean length of a reply in words; in Chinese, in characters."""


def score(replies: Sequence[str], references: Sequence[str], language: str) -> Scores:
    """Compare replies with references of one language, one each."""
    bleu = BLEU(tokenize="zh" if language == _CHINESE else "13a", lowercase=True)
    words = [units(reply, language) for reply in replies]
    return Scores(
        bleu=float(bleu.corpus_score(list(replies), [list(references)]).score),
        bleu_signature=str(bleu.get_signature()),
        chrf=float(CHRF().corpus_score(list(replies), [list(references)]).score),
        distinct_1=distinct(words, 1),
        distinct_2=distinct(words, 2),
        words=sum(map(len, words)) / max(1, len(words)),
    )


def units(text: str, language: str) -> list[str]:
    """Words, or in Chinese characters."""
    return [sign for sign in text if not sign.isspace()] if language == _CHINESE else text.lower().split()


def distinct(texts: Sequence[Sequence[str]], size: int) -> float:
    """Different n-grams as a share of all (Li et al. 2016)."""
    grams = [tuple(text[at : at + size]) for text in texts for at in range(len(text) - size + 1)]
    return len(set(grams)) / max(1, len(grams))
