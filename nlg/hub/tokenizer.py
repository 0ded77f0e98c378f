"""Our tokenizer as one of `transformers`. Chats become the very contexts that the engine reads."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from nlg import manifest
from nlg.checkpoint import CONFIG, TOKENIZER
from nlg.contract import Line, Role
from nlg.tokenizer import BOS, ReplyTokenizer

Message = Mapping[str, str]


class HubTokenizer(PreTrainedTokenizerFast):
    """Pads on the left. Texts are read as they stand: a control token that somebody typed is plain characters."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            **{
                "pad_token": "<|pad|>",
                "bos_token": "<|bos|>",
                "eos_token": "<|eos|>",
                "padding_side": "left",
                "clean_up_tokenization_spaces": False,
                "split_special_tokens": True,
                "model_input_names": ["input_ids", "attention_mask"],
                **settings,
            }
        )

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | os.PathLike[str], *_: Any, **settings: Any) -> Self:
        """Read the tokenizer of one of our folders. Raises `CheckpointError` when it cannot be trusted."""
        files, _version = manifest.read(Path(pretrained_model_name_or_path))
        context = int(json.loads(files[CONFIG])["context"])
        sides = {"padding_side": settings["padding_side"]} if "padding_side" in settings else {}
        tokenizer = Tokenizer.from_str(files[TOKENIZER].decode())
        return cls(tokenizer_object=tokenizer, model_max_length=context, **sides)

    def apply_chat_template(
        self,
        conversation: Sequence[Message] | Sequence[Sequence[Message]],
        *_: Any,
        add_generation_prompt: bool = False,
        return_tensors: str | None = None,
        return_dict: bool = True,
        language: str = "",
        **__: Any,
    ) -> Any:
        """Turn chats (`role` is user or assistant) into contexts, with `<|bos|>` if `add_generation_prompt`.

        Always gives tokens; old lines are left out when there are more than the model reads. Raises `ValueError` for
        another role.
        """
        many = bool(conversation) and not isinstance(conversation[0], Mapping)
        chats: Any = conversation if many else [conversation]
        ids = [self._context(chat, language) + [BOS] * add_generation_prompt for chat in chats]
        if not many and return_tensors is None:
            return {"input_ids": ids[0], "attention_mask": [1] * len(ids[0])} if return_dict else ids[0]
        batch = self.pad({"input_ids": ids}, return_tensors=return_tensors)
        return batch if return_dict else batch["input_ids"]

    def save_pretrained(self, save_directory: str | os.PathLike[str], *_: Any, **__: Any) -> tuple[str, ...]:
        """Do nothing but name the file: the folder of a model holds its tokenizer, with its checksum."""
        path = Path(save_directory) / TOKENIZER
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.backend_tokenizer.to_str(), encoding="utf-8")
        return (str(path),)

    def _context(self, chat: Sequence[Message], language: str) -> list[int]:
        lines = [Line(Role(message["role"]), message["content"]) for message in chat]
        return ReplyTokenizer(self.backend_tokenizer).context(lines, language, self.model_max_length)
