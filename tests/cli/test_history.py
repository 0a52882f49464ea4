"""The command `validate`: what it prints, writes and returns."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from healthscore.cli import main
from healthscore.pipelines import validaterun
from healthscore.pipelines.validate import validate
from weighed_exports import export

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
        (["--horizon", "10"], 3, "0 exits followed a score within 10 days: the scores are of 2024-01-01 to"),
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


@pytest.fixture
def exported(tmp_path: Path) -> list[str]:
    """Scores without a column of scores, exits, and weights that are far from what was planted."""
    weights = (10.0, 10.0, 20.0, 20.0, 30.0, 10.0)
    names = ("activity", "adoption", "satisfaction", "support", "finance", "relationship")
    paths = export("additive", 1000, seed=3, weights=dict(zip(names, weights, strict=True))).write(tmp_path)
    return [*paths, "--gap", "7", "--horizon", "60", "--maturity", "14", "--out", str(tmp_path / "out")]


def test_three_files_give_the_answer_first(
    exported: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert code_of(["validate", *exported]) == 0
    lines = capsys.readouterr().out.splitlines()
    paths = [line for line in lines if line.startswith(("report:", "result:"))]
    assert [line for line in lines if len(line) > 80 and line not in paths] == []
    assert lines[0].startswith("Change your weights: ")
    (header,) = [line.split() for line in lines if "component" in line and "now" in line]
    assert header == ["component", "now", "moves", "learned", "confirmed", "by", "history", "verdict", "new"]
    row = next(line.split() for line in lines if line.strip().startswith("activity"))
    assert row[1] == "10"
    assert "confirmed" in row
    text = "\n".join(lines)
    assert text.index("Weights in %") < text.index("The score tells leavers") < text.index("What each band meant")
    assert "Tenths" not in text, "that is in the report"


def test_the_json_has_what_was_promised(exported: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of(["validate", *exported, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out, parse_constant=lambda word: pytest.fail(word))
    directory = Path(printed.pop("directory"))
    assert printed == json.loads((directory / "result.json").read_text(encoding="utf-8"))
    assert printed["decision"] == "change"
    promised = {"shap_share", "effective", "validated", "verdict", "handcrafted", "recommended"}
    for one in printed["components"].values():
        assert promised <= set(one)
        assert set(one["validated"]) == {"estimate", "low", "high"}
        assert one["verdict"] in ("supported", "not shown", "wrong direction")
    assert sum(one["handcrafted"] for one in printed["components"].values()) == pytest.approx(100)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scores.csv"], "scores.csv is a file of scores, and there is no file of exits"),
        (["saas", "--horizon", "30"], "--horizon belongs to `validate SCORES EXITS`; a run says all of that itself"),
        (["--edges", "40,70", "--returns"], "--edges, --returns belongs to"),
        (["scores.csv", "exits.csv", "--data", "tables"], "--data is the root of a run's sources"),
        (["no_such_run"], "no run at no_such_run"),
    ],
)
def test_options_of_the_other_form_are_refused_by_name(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(["validate", *arguments]) == 2
    printed = capsys.readouterr()
    assert says in printed.err
    assert printed.out == ""


@pytest.mark.parametrize(("arguments", "run"), [([], None), (["saas"], "saas"), (["saas", "--out", "x"], "saas")])
def test_one_name_is_a_run(
    arguments: list[str],
    run: str | None,
    files: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[dict[str, Any]] = []

    def stand_in(run: str | None, **settings: Any) -> Any:
        asked.append({"run": run, **settings})
        return validate(*files[:2], resamples=50, data_end=date(2024, 6, 1))

    monkeypatch.setattr(validaterun, "validate_run", stand_in)
    assert code_of(["validate", *arguments]) == 0
    assert asked[0]["run"] == run
    assert asked[0]["out"] == (Path("x") if "x" in arguments else None)
    assert "The score tells leavers from stayers." in capsys.readouterr().out
