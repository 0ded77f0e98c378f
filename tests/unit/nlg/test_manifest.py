"""A manifest comes with a checkpoint from anywhere: whatever it holds, it fits the files or is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlg import manifest
from nlg.errors import CheckpointError

NAMES = st.sampled_from(["config.json", "../outside", "a\x00b", "\ud800", ".", "manifest.json"]) | st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
ENTRIES = st.fixed_dictionaries({"bytes": VALUES, "sha256": VALUES}) | VALUES
anywhere = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(folder: Path, text: bytes) -> None:
    (folder / "config.json").write_bytes(b"{}")
    (folder / manifest.MANIFEST).write_bytes(text)
    manifest.read(folder)


@pytest.mark.fuzz
@anywhere
@given(text=st.binary(max_size=200))
def test_bytes_that_are_no_manifest_are_refused(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(CheckpointError):
        read(tmp_path, text)


@pytest.mark.fuzz
@anywhere
@given(files=st.dictionaries(NAMES, ENTRIES, min_size=1, max_size=3) | VALUES)
def test_entries_that_do_not_fit_the_files_are_refused(tmp_path: Path, files: Any) -> None:
    if files != {}:
        with pytest.raises(CheckpointError):
            read(tmp_path, json.dumps({"files": files}).encode())


@pytest.mark.parametrize(
    "text", [b"[" * 100_000, b'{"files": ' * 100_000, b'{"files": {"config.json": {"bytes": 1e999}}}']
)
def test_what_is_too_deep_or_too_large_is_refused(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(CheckpointError, match="is not a manifest"):
        read(tmp_path, text)


def test_a_manifest_of_the_files_that_are_there_is_read(tmp_path: Path) -> None:
    read(tmp_path, manifest.render({"config.json": b"{}"}))
