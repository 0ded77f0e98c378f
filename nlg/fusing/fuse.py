"""Reads members, has them fused, and makes a checkpoint that is like any other: it writes, is served, and teaches."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast

import torch

from nlg import checkpoint, int8, plugins
from nlg.checkpoint import Checkpoint
from nlg.data import batches, corpus
from nlg.data.batches import Batch
from nlg.errors import FusionError
from nlg.fusions import Blend, Fusion, Ingredients, Member, Need
from nlg.settings import build
from nlg.tokenizer import BOS, CONTROLS, USER
from nlg.training import recipe, toml
from nlg.training.run import RECIPE

T = TypeVar("T")
BATCH = 64
STORY = "FUSION.md"
SPLITS: dict[Need, str] = {"dev": "dev", "train": "train"}
Read = Callable[[str, int], list[Batch]]
"""Gives the batches of a split, their contexts of so many tokens at most."""
WORDS = 8
"""By so many it is told whether two models mean the same by their weights."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be fused, and how: folders of the members and of their common ancestor, and weights if not fitted."""

    members: Sequence[Path]
    base: Path | None = None
    weights: Sequence[float] = ()
    name: str = "fused"


def fuse(fusion: Fusion, wish: Wish, read: Read, device: torch.device | None = None) -> tuple[Checkpoint, Blend]:
    """Fuse; raise `FusionError`, `CheckpointError` or `DataError` when that cannot be done."""
    made = [int8.whole(checkpoint.load(folder)) for folder in wish.members]
    base = int8.whole(checkpoint.load(wish.base)) if wish.base else None
    _check(fusion, made, base)
    weights = shares(wish.weights, len(made))
    context = min(one.context for one in made)  # the longest that all members were trained to read
    told = Ingredients(
        [_member(one, device) for one in made],
        weights,
        _member(base, device) if base else None,
        _batches(fusion, wish, read, context, device),
    )
    blend = fusion(told)
    return _checkpoint(blend, made[0], context, wish.name), blend


def reader(data: Path, sources: Sequence[str], tokenized: Checkpoint, limit: int) -> Read:
    """Reads batches of `sources` in `data` as `tokenized` does; `limit` examples at most, evenly spread (0: all)."""

    def read(split: str, context: int) -> list[Batch]:
        found = corpus.load(data, sources, split)
        return batches.plain(batches.encode(spread(found, limit), tokenized.tokenizer, context), BATCH)

    return read


def spread(found: Sequence[T], most: int) -> Sequence[T]:
    """At most so many of all that was found (0: all), evenly from the first to the last."""
    if not 0 < most < len(found):
        return found
    return [found[at * len(found) // most] for at in range(most)]


def shares(weights: Sequence[float], many: int) -> list[float] | None:
    """Weights that add up to 1; None if there are none. Raises `FusionError`."""
    if not weights:
        return None
    if len(weights) != many or min(weights) < 0 or not 0 < sum(weights) < math.inf:
        raise FusionError(f"{many} models need {many} weights, none negative and not all 0. Given: {list(weights)}.")
    return [weight / sum(weights) for weight in weights]


def recipe_of(folders: Sequence[Path], made: Checkpoint) -> bytes:
    """A recipe that names what the members learnt from, so that the fused model is measured on all of it.

    Members without a recipe are passed over; at least one has to have one.
    """
    told = [recipe.read(folder / RECIPE) for folder in folders if (folder / RECIPE).is_file()]
    text = {**told[0]["text"], "sources": _each(one["text"]["sources"] for one in told), "context": made.context}
    model = {"family": made.family, **{name: one for name, one in _settings(made).items() if name != "vocab_size"}}
    return toml.render({"name": made.name, "text": text, "model": model, "about": _about(told)}).encode()


def _about(told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    abouts = [one.get("about", {}) for one in told]
    licences = _each([about.get("licence", "")] for about in abouts)
    return {
        "data": "\n".join(filter(None, _each([about.get("data", "").strip()] for about in abouts))),
        "licence": " AND ".join(licences) if all(licences) else "",  # of one it is not known, so not of the whole
        "cannot": _each(about.get("cannot", []) for about in abouts),
    }


def _each(lists: Any) -> list[str]:
    """All entries once, in their order."""
    return list(dict.fromkeys(entry for one in lists for entry in one))


def _check(fusion: Fusion, made: Sequence[Checkpoint], base: Checkpoint | None) -> None:
    if len(made) < 1:
        raise FusionError("there is nothing to fuse. Name the folders of at least two checkpoints.")
    for one in (*made, *([base] if base else [])):
        if one.tokenizer.to_json() != made[0].tokenizer.to_json():
            raise FusionError(
                f"{one.id} has another vocabulary than {made[0].id}, so their odds are of other tokens. Train all "
                "members with one tokenizer: text.tokenizer in their recipes."
            )
        if fusion.one_shape and not (_shapes(one) == _shapes(made[0]) and _means_the_same(one, made[0])):
            raise FusionError(
                f"{one.id} has other weights than {made[0].id}: weights are mixed of one shape and meaning only. Mix "
                "what the models say instead: arithmetic or geometric."
            )


def _shapes(made: Checkpoint) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in made.model.state_dict().items()}


@torch.inference_mode()
def _means_the_same(one: Checkpoint, first: Checkpoint) -> bool:
    """Whether weights of `one` say the same in the model `first`: heads or norms may differ, and no shape shows it."""
    if _settings(one) == _settings(first):
        return True
    like = plugins.family(first.family).build(cast("Any", first.model).config).eval()
    like.load_state_dict(one.model.state_dict())
    tokens = torch.tensor([[USER, *range(len(CONTROLS), len(CONTROLS) + WORDS)]])
    asked = tokens, torch.tensor([tokens.shape[1]]), torch.tensor([[BOS, *tokens[0].tolist()]])
    return torch.allclose(like(*asked), one.writer(*asked), atol=1e-4, rtol=1e-3)


def _member(made: Checkpoint, device: torch.device | None) -> Member:
    return Member(made.family, _settings(made), made.model.to(device).eval())


def _settings(made: Checkpoint) -> dict[str, Any]:
    return asdict(cast("Any", made.model).config)


def _batches(fusion: Fusion, wish: Wish, read: Read, context: int, device: torch.device | None) -> list[Batch]:
    splits = [SPLITS[need] for need in sorted(fusion.needs) if need in SPLITS]
    if not splits or (wish.weights and not fusion.one_shape):
        return []
    device = device or torch.device("cpu")
    return [batch.to(device) for split in splits for batch in read(split, context)]


def _checkpoint(blend: Blend, first: Checkpoint, context: int, name: str) -> Checkpoint:
    family = plugins.family(blend.family)
    values = {**blend.settings, "vocab_size": first.tokenizer.size}
    model = family.build(build(family.config, values, "fusion")).eval()
    model.load_state_dict({name: tensor.cpu() for name, tensor in blend.weights.items()})
    return replace(first, name=name, family=blend.family, model=model, context=context, version="")


def save(folder: Path, made: Checkpoint, blend: Blend, members: Sequence[Path]) -> str:
    """Write the checkpoint, with a recipe where a member has one, and return its version.

    Raises `FusionError` or `CheckpointError` when something in the folder would be lost.
    """
    check_out(folder, members)
    some = any((member / RECIPE).is_file() for member in members)
    told = {RECIPE: recipe_of(members, made)} if some else {}
    return checkpoint.save(made, folder, {**told, STORY: _story(made, blend, members)}, half=True)


def check_out(folder: Path, members: Sequence[Path]) -> None:
    """Raise an error when writing into `folder` would lose a member, or what is no checkpoint."""
    if folder.resolve() in {member.resolve() for member in members}:
        raise FusionError(f"{folder} is one of the models, which would be lost. Name another --out.")
    checkpoint.spare(folder)


def _story(made: Checkpoint, blend: Blend, members: Sequence[Path]) -> bytes:
    names = "\n".join(f"- `{checkpoint.load(folder).id}`" for folder in members)
    return f"# How {made.name} was fused\n\n{blend.note}\n\nIts members are\n\n{names}\n".encode()
