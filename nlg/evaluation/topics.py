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

AT_ONCE = 64


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
        self._known = self._sparse(counts)  # (N, V)

    def shares(self, replies: Sequence[str], domains: Sequence[str]) -> float:
        """The share of replies that are most like a known reply of their own topic."""
        nearest = [at for start in range(0, len(replies), AT_ONCE) for at in self._nearest(replies[start:][:AT_ONCE])]
        right = sum(domain in self._topics[self._texts[at]] for at, domain in zip(nearest, domains, strict=True))
        return right / max(1, len(replies))

    def _nearest(self, replies: Sequence[str]) -> list[int]:
        asked = self._sparse([Counter(self._tokenizer.encode(reply)) for reply in replies]).to_dense()  # (B, V)
        return list(torch.sparse.mm(self._known, asked.t()).argmax(dim=0).tolist())

    def _sparse(self, counts: Sequence[Counter[int]]) -> Tensor:
        """Vectors of length 1, one a text. Full ones of a large corpus would take gigabytes."""
        cells = [
            (row, token, times * self._rarity.get(token, 0.0))
            for row, count in enumerate(counts)
            for token, times in count.items()
        ]
        places = torch.tensor([(row, token) for row, token, _ in cells], dtype=torch.long).reshape(-1, 2)
        weights = torch.tensor([weight for *_, weight in cells])
        norms = torch.zeros(len(counts)).index_add(0, places[:, 0], weights.square()).sqrt().clamp(min=1e-12)
        weights = weights / norms[places[:, 0]]
        return torch.sparse_coo_tensor(
            places.t(), weights, (len(counts), self._tokenizer.size), check_invariants=False
        ).coalesce()
