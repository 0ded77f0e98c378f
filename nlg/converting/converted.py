"""A converted model, as it is read from its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nlg import manifest
from nlg.checkpoint import CONFIG, TOKENIZER
from nlg.converting import FILES
from nlg.errors import CheckpointError
from nlg.tokenizer import ReplyTokenizer


@dataclass(frozen=True, slots=True)
class Converted:
    """`id` is `name@version`; `context` is how many tokens it reads at most; `files` are those of CTranslate2."""

    id: str
    tokenizer: ReplyTokenizer
    context: int
    files: Mapping[str, bytes]


def load(folder: Path) -> Converted:
    """Read what `palaver convert` wrote; raise `CheckpointError` when it cannot be trusted or read."""
    files, version = manifest.read(folder)
    try:
        config = json.loads(files[CONFIG])
        return Converted(
            id=f"{config['name']}@{version}",
            tokenizer=ReplyTokenizer.from_json(files[TOKENIZER].decode()),
            context=int(config["context"]),
            files={name: files[ours] for name, ours in FILES.items()},
        )
    except (KeyError, ValueError, TypeError) as error:
        raise CheckpointError(f"{folder} holds no converted model that can be read here: {error!r}.") from error
