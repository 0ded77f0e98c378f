"""Byte-level BPE for all languages in one vocabulary, with one token for each placeholder.

Any text comes back as it went in. Control tokens (roles, ends, languages, topics) cannot be written by a person: their
names in a text are read as plain characters. `{{name}}` placeholders are one token each and are decoded as they stand.

A reply may open with the token of its topic, which is never shown: a model that has to say first what a question is
about learns to read the question, where it would otherwise learn only to write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from nlg.contract import Line, Role

PAD, BOS, EOS, MASK, USER, ASSISTANT = range(6)
LANGUAGES = ("en", "zh")
CONTROLS = ("<|pad|>", "<|bos|>", "<|eos|>", "<|mask|>", "<|user|>", "<|assistant|>", *(f"<|{x}|>" for x in LANGUAGES))
ROLES = {Role.USER: USER, Role.ASSISTANT: ASSISTANT}

PLACEHOLDERS = (
    "company", "bot_name", "website", "support_phone", "support_email", "support_hours", "order_page",
    "tracking_page", "account_page", "reset_page", "privacy_page", "return_page", "invoice_page", "promo_page",
    "gift_card_page", "careers_page", "store_address", "store_hours", "loyalty_program", "payment_methods",
    "countries", "return_days", "exchange_days", "refund_days", "delivery_days", "express_days", "warranty_months",
    "delivery_fee", "free_delivery_from", "pickup_hours",
)  # fmt: skip
"""Facts that a reply may leave open. Whoever sends the reply fills them from the owner's settings."""

VALUES = tuple(f"v{number}" for number in range(1, 13))
"""Values that acts want said, numbered as they come (`nlg.data.acts`). A vocabulary has them where its texts do."""

PLACEHOLDER = re.compile(r"\{\{[a-z_]+[0-9]*\}\}")
CHARACTERS_PER_TOKEN = 12
"""No more of a line is looked at than could fill the context, so that a huge message costs no more than a long one."""


class ReplyTokenizer:
    """Text to numbers and back, and whole conversations to contexts."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._tokenizer.encode_special_tokens = True

    @classmethod
    def train(cls, texts: Iterable[str], vocab_size: int, topics: Iterable[str] = ()) -> ReplyTokenizer:
        """Learn a vocabulary of at most `vocab_size` tokens, with those for controls, topics and placeholders."""
        texts = list(texts)
        places = [_place(name) for name in (*PLACEHOLDERS, *_used(texts))]
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=vocab_size - len(places),
            special_tokens=[*CONTROLS, *(_topic(name) for name in sorted(topics))],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train_from_iterator((PLACEHOLDER.sub(" ", text) for text in texts), trainer)
        tokenizer.add_tokens([AddedToken(place, normalized=False) for place in places])
        return cls(tokenizer)

    @classmethod
    def from_json(cls, text: str) -> ReplyTokenizer:
        """Read what `to_json` wrote; raise `ValueError` when it is something else."""
        try:
            return cls(Tokenizer.from_str(text))
        except Exception as error:  # tokenizers raises nothing narrower
            raise ValueError(f"this is no tokenizer: {error}") from error

    def to_json(self) -> str:
        return str(self._tokenizer.to_str())

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return int(self._tokenizer.get_vocab_size())

    @property
    def silent(self) -> int:
        """Tokens below this number are never shown: controls, then topics."""
        added = self._tokenizer.get_added_tokens_decoder()
        return sum(token.special for token in added.values())

    def encode(self, text: str) -> list[int]:
        """Turn text into tokens. Halves of surrogate pairs, which are no text, become question marks."""
        return list(self._tokenizer.encode(_sound(text), add_special_tokens=False).ids)

    def decode(self, tokens: Sequence[int]) -> str:
        """Turn tokens into text; bytes that make no whole character become U+FFFD."""
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=True))

    def parts(self) -> dict[int, tuple[int, int]]:
        """The two tokens that each merged token was made of."""
        merges = json.loads(self.to_json())["model"]["merges"]
        number = self._tokenizer.get_vocab()
        return {number[left + right]: (number[left], number[right]) for left, right in merges}

    def topic(self, name: str) -> list[int]:
        """The token that opens replies about this topic; none if the topic is not known."""
        token = self._tokenizer.token_to_id(_topic(name))
        return [] if token is None else [int(token)]

    def context(self, lines: Sequence[Line], language: str, limit: int) -> list[int]:
        """Put the latest lines into at most `limit` tokens. Older lines are left out whole; a last line that is too
        long keeps its end. A language that is not known leaves no mark."""
        mark = [CONTROLS.index(f"<|{language}|>")] if language in LANGUAGES else []
        tokens: list[int] = []
        for line in reversed(lines):
            spoken = [ROLES[line.role], *self.encode(line.text[-limit * CHARACTERS_PER_TOKEN :])]
            if tokens and len(spoken) + len(tokens) + len(mark) > limit:
                break
            tokens = spoken + tokens
        return mark + (_end(tokens, limit - len(mark)) or [USER])


def _topic(name: str) -> str:
    return f"<|topic {name}|>"


def _place(name: str) -> str:
    return f"{{{{{name}}}}}"


def _used(texts: Iterable[str]) -> list[str]:
    found = {place for text in texts for place in PLACEHOLDER.findall(text)}
    return [name for name in VALUES if _place(name) in found]


def _end(tokens: list[int], room: int) -> list[int]:
    """Keep who speaks and the end of what is said."""
    return tokens if len(tokens) <= room else [tokens[0], *tokens[len(tokens) - room + 1 :]]


def _sound(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def load(path: Path) -> ReplyTokenizer:
    """Read a tokenizer file; raise `OSError` or `ValueError`."""
    return ReplyTokenizer.from_json(path.read_text(encoding="utf-8"))
