"""Whether a reply is about one of some topics: see `nlg.evaluation.topics`, which knows one topic at a time."""

from __future__ import annotations

from collections.abc import Sequence

from nlg.data.examples import Example
from nlg.evaluation.topics import Topics
from nlg.tokenizer import ReplyTokenizer

GROUP_END = "/"


class About:
    """The known replies of a corpus. A topic that ends in `/` stands for all of its group."""

    def __init__(self, known: Sequence[Example], tokenizer: ReplyTokenizer) -> None:
        self._topics = Topics(known, tokenizer)
        self._domains = sorted({example.domain for example in known if example.domain})

    def knows(self, topics: Sequence[str]) -> bool:
        """Whether a reply to any of the topics is known, so that one could fit."""
        return bool(self._all(topics))

    def fits(self, reply: str, topics: Sequence[str]) -> bool:
        """Whether the known reply that is most like it was given to one of the topics."""
        domains = self._all(topics)
        return self._topics.shares([reply] * len(domains), domains) > 0

    def _all(self, topics: Sequence[str]) -> list[str]:
        return [name for name in self._domains if any(_in(name, topic) for topic in topics)]


def _in(name: str, topic: str) -> bool:
    return name.startswith(topic) if topic.endswith(GROUP_END) else name == topic
