"""The command `validate`: what it prints, writes and returns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from healthscore.cli import main

LEFT = (*range(8), 10, 11, 12, 20)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Forty accounts, a third of them in red; twelve leave."""
    scores = [f"a{i:02},2024-01-01,{20 if i < 10 else 55 if i < 20 else 90}" for i in range(40)]
    (tmp_path / "scores.csv").write_text("\n".join(["Customer,As Of,Health", *scores]) + "\n", encoding="utf-8")
    exits = [f"a{i:02},2024-02-15" for i in LEFT]
    (tmp_path / "exits.csv").write_text("\n".join(["customer,churn_date", *exits]) + "\n", encoding="utf-8")
    return [str(tmp_path / "scores.csv"), str(tmp_path / "exits.csv"), "--out", str(tmp_path / "out")]


def code_of(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


def test_text_fits_eighty_columns(
    files: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert code_of(["validate", *files, "--data-end", "2024-06-01", "--capacity", "8"]) == 0
    printed = capsys.readouterr().out
    paths = [line for line in printed.splitlines() if line.startswith(("report:", "result:"))]
    assert [line for line in printed.splitlines() if len(line) > 80 and line not in paths] == []
    assert "The score tells leavers from stayers." in printed
    assert "at risk" in printed
    assert "scores: 40 rows = 40 used" in printed
    assert all(Path(line.split(": ", 1)[1]).is_file() for line in paths)
    assert len(paths) == 2


def test_json_is_one_object_the_same_as_result_json(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of(["validate", *files, "--data-end", "2024-06-01", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    directory = Path(printed.pop("directory"))
    assert printed == json.loads((directory / "result.json").read_text(encoding="utf-8"))
    assert printed["pooled"]["exits"] == 12


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--horizon", "10"], 3, "0 exits followed a score within 10 days"),
        (["--edges", "40;70"], 2, "--edges '40;70' are no numbers"),
        (["--data-end", "1.6.2024"], 2, "--data-end '1.6.2024' is no date"),
        (["--score-column", "points"], 2, "remedy: --score-column is one of 'Customer', 'As Of', 'Health'"),
        (["--scale", "50"], 2, "30 of 40 rows (75.0 %) lie outside 0 to 50, such as 55; first rows: 12, 13, 14"),
    ],
)
def test_refusals_say_what_where_and_what_to_do(
    files: list[str], capsys: pytest.CaptureFixture[str], options: list[str], code: int, says: str
) -> None:
    assert code_of(["validate", *files, *options]) == code
    printed = capsys.readouterr()
    assert says in printed.err
    assert printed.out == ""
    assert not list(Path(files[-1]).glob("**/*.html")), "nothing is published"
