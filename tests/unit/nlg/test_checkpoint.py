from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nlg import checkpoint, default_model, manifest
from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding
from nlg.errors import CheckpointError

FILES = ["config.json", "generation_config.json", "manifest.json", "model.safetensors", "tokenizer.json"]


@pytest.fixture
def folder(tiny: Checkpoint, tmp_path: Path) -> Path:
    checkpoint.save(tiny, tmp_path / "model")
    return tmp_path / "model"


def test_a_checkpoint_holds_json_safetensors_and_a_manifest_only(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_what_was_saved_comes_back(tiny: Checkpoint, tmp_path: Path) -> None:
    told = replace(tiny, decoding=Decoding(max_tokens=7, temperature=0.5))
    version = checkpoint.save(told, tmp_path / "model", {"note.txt": b"hi"})
    loaded = checkpoint.load(tmp_path / "model")
    assert (loaded.name, loaded.family, loaded.context, loaded.decoding) == ("tiny", "seq2seq", 48, told.decoding)
    assert loaded.id == f"tiny@{version}"
    assert loaded.tokenizer.encode("where 我 {{company}}") == tiny.tokenizer.encode("where 我 {{company}}")
    assert not loaded.model.training
    for name, weight in tiny.model.state_dict().items():
        assert torch.equal(loaded.model.state_dict()[name], weight)


def test_half_precision_takes_half_the_room(tiny: Checkpoint, folder: Path, tmp_path: Path) -> None:
    checkpoint.save(tiny, tmp_path / "half", half=True)
    sizes = [(place / "model.safetensors").stat().st_size for place in (tmp_path / "half", folder)]
    assert sizes[0] < 0.6 * sizes[1]
    loaded = checkpoint.load(tmp_path / "half").model
    assert all(weight.dtype is torch.float32 for weight in loaded.parameters())
    for name, weight in tiny.model.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], weight, atol=1e-3, rtol=1e-3)


def test_the_version_is_that_of_the_whole_folder(tiny: Checkpoint, tmp_path: Path) -> None:
    versions = [checkpoint.save(tiny, tmp_path / "m", {"note.txt": note}) for note in (b"a", b"a", b"b")]
    assert versions[0] == versions[1] != versions[2]


def test_saving_again_replaces_all_of_it(tiny: Checkpoint, folder: Path) -> None:
    checkpoint.save(tiny, folder, {"new.txt": b"x"})
    checkpoint.save(replace(tiny, context=20), folder)
    assert checkpoint.load(folder).context == 20
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_a_save_that_fails_leaves_the_old_one(tiny: Checkpoint, folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        checkpoint.save(tiny, folder, {"no/such/folder.txt": b"x"})
    assert checkpoint.load(folder).context == 48
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("name", FILES)
def test_one_altered_byte_is_found_in_every_file(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(CheckpointError, match=name if name != manifest.MANIFEST else "."):
        checkpoint.load(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_cut_file_is_found(folder: Path, name: str) -> None:
    (folder / name).write_bytes((folder / name).read_bytes()[:-9])
    with pytest.raises(CheckpointError, match=name):
        checkpoint.load(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=rf"{name} cannot be read: No such file"):
        checkpoint.load(folder)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "x.PT", "deep/optimizer.pkl", "a.ckpt"])
def test_a_pickle_is_refused_even_if_nobody_would_read_it(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"cos\nsystem\n")
    with pytest.raises(CheckpointError, match="could run code"):
        checkpoint.load(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "manifest.json"])
def test_a_link_that_leaves_the_folder_is_refused(folder: Path, name: str) -> None:
    (folder / name).rename(folder.parent / name)
    (folder / name).symlink_to(folder.parent / name)
    with pytest.raises(CheckpointError, match="leads out of the checkpoint"):
        checkpoint.load(folder)


def test_a_name_in_the_manifest_cannot_leave_the_folder(folder: Path) -> None:
    (folder.parent / "secret.json").write_bytes(b"{}")
    rewrite(folder, {"../secret.json": b"{}"})
    with pytest.raises(CheckpointError, match="leads out of the checkpoint"):
        checkpoint.load(folder)


def test_an_unknown_family_is_named_with_those_there_are(folder: Path) -> None:
    amend(folder, "config.json", model_type="oracle")
    with pytest.raises(CheckpointError, match=r"no 'oracle'.*seq2seq"):
        checkpoint.load(folder)


@pytest.mark.parametrize("family", ["../errors", "nlg.errors", "", "__init__"])
def test_a_family_is_a_name_and_never_a_path(folder: Path, family: str) -> None:
    amend(folder, "config.json", model_type=family)
    with pytest.raises(CheckpointError, match=r"nlg\.models has no"):
        checkpoint.load(folder)


def test_weights_of_another_size_do_not_fit(folder: Path) -> None:
    settings = json.loads((folder / "config.json").read_text())["settings"]
    amend(folder, "config.json", settings={**settings, "decoder": 24})
    with pytest.raises(CheckpointError, match="size mismatch"):
        checkpoint.load(folder)


def test_an_unknown_setting_is_refused(folder: Path) -> None:
    amend(folder, "generation_config.json", beams=4)
    with pytest.raises(CheckpointError, match="unknown setting 'beams'"):
        checkpoint.load(folder)


def test_a_folder_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is not a folder with a checkpoint"):
        checkpoint.load(tmp_path / "nothing")


@pytest.mark.parametrize("text", ["[]", "{}", '{"files": []}', '{"files": {"config.json": 1}}', "{"])
def test_a_manifest_that_is_none_is_refused(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(CheckpointError, match="is not a manifest"):
        checkpoint.load(folder)


@pytest.mark.parametrize("name", ["", "Big", "a/b", "../up", "x" * 80])
def test_a_name_that_could_be_a_path_is_refused(tiny: Checkpoint, tmp_path: Path, name: str) -> None:
    with pytest.raises(CheckpointError, match="no name for a model"):
        checkpoint.save(replace(tiny, name=name), tmp_path / "model")


def test_the_model_that_comes_along_can_be_loaded_and_is_small() -> None:
    assert checkpoint.load(default_model()).name == "service"
    assert sum(path.stat().st_size for path in default_model().iterdir()) <= 8_000_000


def amend(folder: Path, name: str, **changes: object) -> None:
    told = {**json.loads((folder / name).read_text()), **changes}
    rewrite(folder, {name: json.dumps(told).encode()})


def rewrite(folder: Path, changed: dict[str, bytes]) -> None:
    """Change files and make a manifest that agrees, as somebody would who means it."""
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != manifest.MANIFEST} | changed
    for name, data in changed.items():
        (folder / name).write_bytes(data)
    (folder / manifest.MANIFEST).write_bytes(manifest.render(files))
