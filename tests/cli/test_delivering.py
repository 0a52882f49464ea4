"""`healthscore deliver` as a person, and a scheduler, meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from healthscore.cli import main
from healthscore.cli.delivering import show_delivered
from healthscore.pipelines.delivery.jobs import Delivered
from published_book import book, publish, run_of

Capture = pytest.CaptureFixture[str]
DELIVERIES = """
[deliveries.share]
kind = "files"
path = "shared/{as_of}.csv"
[deliveries.stuck]
kind = "files"
path = "healthscore.toml/scores.csv"
"""


def run(capsys: Capture, *arguments: object) -> tuple[int, str, str]:
    """Run the command line in this process: exit code, standard output, standard error."""
    code = 0
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as stopped:
        code = stopped.code if isinstance(stopped.code, int) else 1 if stopped.code else 0
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    configured = run_of(tmp_path, DELIVERIES)
    publish(configured.out, "aaaa", book())
    return configured.path


def test_it_says_what_arrived_and_what_waits(named: Path, capsys: Capture) -> None:
    code, out, err = run(capsys, "deliver", named)
    assert (code, err) == (2, "")
    rows = [line.split() for line in out.splitlines() if "2025-05-01" in line]
    assert rows[:2] == [["share", "2025-05-01", "delivered", "4"], ["stuck", "2025-05-01", "waiting"]]
    assert out.replace("\n  ", " ").endswith("/healthscore.toml cannot be written: Not a directory\n")
    assert "share: shared/2025-05-01.csv" in out
    assert all(len(line.rstrip()) <= 80 for line in out.splitlines() if "/" not in line)


def test_when_everything_has_arrived_it_ends_with_zero(named: Path, capsys: Capture) -> None:
    named.write_text(named.read_text().replace("healthscore.toml/", "elsewhere/"))
    assert run(capsys, "deliver", named)[0] == 0
    code, out, _ = run(capsys, "deliver", named)
    assert (code, out.count("nothing to do")) == (0, 2)


def test_an_address_is_shown_as_one(capsys: Capture) -> None:
    address = "https://alerts.example.com"
    show_delivered([Delivered("alerts", "webhook", "published/aaaa", "delivered", "2025-05-01", 4, address)])
    assert capsys.readouterr().out.endswith("alerts: https://alerts.example.com\n")


def test_json_is_one_object(named: Path, capsys: Capture) -> None:
    code, out, err = run(capsys, "deliver", named, "--json")
    assert (code, err, out.count("\n")) == (2, "", 1)
    result = json.loads(out)
    assert result["failed"] == 1
    assert [one["status"] for one in result["deliveries"]] == ["delivered", "waiting"]
    assert set(result["deliveries"][0]) == {
        *("delivery", "kind", "publication", "as_of", "status", "rows", "to", "error", "sample")
    }


def test_a_dry_run_shows_the_first_rows(named: Path, capsys: Capture) -> None:
    code, out, _ = run(capsys, "deliver", named, "--dry-run")
    assert code == 0
    assert out.count("would send") == 6
    assert '"account_id": "A-1"' in out.replace("\n    ", " ")
    assert not (named.parent / "shared").exists()


def test_without_deliveries_it_says_where_to_read_of_them(named: Path, capsys: Capture) -> None:
    named.write_text(named.read_text().partition("[deliveries.share]")[0])
    code, out, err = run(capsys, "deliver", named)
    assert (code, out) == (2, "")
    assert "the run has no [deliveries]" in err
