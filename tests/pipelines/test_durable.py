"""Files that are replaced in one step: what the disk refuses is told, and what was there before stays."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path

import pytest

from healthscore.errors import WriteError
from healthscore.pipelines import durable


def test_a_file_is_replaced_whole_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    durable.put(path, b"first")
    durable.put(path, b"second")
    assert path.read_bytes() == b"second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("operation", ["fsync", "replace", "fchmod"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES])
def test_what_the_disk_refuses_is_told_and_nothing_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str, code: int
) -> None:
    path = tmp_path / "file"
    durable.put(path, b"first")

    def refuse(*given: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(os, operation, refuse)
        with pytest.raises(WriteError, match="file cannot be written: ") as refused:
            durable.put(path, b"second")
    assert os.strerror(code) in refused.value.what
    assert ("6 bytes were to be written" in refused.value.what) == (code in (errno.ENOSPC, errno.EDQUOT))
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_bytes(b"theirs")
    (tmp_path / "file").symlink_to(tmp_path / "theirs")
    durable.put(tmp_path / "file", b"ours")
    assert (tmp_path / "theirs").read_bytes() == b"theirs"
    assert not (tmp_path / "file").is_symlink()


def test_a_tree_is_copied_and_what_the_disk_refuses_keeps_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "source" / "inner").mkdir(parents=True)
    (tmp_path / "source" / "inner" / "file").write_bytes(b"content")
    durable.copy_tree(tmp_path / "source", tmp_path / "target")
    assert (tmp_path / "target" / "inner" / "file").read_bytes() == b"content"
    assert durable.size_of(tmp_path / "target") == 7

    def refuse(source: Path, target: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(source), None, str(target))

    monkeypatch.setattr(shutil, "copyfile", refuse)
    with (
        pytest.raises(WriteError, match="other cannot be written: Input/output error"),
        durable.refusals(tmp_path / "other"),
    ):
        durable.copy_tree(tmp_path / "source", tmp_path / "other")


def test_a_link_among_finished_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "file").symlink_to("/etc/passwd")
    with pytest.raises(OSError, match="symbolic link"):
        durable.sync_tree(tmp_path / "run")


def test_an_error_of_reading_is_no_error_of_writing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), durable.refusals(tmp_path / "out" / "run"):
        (tmp_path / "data" / "table.csv").read_bytes()
