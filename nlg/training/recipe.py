"""A recipe: everything that makes a training run what it is, in one TOML file that stays with the checkpoint."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nlg import plugins
from nlg.errors import RecipeError
from nlg.settings import build


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Where the words come from. Sources are names of files: `<source>.train.jsonl.xz` and `<source>.dev.jsonl.xz`."""

    sources: list[str]
    questions: list[str] = field(default_factory=list)
    """Sources of what users ask, without replies: their topics are learnt, and they need no dev file."""
    vocab_size: int = 5000
    tokenizer: str = ""
    """Path of a tokenizer file to use; without one, `vocab_size` tokens are learnt from the sources."""
    context: int = 112
    """Tokens of context at most."""
    topics: bool = False
    """Whether replies open with a token for the topic that the corpus gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long and how fast. The rate climbs for `warmup` (a share of all steps) and then falls along a cosine."""

    epochs: int = 40
    batch: int = 64
    rate: float = 2e-3
    final_rate: float = 5e-5
    warmup: float = 0.04
    patience: int = 8
    """Epochs without a better dev loss before training stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """What keeps a small model from learning by heart and from running away."""

    clip: float = 1.0
    weight_decay: float = 0.01
    token_dropout: float = 0.0
    """Share of context tokens that are hidden."""
    token_splits: float = 0.0
    """Share of context tokens that are read as the two they were merged from (after Provilkov et al. 2020): a word that
    was seen only whole is then known by its pieces too."""
    wordings: float = 0.0
    """So often an epoch a reply is read as a whole, whatever it fits; beyond that only its topic. 0: always."""
    opening: float = 0.0
    """How much more the first token counts, where the model decides what to say."""
    average: float = 0.0
    """Decay a step of the running average of the weights, which is what is kept; 0 keeps the last weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the model card says in words: where the data is from, its licence, and what the model cannot do."""

    data: str = ""
    licence: str = ""
    cannot: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All of it. `model` holds the settings of the family, and which family it is."""

    name: str
    text: Text
    model: Mapping[str, Any]
    seed: int = 1
    loss: str = "cross_entropy"
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the matrix products; weights and sums stay in float32."""
    schedule: Schedule = field(default_factory=Schedule)
    care: Care = field(default_factory=Care)
    about: About = field(default_factory=About)

    def config(self, vocab_size: int) -> Any:
        """The settings of the model family for a vocabulary; raise `RecipeError` when there are no such settings."""
        return configure(self.model, vocab_size)


def configure(settings: Mapping[str, Any], vocab_size: int) -> Any:
    """Make the configuration of the family that `settings` name; raise `RecipeError` when it cannot be."""
    values = {**settings, "vocab_size": vocab_size}
    family = plugins.family(str(values.pop("family", "")))
    return build(family.config, values, "model")


def load(path: Path) -> Recipe:
    """Read a recipe; raise `RecipeError` when it cannot be followed."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecipeError(f"cannot read the recipe {path}: {error}") from error
    return build(Recipe, values, path.name)
