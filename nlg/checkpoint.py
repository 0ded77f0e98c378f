"""A trained model in a folder, in the layout of Hugging Face: safetensors and JSON only, and a manifest."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_of
from safetensors.torch import save as bytes_of
from torch import Tensor, nn

from nlg import manifest, plugins
from nlg.contract import Decoding
from nlg.errors import CheckpointError, RecipeError
from nlg.interfaces import TrainableModel
from nlg.layers.int8 import shrunk
from nlg.layers.rounding import floats
from nlg.settings import build
from nlg.tokenizer import ReplyTokenizer

CONFIG, WEIGHTS, TOKENIZER, GENERATION = "config.json", "model.safetensors", "tokenizer.json", "generation_config.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_FLOAT, _INT8 = "float", "int8"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model with all it takes to use it. `context` is how many tokens it reads at most."""

    name: str
    family: str
    model: nn.Module
    tokenizer: ReplyTokenizer
    context: int
    decoding: Decoding = field(default_factory=Decoding)
    version: str = ""

    @property
    def id(self) -> str:
        """`name@version`; the version is new whenever anything in the folder is."""
        return f"{self.name}@{self.version}"

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.model.parameters(), torch.empty(0)).device

    @property
    def writer(self) -> TrainableModel:
        """The model as decoding and training know it."""
        return cast("TrainableModel", self.model)


def save(checkpoint: Checkpoint, folder: Path, more: Mapping[str, bytes] | None = None, half: bool = False) -> str:
    """Write the folder, with the files `more` in it, and return its version. With `half`, weights take 2 bytes each.

    Weights that are int8 stay so, and all else in such a model stays float32.
    A reader finds the old folder or the new one, never half of one.
    """
    if not _NAME.fullmatch(checkpoint.name):
        raise CheckpointError(f"{checkpoint.name!r} is no name for a model: use a-z, 0-9, dot, dash and underscore.")
    return write(folder, {**(more or {}), **_files(checkpoint, half)})


def load(folder: Path) -> Checkpoint:
    """Read a checkpoint, ready to write replies; raise `CheckpointError` when it cannot be trusted or read."""
    files, version = manifest.read(folder)
    try:
        return replace(_assembled(files), version=version)
    except (KeyError, ValueError, TypeError, RuntimeError, RecipeError, SafetensorError) as error:
        raise CheckpointError(f"{folder} holds no model that can be read here: {error}") from error


def write(folder: Path, files: Mapping[str, bytes]) -> str:
    """Put files and their manifest into a folder, all or nothing, and return the version; an old one is replaced.

    Raises `CheckpointError` for a folder that holds something else, as it would be lost.
    """
    spare(folder)
    listed = manifest.render(files)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name, data in {**files, manifest.MANIFEST: listed}.items():
            (fresh / name).write_bytes(data)
        fresh.chmod(0o755)
        _swap(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return manifest.digest(listed)[:8]


def spare(folder: Path) -> None:
    """Raise `CheckpointError` when `folder` holds something that is no checkpoint."""
    if folder.exists() and not (folder.is_dir() and _replaceable(folder)):
        raise CheckpointError(f"{folder} is there and holds no checkpoint, so it would be lost. Name another folder.")


def _replaceable(folder: Path) -> bool:
    """Whether it is empty or a checkpoint. Other things have a `manifest.json` too: apps and extensions of browsers."""
    return all((folder / name).is_file() for name in (manifest.MANIFEST, CONFIG)) or not any(folder.iterdir())


def _swap(fresh: Path, folder: Path) -> None:
    old = fresh.with_name(fresh.name + ".old")
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _files(checkpoint: Checkpoint, half: bool) -> dict[str, bytes]:
    state = checkpoint.model.state_dict()
    int8 = any(tensor.dtype is torch.int8 for tensor in state.values())
    kind = torch.float16 if half and not int8 else torch.float32
    weights = {name: _kept(tensor, kind) for name, tensor in state.items()}
    config = {
        "format": 1,
        "name": checkpoint.name,
        "model_type": checkpoint.family,
        "context": checkpoint.context,
        **({"weights": _INT8} if int8 else {}),
        "settings": asdict(cast("Any", checkpoint.model).config),
    }
    return {
        CONFIG: _json(config),
        GENERATION: _json(asdict(checkpoint.decoding)),
        TOKENIZER: checkpoint.tokenizer.to_json().encode(),
        WEIGHTS: bytes_of(weights, metadata={"format": "pt"}),
    }


def _kept(tensor: Tensor, kind: torch.dtype) -> Tensor:
    return tensor.detach().to(tensor.dtype if tensor.dtype is torch.int8 else kind).contiguous()


def _json(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, indent=2) + "\n").encode()


def _assembled(files: Mapping[str, bytes]) -> Checkpoint:
    config = json.loads(files[CONFIG])
    family = plugins.family(config["model_type"])
    model = family.build(build(family.config, config["settings"], CONFIG))
    model.load_state_dict({name: tensor.float() for name, tensor in floats(tensors_of(files[WEIGHTS])).items()})
    return Checkpoint(
        name=str(config["name"]),
        family=str(config["model_type"]),
        model=_as_kept(model.eval(), str(config.get("weights", _FLOAT))),
        tokenizer=ReplyTokenizer.from_json(files[TOKENIZER].decode()),
        context=int(config["context"]),
        decoding=build(Decoding, json.loads(files[GENERATION]), GENERATION),
    )


def _as_kept(model: nn.Module, weights: str) -> nn.Module:
    """The model with weights as they are in the file; rounding again what was rounded changes nothing."""
    if weights not in {_FLOAT, _INT8}:
        raise ValueError(f"its weights are {weights!r}. A newer version of Palaver wrote it: update")
    return shrunk(model) if weights == _INT8 else model
