"""Another model in the folder is noticed."""

from __future__ import annotations

import queue
import shutil
from pathlib import Path

import pytest

from nlg.serving import renewal as renewal_module
from nlg.serving.renewal import Renewal


class Renewer:
    """Notes that it was called, and may fail."""

    def __init__(self) -> None:
        self.calls: queue.Queue[str] = queue.Queue()
        self.went: queue.Queue[bool] = queue.Queue()
        self.error: Exception | None = None

    def renew(self) -> str:
        self.calls.put("renewed")
        if self.error is not None:
            raise self.error
        return "small@2"

    def quiet(self, seconds: float = 0.15) -> bool:
        with pytest.raises(queue.Empty):
            self.calls.get(timeout=seconds)
        return True


@pytest.fixture
def renewer() -> Renewer:
    return Renewer()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "manifest.json").write_text("1")
    return tmp_path / "model"


@pytest.fixture
def renewal(renewer: Renewer, folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(renewal_module, "LOOK_SECONDS", 0.02)
    opened = Renewal(renewer.renew, folder, renewer.went.put)
    yield opened
    opened.close()
    opened._thread.join(5)


def test_nothing_happens_while_nothing_changes(renewal, renewer):
    assert renewer.quiet()


def test_a_file_that_changes_is_noticed_once(renewal, renewer, folder):
    (folder / "manifest.json").write_text("two")
    assert renewer.calls.get(timeout=5)
    assert renewer.went.get(timeout=5) is True
    assert renewer.quiet()


def test_a_link_that_points_elsewhere_is_noticed(renewer, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(renewal_module, "LOOK_SECONDS", 0.02)
    shutil.copytree(folder, tmp_path / "newer")
    link, fresh = tmp_path / "current", tmp_path / "fresh"
    link.symlink_to(folder)
    renewal = Renewal(renewer.renew, link, renewer.went.put)
    fresh.symlink_to(tmp_path / "newer")
    fresh.rename(link)  # as an owner switches versions: at once
    assert renewer.calls.get(timeout=5)
    renewal.close()


def test_who_asks_is_heard_though_nothing_changed(renewal, renewer):
    renewal.ask()
    assert renewer.calls.get(timeout=5)


def test_a_model_that_is_refused_is_tried_again_at_its_next_change_only(renewal, renewer, folder):
    renewer.error = ValueError("half of it is missing")
    (folder / "model.safetensors").write_text("half")
    assert renewer.calls.get(timeout=5)
    assert renewer.went.get(timeout=5) is False
    assert renewer.quiet()
    renewer.error = None
    (folder / "model.safetensors").write_text("whole")
    assert renewer.calls.get(timeout=5)


def test_a_folder_that_is_away_for_a_moment_ends_nothing(renewal, renewer, folder):
    folder.rename(folder.with_name("gone"))
    assert renewer.calls.get(timeout=5)
    folder.with_name("gone").rename(folder)
    assert renewer.calls.get(timeout=5)


def test_without_a_folder_only_who_asks_is_heard(renewer):
    renewal = Renewal(renewer.renew, None, renewer.went.put)
    renewal.ask()
    assert renewer.calls.get(timeout=5)
    renewal.close()
