"""Results on disk: whole or not at all, the same name for the same work, JSON that every reader takes."""

from __future__ import annotations

import hashlib
import json
import math
import stat
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from company import copy_company
from healthscore.config import Run, Tracking, load_run
from healthscore.errors import WriteError
from healthscore.evaluation.proportions import Estimate
from healthscore.pipelines.publish import (
    attempt_of,
    csv_safe,
    current,
    plain,
    run_directory,
    run_identity,
    write_csv,
    write_json,
)
from healthscore.tables import open_tables

RECORD = {"verb": "score"}


def publish(out: Path, identity: str, text: str) -> None:
    with run_directory(out, "score", identity, record=RECORD) as directory:
        (directory / "part").mkdir()
        (directory / "part" / "scores.csv").write_text(text, encoding="utf-8")
        write_json(directory / "result.json", {"text": text})


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


# --- whole or not at all ---------------------------------------------------------------------------------------------


def test_nothing_is_seen_until_the_run_is_whole(tmp_path: Path) -> None:
    with run_directory(tmp_path, "score", "abc", record=RECORD) as directory:
        (directory / "scores.csv").write_text("half", encoding="utf-8")
        assert not (tmp_path / "score" / "abc").exists()
        assert current(tmp_path, "score") is None
    assert current(tmp_path, "score") == tmp_path / "score" / "abc"
    assert sorted(path.name for path in (tmp_path / "score").iterdir()) == ["CURRENT", "abc"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, OSError])
@pytest.mark.parametrize("identity", ["old", "new"])
def test_a_failure_leaves_the_old_run_and_the_pointer(
    tmp_path: Path, identity: str, error: type[BaseException]
) -> None:
    publish(tmp_path, "old", "first")
    before = tree(tmp_path)

    def fail() -> None:
        with run_directory(tmp_path, "score", identity, record=RECORD) as directory:
            (directory / "scores.csv").write_text("half", encoding="utf-8")
            raise error

    with pytest.raises(error):
        fail()
    assert tree(tmp_path) == before


def test_other_bytes_of_the_same_name_are_the_next_attempt_and_the_first_stays(tmp_path: Path) -> None:
    for number, text in enumerate(("first", "second", "second", "first"), start=1):
        publish(tmp_path, "same", text)
        assert current(tmp_path, "score") == attempt_of(tmp_path, "score", "same"), number
    found = {path.parent.parent.name: path.read_text() for path in tmp_path.glob("score/*/part/scores.csv")}
    assert found == {"same": "first", "same-2": "second", "same-3": "first"}


def test_the_same_bytes_again_are_not_written_again(tmp_path: Path) -> None:
    publish(tmp_path, "same", "first")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "score" / "same").rglob("*")}
    publish(tmp_path, "same", "first")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "score").glob("same*/**/*")} == before


def test_a_torn_run_is_left_as_it_is_and_the_next_attempt_is_whole(tmp_path: Path) -> None:
    publish(tmp_path, "same", "first")
    torn = tmp_path / "score" / "same" / "part" / "scores.csv"
    torn.write_text("fir", encoding="utf-8")
    publish(tmp_path, "same", "first")
    assert torn.read_text(encoding="utf-8") == "fir"
    assert current(tmp_path, "score") == tmp_path / "score" / "same-2"


def test_files_and_directories_are_for_this_user_alone(tmp_path: Path) -> None:
    publish(tmp_path, "one", "1")
    modes = {stat.S_IMODE(path.stat().st_mode): path.is_dir() for path in (tmp_path / "score").rglob("*")}
    assert modes == {0o700: True, 0o600: False}
    assert stat.S_IMODE((tmp_path / "score").stat().st_mode) == 0o700


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "score").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(WriteError, match="symbolic link"):
        publish(tmp_path, "one", "1")
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize("name", ["../../etc", "/etc", "a/b", "", ".", "..", "a\nb", "A", "a-0", "x" * 300, "~"])
def test_a_pointer_never_leads_out_of_its_folder(tmp_path: Path, name: str) -> None:
    publish(tmp_path, "one", "1")
    (tmp_path / "score" / "CURRENT").write_text(name + "\n", encoding="utf-8")
    assert current(tmp_path, "score") is None


def test_the_manifest_says_rows_and_columns_of_tables(tmp_path: Path) -> None:
    with run_directory(tmp_path, "score", "abc", record=RECORD) as directory:
        frame = pd.DataFrame({"account_id": pd.Series(["a", "b"], dtype="str"), "health": [1.0, 2.0]})
        frame.to_parquet(directory / "scores.parquet", index=False)
    manifest = json.loads((tmp_path / "score" / "abc" / "manifest.json").read_text(encoding="utf-8"))
    entry = manifest["files"]["scores.parquet"]
    assert (entry["rows"], entry["columns"]) == (2, {"account_id": "large_string", "health": "double"})


def test_the_pointer_names_the_last_run_and_other_commands_have_their_own(tmp_path: Path) -> None:
    publish(tmp_path, "one", "1")
    publish(tmp_path, "two", "2")
    assert current(tmp_path, "score") == tmp_path / "score" / "two"
    assert current(tmp_path, "train") is None


def test_a_pointer_to_nothing_is_no_run(tmp_path: Path) -> None:
    publish(tmp_path, "one", "1")
    (tmp_path / "score" / "CURRENT").write_text("gone\n", encoding="utf-8")
    assert current(tmp_path, "score") is None


def test_the_manifest_lists_every_file_with_its_checksum(tmp_path: Path) -> None:
    publish(tmp_path, "abc", "text")
    directory = tmp_path / "score" / "abc"
    files = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert set(files) == {"part/scores.csv", "result.json", "run.json"}
    for name, entry in files.items():
        data = (directory / name).read_bytes()
        assert entry == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with (
        pytest.raises(WriteError, match="score cannot be written") as refused,
        run_directory(tmp_path / "out", "score", "abc", record=RECORD),
    ):
        pass
    assert "--out" in refused.value.remedy


# --- identity --------------------------------------------------------------------------------------------------------


def identity_of(run: Run, **extra: Any) -> str:
    with open_tables(run) as tables:
        return run_identity(run, "score", {name: r.fingerprint for name, r in tables.reports.items()}, **extra)


def test_the_same_work_has_the_same_name_wherever_it_is_done(company: Path, tmp_path: Path) -> None:
    run = load_run(company)
    elsewhere = load_run(copy_company(company, tmp_path / "else where"), out=tmp_path / "results")
    found = identity_of(run)
    assert len(found) == 12
    assert identity_of(elsewhere) == found
    assert identity_of(run.model_copy(update={"threads": 1, "tracking": Tracking(uri="http://elsewhere")})) == found


def test_other_work_has_another_name(company: Path, tmp_path: Path) -> None:
    run = load_run(company)
    changed = load_run(copy_company(company, tmp_path))
    with (changed.data / "tickets.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    names = [
        identity_of(run),
        identity_of(run, as_of="2025-05-01"),
        identity_of(run.model_copy(update={"seed": 2})),
        identity_of(changed),
        run_identity(run, "train", {}),
        run_identity(run, "score", {}),
    ]
    assert len(set(names)) == len(names)


# --- JSON ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (math.nan, None),
        (-math.inf, None),
        (np.float64("nan"), None),
        (np.float32(0.5), 0.5),
        (np.int8(3), 3),
        (np.bool_(True), True),
        (True, True),
        (None, None),
        ("é\n", "é\n"),
        (np.array([[1.0, np.inf]]), [[1.0, None]]),
        (np.array(["2024-02-29"], "datetime64[ns]"), ["2024-02-29T00:00:00"]),
        (np.datetime64("2024-02-29", "ns"), "2024-02-29T00:00:00"),
        (np.datetime64("2024-02-29", "D"), "2024-02-29"),
        (np.array(["NaT"], "datetime64[ns]"), [None]),
        (pd.Series(np.array(["2024-02-29", "NaT"], "datetime64[ns]")), ["2024-02-29T00:00:00", None]),
        (date(2024, 2, 29), "2024-02-29"),
        (datetime(2024, 2, 29, tzinfo=UTC), "2024-02-29T00:00:00+00:00"),
        (pd.Timestamp("2024-02-29"), "2024-02-29T00:00:00"),
        (pd.NaT, None),
        (pd.NA, None),
        (pd.Series([1.5, None]), [1.5, None]),
        (Estimate(0.5, None, math.nan), {"estimate": 0.5, "low": None, "high": None}),
        ({1: (1, 2), "s": {"b", "a"}}, {"1": [1, 2], "s": ["a", "b"]}),
        (Path("a/b"), "a/b"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_value_becomes_plain_json(value: object, wanted: object) -> None:
    found = plain({"value": value})["value"]
    assert found == wanted
    assert type(found) is type(wanted)
    json.dumps(found, allow_nan=False)


def test_written_json_is_strict_and_readable(tmp_path: Path) -> None:
    content: Mapping[str, Any] = {"name": "Müller & Söhne", "auc": math.nan, "rows": np.int64(7)}
    write_json(tmp_path / "result.json", content)
    text = (tmp_path / "result.json").read_text(encoding="utf-8")
    assert "Müller & Söhne" in text
    assert json.loads(text) == {"name": "Müller & Söhne", "auc": None, "rows": 7}


# --- spreadsheets ----------------------------------------------------------------------------------------------------

SIGNS = ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
BEFORE = ["", " ", "\u00a0", "\u2003", "\t", "\u200b", "\ufeff", "\n", "\r\n", "text\n", "text\r\n  ", "text\r"]


@pytest.mark.parametrize("before", BEFORE, ids=ascii)
@pytest.mark.parametrize("sign", SIGNS, ids=ascii)
def test_no_line_of_a_text_begins_like_a_formula(sign: str, before: str) -> None:
    text = f"{before}{sign}1+cmd|' /C calc'!A0"
    (safe,) = csv_safe(pd.DataFrame({"name": [text]}))["name"]
    for line in safe.splitlines():
        assert line.strip(" \t\u00a0\u2003\u200b\ufeff")[:1] not in SIGNS
    assert safe.replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize("text", ["\tcmd", "\ncmd", "\rcmd", "a\n\tcmd"], ids=ascii)
def test_a_leading_tab_or_line_break_is_quoted(text: str) -> None:
    (safe,) = csv_safe(pd.DataFrame({"name": [text]}))["name"]
    assert safe != text
    assert safe[0] not in "\t\r\n"


def test_harmless_texts_and_numbers_are_left_alone() -> None:
    frame = pd.DataFrame(
        {
            "text": ["a=b", "x - y", "me@home", "'quoted'", "a\n\nb", "a\r\nb", ""],
            "number": [-3.2, 1e-9, -0.0, 5, 6, 7, -8],
            "mixed": pd.Series([-1, None, 2.5, "text", date(2024, 1, 1), True, float("nan")], dtype=object),
        }
    )
    pd.testing.assert_frame_equal(csv_safe(frame), frame)


def test_a_csv_reads_back_as_it_was(tmp_path: Path) -> None:
    texts = ["plain", "a\rb", "a\nb", "a\r\nb", 'say "x", y; z', "Ünï", "", "NA"]
    frame = pd.DataFrame({"account_id": texts, "points": [-3.2, 1.0, 2.5, -0.1, 5.0, 6.0, 7.0, 8.0]})
    write_csv(frame, tmp_path / "scores.csv")
    back = pd.read_csv(tmp_path / "scores.csv", dtype={"account_id": str}, keep_default_na=False)
    assert back["account_id"].to_list() == texts
    assert back["points"].to_list() == frame["points"].to_list()
