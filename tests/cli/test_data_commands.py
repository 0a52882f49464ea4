"""`init` and `check` as a person runs them: what is printed, in 80 columns, and the exit code."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from healthscore.cli import main
from healthscore.cli.checks import show_rates

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("HEALTHSCORE_DATA", raising=False)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Accounts with contracts, and their log-ins: one day of silence, and times without a zone."""
    folder = tmp_path / "tables"
    folder.mkdir()
    begin = date(2023, 1, 2)
    contracts = [f"a{i},2022-06-01,{'' if i % 4 else date(2023, 3, 5) + timedelta(days=3 * i)}" for i in range(60)]
    (folder / "contracts.csv").write_text("\n".join(["account_id,start_date,end_date", *contracts]) + "\n")
    logins = [
        f"a{i},u{i % 7},{begin + timedelta(days=day)} 09:00:00"
        for day in range(500)
        if day != 250
        for i in range(0, 60, 3)
    ]
    (folder / "logins.csv").write_text("\n".join(["account_id,user_id,time", *logins]) + "\n")
    return folder


def run(capsys: Capture, *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    code = stopped.value.code
    return (code if isinstance(code, int) else 0), printed.out, printed.err


def legible(text: str) -> bool:
    """Paths aside, nothing is wider than the terminal."""
    return all(len(line.rstrip()) <= 80 for line in text.splitlines() if "/" not in line)


def test_init_prints_what_it_proposes_and_asks(tables: Path, tmp_path: Path, capsys: Capture) -> None:
    code, out, err = run(capsys, "init", tables, "--out", tmp_path / "healthscore.toml")
    assert (code, err) == (0, "")
    assert "Outcome: churn of contracts within 60 days after a gap of 7" in out
    assert "Question 1: In which time zone were logins.time written?" in " ".join(out.split())
    assert f"next: healthscore check {tmp_path / 'healthscore.toml'}" in out
    assert legible(out)


def test_init_as_json_is_one_object(tables: Path, tmp_path: Path, capsys: Capture) -> None:
    code, out, err = run(capsys, "init", tables, "--out", tmp_path / "healthscore.toml", "--json")
    assert (code, err) == (0, "")
    result = json.loads(out)
    assert set(result) == {
        *("path", "name", "data", "timezone", "data_end", "outcome", "windows", "as_of", "sources", "signals"),
        *("questions", "left_out"),
    }
    assert result["path"] == str(tmp_path / "healthscore.toml")


def test_init_keeps_an_existing_run(tables: Path, tmp_path: Path, capsys: Capture) -> None:
    target = tmp_path / "healthscore.toml"
    target.write_text("# mine\n")
    code, out, err = run(capsys, "init", tables, "--out", target)
    assert (code, out) == (2, "")
    assert "is there already" in err
    assert "--force" in err
    assert target.read_text() == "# mine\n"
    assert run(capsys, "init", tables, "--out", target, "--force")[0] == 0


def test_check_prints_what_is_there(tables: Path, tmp_path: Path, capsys: Capture) -> None:
    target = tmp_path / "healthscore.toml"
    run(capsys, "init", tables, "--out", target)
    code, out, err = run(capsys, "check", target, "--out", tmp_path / "out")
    flat = " ".join(out.split())
    assert (code, err) == (0, "")
    assert "Rows: in = used + set aside + dropped by a rule" in out
    assert "Churn between day 7 and day 67 after each date" in out
    assert "Closure or outage?" in out
    assert "outages = [[2023-09-09, 2023-09-09]]" in flat
    assert "nothing stands in the way of a run" in out
    assert legible(out)


def test_check_says_each_thing_once(tables: Path, tmp_path: Path, capsys: Capture) -> None:
    target = tmp_path / "healthscore.toml"
    run(capsys, "init", tables, "--out", target)
    text = target.read_text().replace('path = "logins.csv"', 'path = "logins.csv"\nwhere = "user_id <> \'u3\'"')
    again = text[text.index("[sources.logins]") :].split("\n[", 1)[0].replace("sources.logins", "sources.visits")
    target.write_text(f"{text}\n{again}\n")
    code, out, _ = run(capsys, "check", target, "--out", tmp_path / "out")
    flat = " ".join(out.split())
    assert code == 0
    assert flat.count("when they became known") == 1
    assert "logins, visits: rows do not say when they became known" in flat
    assert "rows are left out unless user_id <> 'u3'; " in flat
    assert "dropped as where" not in out
    assert legible(out)


def rates(*dates: str) -> list[dict[str, Any]]:
    """Base rates as `check` gives them: alike at every date, with three open outcomes at the last one."""
    row = {"at_risk": 10, "exits": 2, "stayed": 6, "exit_in_gap": 1, "censored": 1, "immature": 0, "rate": 0.25}
    return [{**row, "as_of": day, "immature": 3 * (day == dates[-1])} for day in dates]


def test_base_rates_of_many_dates_are_added_up_by_quarter(capsys: Capture) -> None:
    weeks = [str(date(2024, 1, 1) + timedelta(weeks=week)) for week in range(30)]
    show_rates({"kind": "churn", "gap_days": 7, "horizon_days": 60}, rates(*weeks))
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "30 dates, added up by quarter (in brackets, how many); result.json has each" in lines
    assert "2024 Q1 (13) 130 26 25.0 % 13 13 0" in lines
    assert "2024 Q3 (4) 40 8 (25.0 %) 4 4 3" in lines
    assert not any(line.startswith("2024-") for line in lines)


def test_base_rates_of_few_dates_are_told_date_by_date(capsys: Capture) -> None:
    show_rates({"kind": "churn", "gap_days": 7, "horizon_days": 60}, rates("2024-01-01", "2024-02-01"))
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "2024-01-01 10 2 25.0 % 1 1 0" in lines
    assert "2024-02-01 10 2 (25.0 %) 1 1 3" in lines


def test_check_prints_every_error_and_exits_with_2(tables: Path, tmp_path: Path, capsys: Capture) -> None:
    target = tmp_path / "healthscore.toml"
    run(capsys, "init", tables, "--out", target)
    target.write_text(target.read_text().replace('timezone = "UTC"               # CONFIRM: the zone', "# the zone"))
    (tables / "contracts.csv").unlink()
    code, out, err = run(capsys, "check", target, "--out", tmp_path / "out")
    flat = " ".join(out.split())
    assert (code, err) == (2, "")
    assert "ERROR logins.time: times without an offset need the zone" in flat
    assert 'remedy: declare `timezone = "UTC"`' in flat
    assert "ERROR contracts" in flat
    assert "errors: they stand in the way of a run" in flat


def test_check_as_json_is_the_result_file(tables: Path, tmp_path: Path, capsys: Capture) -> None:
    target = tmp_path / "healthscore.toml"
    run(capsys, "init", tables, "--out", target)
    code, out, err = run(capsys, "check", target, "--out", tmp_path / "out", "--json")
    result = json.loads(out)
    assert (code, err) == (0, "")
    assert set(result) == {
        *("run", "title", "path", "ok", "data_end", "accounts", "sources", "outcome", "base_rates", "exiting_accounts"),
        *("dropped_snapshots", "faults", "warnings", "quarantine", "identity", "directory"),
    }
    written = json.loads((Path(result["directory"]) / "result.json").read_text())
    assert written | {"directory": result["directory"]} == result
