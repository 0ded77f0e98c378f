from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from nlg.data import reading
from nlg.errors import DataError

pyarrow = pytest.importorskip("pyarrow", reason="the extra `datasets` is not installed")

RECORDS: list[dict[str, Any]] = [
    {"id": str(at), "lang": None if at % 2 else "en", "turns": [{"role": "user", "text": f"你好 {at}"}]}
    for at in range(10)
]


def save(folder: Path, *parts: list[dict[str, Any]]) -> Path:
    """What `datasets.Dataset.save_to_disk` leaves: Arrow streams in batches, and the list of them."""
    folder.mkdir(parents=True)
    names = [f"data-{number:05}-of-{len(parts):05}.arrow" for number in range(len(parts))]
    for name, records in zip(names, parts, strict=True):
        table = pyarrow.Table.from_pylist(records)
        with pyarrow.OSFile(str(folder / name), "wb") as file, pyarrow.ipc.new_stream(file, table.schema) as stream:
            stream.write_table(table, max_chunksize=3)
    state = {"_data_files": [{"filename": name} for name in names], "_fingerprint": "x", "_split": "train"}
    (folder / "state.json").write_text(json.dumps(state))
    return folder


def test_a_folder_is_read_in_the_order_of_its_parts(tmp_path: Path) -> None:
    folder = save(tmp_path / "shop" / "train", RECORDS[:4], RECORDS[4:])
    assert reading.find("shop", "train", tmp_path) == folder
    rows = list(reading.rows(folder))
    assert [row.number for row in rows] == list(range(1, 11))
    assert rows[9].content.dialogue.lines[0].text == "你好 9"


def test_a_gap_in_a_row_is_a_field_that_is_not_there(tmp_path: Path) -> None:
    rows = list(reading.rows(save(tmp_path / "d", RECORDS)))
    assert [row.content.dialogue.language for row in rows[:2]] == ["en", ""]
    assert "lang" not in rows[1].record


def test_the_dev_split_may_be_called_validation(tmp_path: Path) -> None:
    folder = save(tmp_path / "shop" / "validation", RECORDS)
    assert reading.find("shop", "dev", tmp_path) == folder


def test_the_progress_ends_at_the_size_of_the_folder(tmp_path: Path) -> None:
    folder, told = save(tmp_path / "d", RECORDS[:4], RECORDS[4:]), list[int]()
    list(reading.rows(folder, told.append))
    assert told == sorted(told)
    assert 0.8 * reading.size(folder) < told[-1] <= reading.size(folder)


def test_of_several_splits_one_must_be_named(tmp_path: Path) -> None:
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    with pytest.raises(DataError, match=r"holds several splits. Name one of them: .*train, .*test"):
        list(reading.rows(tmp_path))


def test_a_row_that_is_wrong_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="d, line 2: no 'target'"):
        list(reading.rows(save(tmp_path / "d", [{"input": "a", "target": "b"}, {"input": "a", "target": None}])))


def test_a_part_that_is_missing_or_cut_is_named(tmp_path: Path) -> None:
    folder = save(tmp_path / "d", RECORDS[:4], RECORDS[4:])
    part = folder / "data-00001-of-00002.arrow"
    part.write_bytes(part.read_bytes()[:-700])
    with pytest.raises(DataError, match=r"data-00001-of-00002\.arrow is damaged after row \d"):
        list(reading.rows(folder))
    part.unlink()
    with pytest.raises(DataError, match=r"lacks data-00001-of-00002\.arrow. Copy the folder again"):
        list(reading.rows(folder))


@pytest.mark.parametrize("state", ["{}", "[]", "{", '{"_data_files": [{"filename": "../secret.arrow"}]}'])
def test_a_state_that_is_none_is_refused(tmp_path: Path, state: str) -> None:
    (tmp_path / "secret.arrow").touch()
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "state.json").write_text(state)
    with pytest.raises(DataError, match=r"is no folder of the datasets library|lacks secret\.arrow"):
        list(reading.rows(tmp_path / "d"))


def test_without_pyarrow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = save(tmp_path / "d", RECORDS)
    monkeypatch.setitem(sys.modules, "pyarrow.ipc", None)
    with pytest.raises(DataError, match=r"pip install 'palaver\[datasets\]'"):
        list(reading.rows(folder))
