"""Where a recommended scorecard may be written, and that it appears whole."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from healthscore.config import Scorecard, load_scorecard
from healthscore.errors import ConfigurationError, WriteError
from healthscore.pipelines.recalibration.writing import replace_file, target_of

CARD = """
[components.use]
weight = {use}
[components.tickets]
weight = {tickets}
"""


@pytest.fixture
def card(tmp_path: Path) -> Scorecard:
    path = tmp_path / "ours.toml"
    path.write_text(CARD.format(use=70, tickets=30), encoding="utf-8")
    return load_scorecard(path)


def test_its_own_file_a_new_file_and_a_folder_are_fine(card: Scorecard, tmp_path: Path) -> None:
    (tmp_path / "cards").mkdir()
    assert target_of(tmp_path / "ours.toml", card) == tmp_path / "ours.toml"
    assert target_of(tmp_path / "next.toml", card) == tmp_path / "next.toml"
    assert target_of(tmp_path / "cards", card) == tmp_path / "cards" / "ours.toml"


def test_another_version_of_it_is_fine(card: Scorecard, tmp_path: Path) -> None:
    (tmp_path / "older.toml").write_text(CARD.format(use=60, tickets=40), encoding="utf-8")
    assert target_of(tmp_path / "older.toml", card) == tmp_path / "older.toml"


@pytest.mark.parametrize(
    "content",
    [
        "[components.use]\nweight = 100\n",
        'name = "saas"\n[outcome]\nkind = "churn"\n',
        "account_id,date\nA-1,2024-01-01\n",
        "",
        "\udcff",
    ],
)
def test_anything_else_is_not_overwritten(card: Scorecard, tmp_path: Path, content: str) -> None:
    other = tmp_path / "other.toml"
    other.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(
        ConfigurationError, match=r"other\.toml is there already and is no version of the scorecard 'ours'"
    ):
        target_of(other, card)


def test_a_folder_that_is_not_there_is_told(card: Scorecard, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no folder"):
        target_of(tmp_path / "nowhere" / "ours.toml", card)


def test_a_link_leads_to_the_file_itself(card: Scorecard, tmp_path: Path) -> None:
    (tmp_path / "link.toml").symlink_to(tmp_path / "ours.toml")
    replace_file(target_of(tmp_path / "link.toml", card), "new = 1\n")
    assert (tmp_path / "link.toml").is_symlink()
    assert (tmp_path / "ours.toml").read_text(encoding="utf-8") == "new = 1\n"


def test_bytes_and_rights_stay_and_nothing_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)
    replace_file(path, "weight = 1\r\n# ü\n")
    assert path.read_bytes() == "weight = 1\r\n# ü\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == ["ours.toml"]


def test_what_cannot_be_written_is_told_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ours.toml"
    path.write_text("old", encoding="utf-8")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(WriteError, match=r"cannot be written: No space left on device \(3 bytes were to be written"):
        replace_file(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["ours.toml"]
