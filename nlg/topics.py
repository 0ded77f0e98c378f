"""Whether a reply is about what was asked: what topic is the known reply from that is most like it?

BLEU cannot tell, as a question has many good answers that share no words. This looks each reply up among the known
replies of the corpus, whose topics are given, and says how often the topic is that of the question. Topics that lie
close to each other count as wrong, so the figure is a little too low; a reply that mixes two topics may pass.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from nlg.data.examples import Example
from nlg.tokenizer import ReplyTokenizer


class Topics:
    """The known replies of a corpus, each with the topics that it was given in."""

    def __init__(self, known: Iterable[Example], tokenizer: ReplyTokenizer) -> None:
        self._tokenizer = tokenizer
        self._topics: dict[str, set[str]] = defaultdict(set)
        for example in known:
            for reply in example.replies:
                self._topics[reply].add(example.domain)
        self._texts = list(self._topics)
        counts = [Counter(tokenizer.encode(text)) for text in self._texts]
        seen = Counter(token for count in counts for token in count)
        self._rarity = {token: math.log(len(counts) / times) for token, times in seen.items()}
        self._known = self._vectors(counts)  # (N, V)

    def shares(self, replies: Sequence[str], domains: Sequence[str]) -> float:
        """The share of replies that are most like a known reply of their own topic."""
        vectors = self._vectors([Counter(self._tokenizer.encode(reply)) for reply in replies])
        nearest = (vectors @ self._known.t()).argmax(dim=1).tolist()
        right = sum(domain in self._topics[self._texts[at]] for at, domain in zip(nearest, domains, strict=True))
        return right / max(1, len(replies))

    def _vectors(self, counts: Sequence[Counter[int]]) -> Tensor:
        rows = torch.zeros(len(counts), self._tokenizer.size)
        for at, count in enumerate(counts):
            for token, times in count.items():
                rows[at, token] = times * self._rarity.get(token, 0.0)
        return torch.nn.functional.normalize(rows, dim=1)
