"""Reading a score history and its exits: every fault is named with its rows, nothing is guessed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from healthscore.asof import day_of
from healthscore.errors import InputError
from healthscore.pipelines.validate import validate
from healthscore.pipelines.validation.histories import Exits, History, read_exits, read_scores

HEADER = "account_id,date,score\n"


def scores_of(tmp_path: Path, text: str, **settings: Any) -> History:
    path = tmp_path / "scores.csv"
    path.write_bytes(text.encode())
    return read_scores(path, **settings)


def exits_of(tmp_path: Path, text: str, **settings: Any) -> Exits:
    path = tmp_path / "exits.csv"
    path.write_text(text, encoding="utf-8")
    return read_exits(path, **settings)


@pytest.mark.parametrize(
    "ids", [("00042", "42"), ("NA", "null"), ("nan", "None"), ("9007199254740993", "9007199254740992")]
)
def test_ids_are_text_exactly(tmp_path: Path, ids: tuple[str, str]) -> None:
    rows = "".join(f"{one},2024-01-01,50\n" for one in ids)
    assert set(scores_of(tmp_path, HEADER + rows).account) == set(ids)


def test_ids_lose_spaces_and_take_the_composed_form(tmp_path: Path) -> None:
    found = scores_of(tmp_path, HEADER + " a1\u00a0,2024-01-01,50\nCafe\u0301,2024-01-01,60\n")
    assert set(found.account) == {"a1", "Caf\u00e9"}


def test_one_id_written_in_several_ways_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"column 'account_id': 'a1' is written in several ways"):
        scores_of(tmp_path, HEADER + "a1,2024-01-01,50\n a1,2024-02-01,50\n")


def test_whole_numbers_may_be_ids_and_decimals_may_not() -> None:
    frame = pd.DataFrame({"account_id": [42, 7], "date": ["2024-01-01"] * 2, "score": [1.5, 50]})
    assert set(read_scores(frame).account) == {"42", "7"}
    with pytest.raises(InputError, match="ids must be text, and these are double"):
        read_scores(frame.assign(account_id=[42.0, 7.0]))


def test_blank_ids_dates_and_scores_are_counted_once_each(tmp_path: Path) -> None:
    rows = ",2024-01-01,50\na1,,50\na1,2024-01-01,\na1,2024-02-01,n/a\na1,2024-03-01,NaN\na1,2024-04-01,50\n,,\n"
    found = scores_of(tmp_path, HEADER + rows)
    assert found.counted.dropped == {"blank_account": 2, "no_date": 1, "no_score": 3}
    assert (found.counted.rows_in, found.counted.left, found.score.size) == (7, 1, 1)


@pytest.mark.parametrize(
    "text", ["01/02/2024", "2024-13-01", "2024-1-5", "20240105", "2024-03", "1704067200", "soon", "1970-01-01"]
)
def test_dates_that_are_not_iso_are_refused_with_their_rows(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError) as refused:
        scores_of(tmp_path, HEADER + f"a0,2024-01-01,50\na1,{text},50\na2,{text},50\n")
    said = str(refused.value)
    assert "scores.csv, column 'date': 2 of 3 rows (66.7 %)" in said
    assert "first rows: 3, 4" in said, "as a spreadsheet counts them"
    assert repr(text) in said
    assert "--date-format" in said


@pytest.mark.parametrize(
    ("text", "date_format", "expected"),
    [
        ("2024-03-01", None, date(2024, 3, 1)),
        ("2024-03-01T23:59:59Z", None, date(2024, 3, 1)),
        ("2024-03-01 08:30:00.25 +02:00", None, date(2024, 3, 1)),
        ("01/02/2024", "%d/%m/%Y", date(2024, 2, 1)),
        ("2024-03", "%Y-%m", date(2024, 3, 1)),
        ("20240301", "%Y%m%d", date(2024, 3, 1)),
    ],
)
def test_dates_as_written(tmp_path: Path, text: str, date_format: str | None, expected: date) -> None:
    assert scores_of(tmp_path, HEADER + f"a1,{text},50\n", date_format=date_format).day.tolist() == [day_of(expected)]


@pytest.mark.parametrize(
    "kind", [pa.timestamp("us"), pa.timestamp("ns", tz="America/New_York"), pa.date32(), pa.date64()]
)
def test_typed_dates_keep_their_local_day(tmp_path: Path, kind: pa.DataType) -> None:
    days = pa.array([pd.Timestamp("2024-03-01").value], pa.timestamp("ns"))
    if pa.types.is_timestamp(kind) and kind.tz:
        import pyarrow.compute as pc

        days = pc.assume_timezone(days, "America/New_York")
    table = pa.table({"account_id": ["a1"], "date": days.cast(kind), "score": [50.0]})
    pq.write_table(table, tmp_path / "s.parquet")
    assert read_scores(tmp_path / "s.parquet").day.tolist() == [day_of(date(2024, 3, 1))]


@pytest.mark.parametrize("text", ["85%", "1,500", "€50", "high", "1e999"])
def test_scores_that_are_no_plain_numbers_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"column 'score': 1 of 2 rows \(50.0 %\) (hold no plain number|are infinite)"):
        scores_of(tmp_path, HEADER + f'a1,2024-01-01,50\na2,2024-01-01,"{text}"\n')


def test_scores_outside_the_scale_are_refused_with_their_rows(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"2 of 3 rows \(66.7 %\) lie outside 0 to 100, such as 101; first rows: 3, 4"):
        scores_of(tmp_path, HEADER + "a1,2024-01-01,50\na2,2024-01-01,101\na3,2024-01-01,-1\n")


@pytest.mark.parametrize(("highest", "scale"), [("0.97", "1"), ("1", "1"), ("9.5", "10"), ("10", "10")])
def test_other_scales_are_asked_about(tmp_path: Path, highest: str, scale: str) -> None:
    text = HEADER + f"a1,2024-01-01,0.5\na2,2024-01-01,{highest}\n"
    with pytest.raises(InputError, match=f"--scale {scale} if they are, --scale 100 if they are not"):
        scores_of(tmp_path, text)
    assert scores_of(tmp_path, text, scale=100).score[0] == 0.5
    assert scores_of(tmp_path, text, scale=float(scale)).score[0] == pytest.approx(50 / float(scale))


def test_repeated_rows_are_counted_and_contradictions_refused(tmp_path: Path) -> None:
    same = HEADER + "a1,2024-01-01,50\na1,2024-01-01,50\na2,2024-01-01,60\n"
    assert scores_of(tmp_path, same).counted.dropped == {"repeated": 1}
    torn = HEADER + "a1,2024-01-01,50\na2,2024-01-01,60\na1,2024-01-01,70\n"
    with pytest.raises(InputError, match=r"second, different score on the same day; first rows: 4"):
        scores_of(tmp_path, torn)
    last = scores_of(tmp_path, torn, duplicates="last")
    assert dict(zip(last.account, last.score, strict=True)) == {"a1": 70.0, "a2": 60.0}
    assert last.counted.dropped == {"repeated": 1}


@pytest.mark.parametrize(
    "header",
    [
        "Customer ID,As Of,Health Score",
        "customer,month,health",
        "ACCOUNT,DATE,SCORE",
        "id;day;score",
        "client_id\tdate\tscore",
    ],
)
def test_columns_are_recognised_by_the_words_that_exports_use(tmp_path: Path, header: str) -> None:
    cut = next(mark for mark in ",;\t" if mark in header)
    row = cut.join(("a1", "2024-01-01", "50"))
    assert scores_of(tmp_path, f"\ufeff{header}\n{row}\n").account.tolist() == ["a1"]


def test_a_stronger_word_wins_and_a_draw_is_asked_about(tmp_path: Path) -> None:
    text = "id,customer_id,account_id,date,score\n1,c1,a1,2024-01-01,50\n"
    assert scores_of(tmp_path, text).account.tolist() == ["a1"]
    assert scores_of(tmp_path, text, columns={"account_id": "customer_id"}).account.tolist() == ["c1"]
    with pytest.raises(InputError, match=r"'score', 'health' could each be score\n.* --score-column NAME"):
        scores_of(tmp_path, "id,date,score,health\n1,2024-01-01,50,60\n")


def test_missing_columns_list_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"scores.csv: no column looks like score; there are 'id', 'date', 'colour'"):
        scores_of(tmp_path, "id,date,colour\n1,2024-01-01,red\n")
    with pytest.raises(InputError, match=r"no column 'points'\n.*--score-column is one of 'id', 'date', 'colour'"):
        scores_of(tmp_path, "id,date,colour\n1,2024-01-01,red\n", columns={"score": "points"})
    with pytest.raises(InputError, match="'score' is there twice"):
        scores_of(tmp_path, "id,date,score,score\n1,2024-01-01,50,60\n")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("s.csv", b"", "is empty"),
        ("s.csv", b"account_id,date,score\n", "has no rows; its columns are 'account_id'"),
        ("s.csv", "account_id,date,score\n".encode("utf-16"), "UTF-16"),
        ("s.csv", b"account_id,date,score\ncaf\xe9,2024-01-01,50\n", "is not UTF-8 text"),
        ("s.csv", b"account_id,date,score\na1,2024-01-01,50,9\n", "no well-formed CSV"),
        ("s.csv", b'account_id,date,score\n"a1,2024-01-01,50\n', "quotation mark is never closed"),
        ("s.csv", b"account_id,date,score\na\x001,2024-01-01,50\n", "binary"),
        ("s.parquet", b"", "damaged"),
        ("s.parquet", b"PAR1 and then nothing", "damaged"),
        ("s.xlsx", b"PK", "files ending in '.xlsx' are not read"),
        ("nothing.csv", None, "there is no file"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: bytes | None, says: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=says):
        read_scores(tmp_path / name)


def test_exits_without_a_date_have_not_left(tmp_path: Path) -> None:
    header = "Customer,Signup,Churn Date,Exit Type\n"
    text = header + "a1,2020-01-01,,\na2,2020-01-01,9999-12-31,\na3,2020-01-01,2024-02-01,voluntary\n"
    found = exits_of(tmp_path, text)
    assert (found.account.tolist(), found.counted.dropped) == (["a3"], {"not_left": 2})
    assert found.columns == {"account_id": "Customer", "date": "Churn Date", "type": "Exit Type"}


def test_repeated_exits_are_counted_and_contradictory_types_refused(tmp_path: Path) -> None:
    text = "account_id,date,type\na1,2024-01-01,merged\na1,2024-01-01,merged\n"
    assert exits_of(tmp_path, text).counted.dropped == {"repeated": 1}
    with pytest.raises(InputError, match="a second type of exit on the same day"):
        exits_of(tmp_path, text + "a1,2024-01-01,voluntary\n")


def test_a_column_of_yes_and_no_is_no_date(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="such as 'true'"):
        exits_of(tmp_path, "account_id,cancelled\na1,true\n")


@pytest.mark.parametrize(
    ("scored", "left", "hint"),
    [("00042", "42", "zeros in front"), ("acme", "ACME", "capital letters"), ("a", "b", "same id")],
)
def test_ids_that_never_meet_are_shown_side_by_side(scored: str, left: str, hint: str) -> None:
    scores = pd.DataFrame({"account_id": [scored], "date": ["2024-01-01"], "score": [50.0]})
    exits = pd.DataFrame({"account_id": [left], "date": ["2024-02-01"]})
    with pytest.raises(InputError, match=f"such as '{scored}', exits such as '{left}'[^$]*{hint}"):
        validate(scores, exits)


def test_csv_parquet_and_frames_are_the_same(tmp_path: Path) -> None:
    scores = pd.DataFrame(
        [(f"{i:03}", f"2024-0{m}-01", float(i)) for i in range(100) for m in (1, 2)], columns=["id", "date", "score"]
    )
    exits = pd.DataFrame([(f"{i:03}", "2024-02-10") for i in range(0, 60, 3)], columns=["id", "churn_date"])
    for name, table in (("s", scores), ("e", exits)):
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        table.sample(frac=1, random_state=1).to_parquet(tmp_path / f"{name}.parquet", index=False)
    settings: dict[str, Any] = {"data_end": date(2024, 6, 1), "resamples": 100, "title": "one"}
    results = [
        validate(scores, exits, **settings).result,
        validate(tmp_path / "s.csv", tmp_path / "e.csv", **settings).result,
        validate(str(tmp_path / "s.parquet"), tmp_path / "e.parquet", **settings).result,
        validate(scores.set_index("id"), exits.set_index("id"), **settings).result,
    ]
    assert all(result == results[0] for result in results[1:])
