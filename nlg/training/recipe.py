"""A recipe: everything that makes a training run what it is, in one TOML file that stays with the checkpoint."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from nlg import plugins
from nlg.errors import RecipeError
from nlg.settings import build
from nlg.training import limits

NEARLY = 1e-6
Fall = Literal["cosine", "linear"]
Precision = Literal["float32", "bfloat16", "float16"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Where the words come from. Sources are names of files: `<source>.train.jsonl.xz` and `<source>.dev.jsonl.xz`.

    `<source>:swapped` reads the same pairs from the other side.
    """

    sources: list[str]
    more: list[str] = field(default_factory=list)
    """Further sources to learn from. They need no dev file: no model is chosen by them or measured on them."""
    questions: list[str] = field(default_factory=list)
    """Sources of what users ask, without replies: their topics are learnt, and they need no dev file."""
    reviews: list[str] = field(default_factory=list)
    """Paths of files in which people said what is good, as the bot exports them. They are learnt from, and count as
    much as all sources together when it is asked which epoch is best."""
    review_rounds: int = 1
    """So often an epoch goes through the reviews, as they are few."""
    vocab_size: int = 5000
    tokenizer: str = ""
    """Path of a tokenizer file to use; without one, `vocab_size` tokens are learnt from the sources."""
    context: int = 112
    """Tokens of context at most."""
    reply: int = 96
    """Tokens that the checkpoint writes at most, unless it is told otherwise; longer replies are learnt whole."""
    topics: bool = False
    """Whether replies open with a token for the topic that the corpus gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long and how fast. The rate climbs for `warmup` (a share of all steps) and then falls to `final_rate`."""

    epochs: int = 40
    rounds: int = 1
    """So often all examples are gone through in an epoch, which ends with asking dev: more for few examples with many
    replies each."""
    batch: int = 64
    """Examples a step, however many devices and parts they are shared out to."""
    accumulate: int = 1
    """A device reads its share in so many parts, one after another, for what does not fit into its memory at once. The
    slopes are added up, so the step is the same."""
    rate: float = 2e-3
    final_rate: float = 5e-5
    warmup: float = 0.04
    fall: Fall = "cosine"
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
    digressions: float = 0.0
    """Share of contexts that are read after an exchange about something else, as people change the subject."""
    wordings: float = 0.0
    """So often an epoch a reply is read as a whole, whatever it fits; beyond that only its topic. 0: always."""
    smoothing: float = 0.0
    """Share of certainty that the loss takes from the token that was given and spreads evenly over all tokens (label
    smoothing, Szegedy et al. 2016, section 7). 0.1 is usual; teachers of a distillation do better without."""
    opening: float = 0.0
    """How much more the first token counts, where the model decides what to say."""
    average: float = 0.0
    """Decay a step of the running average of the weights, which is what is kept; 0 keeps the last weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A part of a run: what is learnt from, and by which losses."""

    share: float = 1.0
    """Of all steps. The shares of all phases add up to 1."""
    losses: list[Mapping[str, Any]] = field(default_factory=lambda: [{"name": "cross_entropy"}])
    """Each with its `name`, its `weight` (1 unless told) and its own settings."""
    written: float = 0.0
    """Share of examples that are read with the teacher's reply, not a given one (Kim and Rush 2016, section 3.2)."""
    own: float = 0.0
    """Share of batches whose replies the student writes itself, to be judged by the teacher (on-policy distillation,
    Agarwal et al. 2024)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Teacher:
    """Who is listened to while training."""

    path: str = ""
    """Folder of a checkpoint, single or fused; or of odds that were written down (`palaver distil --cache`)."""
    beams: int = 1
    """How many replies are followed at once where the teacher writes; 1 takes the likeliest token each time."""
    share: float = 1.0
    """Of the examples, how many it writes to, drawn by chance; the others are read as they are."""
    openings: bool = False
    """Whether it writes only to what opens a dialogue, where a topic says most of what a reply depends on."""
    nearest: bool = False
    """Whether of all beams that reply is taken that is nearest to the given one, and not the likeliest (sequence-level
    interpolation, Kim and Rush 2016, section 3.3)."""
    endpoint: str = ""
    """Address of an OpenAI-compatible service that writes instead; it has no odds."""
    model: str = ""
    """Which model of the endpoint."""


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
    start: str = ""
    """Folder of a checkpoint to begin with: its vocabulary, and all weights that fit. Without one, chance begins."""
    teacher: Teacher = field(default_factory=Teacher)
    phases: list[Phase] = field(default_factory=lambda: [Phase()])
    precision: Precision = "float32"
    """Of the matrix products; weights and sums stay in float32. What the device cannot do itself is done in float32."""
    schedule: Schedule = field(default_factory=Schedule)
    care: Care = field(default_factory=Care)
    about: About = field(default_factory=About)
    search: Mapping[str, Any] = field(default_factory=dict)
    """What `--search` may change: tables like those of the recipe, with ranges in place of values."""

    def same_run(self, other: Recipe) -> bool:
        """Whether a run that began with one of the two can go on with the other."""
        return replace(self, about=other.about, search=other.search) == other

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
    return made(read(path), path.name)


def read(path: Path) -> dict[str, Any]:
    """The plain values of a recipe's file; raise `RecipeError` when it is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecipeError(f"cannot read the recipe {path}: {error}") from error


def plain(text: str) -> Any:
    """One value as a recipe writes it; raise `ValueError` when it is none."""
    return tomllib.loads(f"value = {text}")["value"]


def made(values: Mapping[str, Any], where: str) -> Recipe:
    """A recipe of plain values; raise `RecipeError`, which says what is wrong `where`, when it cannot be followed."""
    limits.check(values, where)
    recipe: Recipe = build(Recipe, values, where)
    if recipe.text.questions and not (recipe.text.topics or any(phase.written for phase in recipe.phases)):
        raise RecipeError(
            f"{where}.text.questions: without a teacher, all that questions teach is their topic. Add topics = true."
        )
    if not recipe.phases or abs(sum(phase.share for phase in recipe.phases) - 1) > NEARLY:
        raise RecipeError(f"{where}.phases: their shares of the steps should add up to 1.")
    return recipe
